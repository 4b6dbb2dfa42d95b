package dev.puna.text;

import dev.puna.text.Decoding.Leading;
import java.util.ArrayList;
import java.util.List;

/** Reads the decoder of a {@code tokenizer.json}. */
final class JsonDecoding {
    private boolean byteLevel;
    private boolean spaceMark;
    private boolean fused;
    private Leading leading = Leading.KEPT;
    private final List<Normalizer.Step> replacements = new ArrayList<>();

    private JsonDecoding() {}

    /** @param byteLevel what the pre-tokenizer says, for files without a decoder */
    static Decoding read(Fields file, boolean byteLevel) {
        var decoding = new JsonDecoding();
        file.object("decoder").ifPresent(decoding::add);
        return new Decoding(
                decoding.byteLevel || byteLevel && !file.has("decoder"),
                decoding.spaceMark,
                decoding.replacements,
                decoding.leading);
    }

    private void add(Fields rule) {
        switch (rule.type()) {
            case "Sequence" -> rule.objects("decoders").forEach(this::add);
            case "ByteLevel" -> byteLevel = true;
            case "ByteFallback" -> {} // byte tokens are bytes in any case
            case "Fuse" -> fused = true;
            case "Metaspace" -> {
                if (!rule.string("replacement").orElse("\u2581").equals("\u2581")) {
                    throw rule.lacking("a Metaspace decoder whose replacement is not \u2581 is not supported");
                }
                spaceMark = true;
                if (JsonRules.prefix(rule) != PreTokenizer.Prefix.NEVER) {
                    leading = Leading.OF_FIRST_TOKEN_DROPPED;
                }
            }
            case "Replace" -> {
                String content = rule.need("content");
                boolean mark = rule.object("pattern")
                        .flatMap(pattern -> pattern.string("String"))
                        .filter("\u2581"::equals)
                        .isPresent();
                if (mark && content.equals(" ")) {
                    spaceMark = true;
                } else {
                    replacements.add(Normalizer.replace(JsonRules.pattern(rule), content));
                }
            }
            case "Strip" -> {
                if (!rule.need("content").equals(" ")
                        || rule.whole("start").orElse(0) != 1
                        || rule.whole("stop").orElse(0) != 0
                        || !fused) {
                    throw rule.lacking(
                            "a Strip decoder other than of one space before the whole text is not supported");
                }
                leading = Leading.ONE_DROPPED;
            }
            default -> throw rule.unsupported("decoder");
        }
    }
}
