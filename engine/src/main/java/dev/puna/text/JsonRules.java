package dev.puna.text;

import dev.puna.file.Json;
import dev.puna.text.PreTokenizer.Cut;
import dev.puna.text.PreTokenizer.Prefix;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rules of a {@code tokenizer.json}: what its normalizer, its pre-tokenizer and its decoder are composed of.
 * A component that is not known here is refused by name.
 */
final class JsonRules {
    private final List<Normalizer.Step> normalizers = new ArrayList<>();
    private final List<PreTokenizer.Step> cuts = new ArrayList<>();
    private boolean spelt;

    private JsonRules() {}

    /**
     * What the normalizer and the pre-tokenizer come to.
     *
     * @param byteLevel whether the vocabulary is in bytes
     * @param spelt whether pieces come out written in the byte alphabet
     */
    record Rules(Normalizer normalizer, PreTokenizer preTokenizer, boolean byteLevel, boolean spelt) {}

    static Rules read(Fields file) {
        var rules = new JsonRules();
        file.object("normalizer").ifPresent(rules::normalizer);
        boolean speltBefore = rules.spelt;
        List<Fields> components = new ArrayList<>();
        file.object("pre_tokenizer").ifPresent(first -> flatten(first, "pretokenizers", components));
        boolean byteLevel = speltBefore;
        for (int i = 0; i < components.size(); i++) {
            Fields component = components.get(i);
            if (component.type().equals("ByteLevel")) {
                if (byteLevel) {
                    throw component.bad("the byte level stands twice");
                }
                byteLevel = true;
            }
            rules.preTokenizer(component, i + 1 == components.size());
        }
        return new Rules(
                new Normalizer(rules.normalizers), new PreTokenizer(rules.cuts, rules.spelt), byteLevel, rules.spelt);
    }

    private static void flatten(Fields component, String members, List<Fields> into) {
        if (component.type().equals("Sequence")) {
            component.objects(members).forEach(member -> flatten(member, members, into));
        } else {
            into.add(component);
        }
    }

    private void normalizer(Fields rule) {
        switch (rule.type()) {
            case "Sequence" -> rule.objects("normalizers").forEach(this::normalizer);
            case "Prepend" -> normalizers.add(Normalizer.prepend(rule.need("prepend")));
            case "Replace" -> normalizers.add(Normalizer.replace(pattern(rule), rule.need("content")));
            case "NFC" -> normalizers.add(Normalizer.form(Form.NFC));
            case "NFD" -> normalizers.add(Normalizer.form(Form.NFD));
            case "NFKC" -> normalizers.add(Normalizer.form(Form.NFKC));
            case "NFKD" -> normalizers.add(Normalizer.form(Form.NFKD));
            case "Lowercase" -> normalizers.add(Normalizer.lowercase());
            case "StripAccents" -> normalizers.add(Normalizer.stripAccents());
            case "Strip" ->
                normalizers.add(Normalizer.strip(rule.bool("strip_left", true), rule.bool("strip_right", true)));
            case "ByteLevel" -> {
                normalizers.add(Normalizer.byteLevel());
                spelt = true;
            }
            default -> throw rule.unsupported("normalizer");
        }
    }

    private void preTokenizer(Fields rule, boolean last) {
        cuts.add(
                switch (rule.type()) {
                    case "ByteLevel" -> {
                        spelt = !last;
                        yield PreTokenizer.byteLevel(
                                rule.bool("add_prefix_space", true), rule.bool("use_regex", true), spelt);
                    }
                    case "Digits" -> {
                        boolean each = rule.bool("individual_digits", false);
                        yield PreTokenizer.cut(
                                TextPattern.kind(CharKind.NUMBER, false), each ? Cut.ISOLATED : Cut.CONTIGUOUS, false);
                    }
                    case "Split" -> PreTokenizer.cut(pattern(rule), behavior(rule, null), rule.bool("invert", false));
                    case "Punctuation" ->
                        PreTokenizer.cut(TextPattern.punctuation(), behavior(rule, "Isolated"), false);
                    case "Whitespace" -> PreTokenizer.cut(SplitRegex.of("\\w+|[^\\w\\s]+"), Cut.REMOVED, true);
                    case "WhitespaceSplit" ->
                        PreTokenizer.cut(TextPattern.kind(CharKind.SPACE, false), Cut.REMOVED, false);
                    case "CharDelimiterSplit" ->
                        PreTokenizer.cut(TextPattern.string(rule.need("delimiter")), Cut.REMOVED, false);
                    case "Metaspace" ->
                        PreTokenizer.spaces(
                                rule.string("replacement").orElse("\u2581"), prefix(rule), rule.bool("split", true));
                    default -> throw rule.unsupported("pre-tokenizer");
                });
    }

    /** Older files have {@code add_prefix_space} in place of the scheme. */
    static Prefix prefix(Fields metaspace) {
        boolean add = metaspace.bool("add_prefix_space", true);
        String scheme = metaspace.string("prepend_scheme").orElse(add ? "always" : "never");
        return switch (scheme) {
            case "always" -> Prefix.ALWAYS;
            case "first" -> Prefix.FIRST;
            case "never" -> Prefix.NEVER;
            default -> throw metaspace.lacking("the prepend scheme %s is not supported".formatted(Json.quoted(scheme)));
        };
    }

    private static Cut behavior(Fields rule, @Nullable String otherwise) {
        String behavior = otherwise == null
                ? rule.need("behavior")
                : rule.string("behavior").orElse(otherwise);
        return switch (behavior) {
            case "Isolated" -> Cut.ISOLATED;
            case "Removed" -> Cut.REMOVED;
            case "MergedWithPrevious" -> Cut.MERGED_WITH_PREVIOUS;
            case "MergedWithNext" -> Cut.MERGED_WITH_NEXT;
            case "Contiguous" -> Cut.CONTIGUOUS;
            default -> throw rule.lacking("the behavior %s is not supported".formatted(Json.quoted(behavior)));
        };
    }

    /** The {@code pattern} of a rule: a string, or a regular expression. */
    static TextPattern pattern(Fields rule) {
        Fields pattern = rule.object("pattern").orElseThrow(() -> rule.bad(rule.name() + ".pattern is missing"));
        if (pattern.has("String")) {
            String string = pattern.need("String");
            if (string.isEmpty()) {
                throw pattern.bad(pattern.name() + ".String is empty");
            }
            return TextPattern.string(string);
        }
        String regex = pattern.need("Regex");
        try {
            return SplitRegex.of(regex);
        } catch (IllegalArgumentException e) {
            throw pattern.bad("the regular expression %s: %s".formatted(Json.quoted(regex), e.getMessage()));
        }
    }
}
