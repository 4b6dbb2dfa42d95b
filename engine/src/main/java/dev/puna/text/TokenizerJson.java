package dev.puna.text;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import dev.puna.text.AddedTokens.Added;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Reads a {@code tokenizer.json} as Hugging Face's tokenizers library writes it, and what stands beside it. */
final class TokenizerJson {
    /** An id may be this much larger than the number of tokens: files leave gaps, but not such that memory is the limit. */
    private static final int MAX_GAP = 100_000;

    private final Path path;
    private final Fields file;
    private final Fields model;
    private final Optional<Fields> config;
    private final List<Fields> addedTokens;
    private final Pieces pieces;

    private TokenizerJson(Path path, Optional<Path> folder) {
        this.path = path;
        file = Fields.of(path, "", Json.parse(path));
        model = file.object("model").orElseThrow(() -> file.bad("no model in it"));
        String type = model.string("type").orElse("BPE");
        if (!type.equals("BPE")) {
            throw model.unsupported("model");
        }
        config = folder.map(folderPath -> folderPath.resolve("tokenizer_config.json"))
                .filter(Files::exists)
                .map(json -> Fields.of(json, "", Json.parse(json)));
        addedTokens = file.objects("added_tokens");
        pieces = pieces();
    }

    /** @param folder where to look for {@code tokenizer_config.json} */
    static Tokenizer read(Path path, Optional<Path> folder) {
        return new TokenizerJson(path, folder).tokenizer();
    }

    private Pieces pieces() {
        Map<String, ?> vocabulary = model.object("vocab")
                .orElseThrow(() -> file.bad("model.vocab is missing"))
                .values();
        long most = -1;
        int limit = Math.min(Integer.MAX_VALUE / 2, 2 * (vocabulary.size() + addedTokens.size()) + MAX_GAP);
        for (Map.Entry<String, ?> entry : vocabulary.entrySet()) {
            most = Math.max(most, checked(entry.getValue(), limit, entry.getKey()));
        }
        for (Fields token : addedTokens) {
            most = Math.max(most, checked(token.values().get("id"), limit, token.need("content")));
        }
        if (most < 0) {
            throw file.bad("no tokens in it");
        }
        var list = new Pieces(path, (int) most + 1);
        boolean byteTokens = model.bool("byte_fallback", false);
        for (Map.Entry<String, ?> entry : vocabulary.entrySet()) {
            boolean isByte = byteTokens && Pieces.isByteName(entry.getKey());
            list.set((int) (long) (Long) entry.getValue(), entry.getKey(), isByte ? Kind.BYTE : Kind.NORMAL);
        }
        for (Fields token : addedTokens) {
            int id = (int) token.whole("id").orElseThrow();
            Object known = vocabulary.get(token.need("content"));
            if (known instanceof Long other && other != id) {
                throw file.bad("the added token %s has the id %d, but in the vocabulary %d"
                        .formatted(Json.quoted(token.need("content")), id, other));
            }
            list.set(id, token.need("content"), token.bool("special", false) ? Kind.CONTROL : Kind.USER_DEFINED);
        }
        return list;
    }

    private long checked(@Nullable Object id, int limit, String token) {
        if (id instanceof Long number && number >= 0 && number < limit) {
            return number;
        }
        throw file.bad("the id %s of the token %s is out of range".formatted(id, Json.quoted(token)));
    }

    private Tokenizer tokenizer() {
        JsonRules.Rules rules = JsonRules.read(file);
        Decoding decoding = JsonDecoding.read(file, rules.byteLevel());
        Vocabulary vocabulary = pieces.vocabulary(rules.byteLevel());
        var merges = merges(vocabulary, rules.byteLevel());
        OptionalInt unknown =
                model.string("unk_token").stream().mapToInt(this::unknownId).findFirst();
        for (String field : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
            if (!model.string(field).orElse("").isEmpty()) {
                throw file.lacking("model.%s is not supported".formatted(field));
            }
        }
        if (model.has("dropout") && !(model.values().get("dropout") instanceof Number n && n.doubleValue() == 0)) {
            throw file.lacking("model.dropout is not supported");
        }
        var unknowns = new Unknowns(
                model.bool("byte_fallback", false) ? Pieces.byteTokens(vocabulary) : null,
                unknown.orElse(-1),
                model.bool("fuse_unk", false),
                true);
        return new Tokenizer(new Tokenizer.Parts(
                vocabulary,
                new AddedTokens(added(false, rules.normalizer())),
                rules.normalizer(),
                new AddedTokens(added(true, rules.normalizer())),
                rules.preTokenizer(),
                rules.spelt(),
                new Bpe(
                        vocabulary,
                        merges,
                        rules.byteLevel() ? ByteLevel.singleBytes(vocabulary) : null,
                        unknowns,
                        model.bool("ignore_merges", false)),
                decoding,
                specials(unknown)));
    }

    private int unknownId(String token) {
        Object id = model.object("vocab").orElseThrow().values().get(token);
        if (id instanceof Long known) {
            return (int) (long) known;
        }
        throw file.bad("model.unk_token %s is not in the vocabulary".formatted(Json.quoted(token)));
    }

    private Merges merges(Vocabulary vocabulary, boolean byteLevel) {
        List<?> list = model.list("merges");
        var merges = new MergeList(pieces, vocabulary, byteLevel, list.size());
        for (int i = 0; i < list.size(); i++) {
            Object merge = list.get(i);
            if (merge instanceof String line && line.indexOf(' ') == line.lastIndexOf(' ')) {
                merges.add(line, line.indexOf(' '));
            } else if (merge instanceof List<?> pair
                    && pair.size() == 2
                    && pair.get(0) instanceof String left
                    && pair.get(1) instanceof String right) {
                merges.add(left, right);
            } else {
                throw new BadFile(path, -1, "model.merges[%d] is not two pieces".formatted(i));
            }
        }
        return merges.merges();
    }

    private List<Added> added(boolean normalized, Normalizer normalizer) {
        List<Added> added = new ArrayList<>();
        for (Fields token : addedTokens) {
            boolean special = token.bool("special", false);
            if (token.bool("normalized", !special) == normalized) {
                String spelling = token.need("content");
                added.add(new Added(
                        (int) token.whole("id").orElseThrow(),
                        normalized ? normalizer.apply(spelling) : spelling,
                        special,
                        token.bool("lstrip", false),
                        token.bool("rstrip", false),
                        token.bool("single_word", false)));
            }
        }
        return added;
    }

    private SpecialTokens specials(OptionalInt unknown) {
        Map<String, Integer> ids = pieces.named();
        var given = new SpecialTokens.Given();
        given.unknown = unknown;
        given.bos = configured("bos_token", ids);
        given.eos = configured("eos_token", ids);
        given.pad = configured("pad_token", ids);
        file.object("post_processor").ifPresent(rule -> postProcessor(rule, given, ids));
        config.ifPresent(fields -> {
            given.addBos = fields.bool("add_bos_token", given.addBos);
            given.addEos = fields.bool("add_eos_token", given.addEos);
        });
        return given.complete(ids);
    }

    /** The token that {@code tokenizer_config.json} gives a role: its name, or an object that holds it. */
    private OptionalInt configured(String role, Map<String, Integer> ids) {
        return config.stream()
                .flatMap(fields -> fields.values().get(role) instanceof Map
                        ? fields.object(role).flatMap(token -> token.string("content")).stream()
                        : fields.string(role).stream())
                .filter(ids::containsKey)
                .mapToInt(ids::get)
                .findFirst();
    }

    /** What goes before and after a text: a template that begins or ends with a control token says so. */
    private static void postProcessor(Fields rule, SpecialTokens.Given given, Map<String, Integer> ids) {
        switch (rule.type()) {
            case "Sequence" -> rule.objects("processors").forEach(member -> postProcessor(member, given, ids));
            case "TemplateProcessing" -> {
                List<Fields> single = rule.objects("single");
                if (single.isEmpty()) {
                    return;
                }
                OptionalInt first = templateToken(single.getFirst(), ids);
                OptionalInt last = templateToken(single.getLast(), ids);
                given.addBos = first.isPresent();
                given.addEos = last.isPresent() && single.size() > 1;
                given.bos = given.bos.isPresent() ? given.bos : first;
                given.eos = given.eos.isPresent() || !given.addEos ? given.eos : last;
            }
            case "ByteLevel" -> {}
            default -> throw rule.unsupported("post-processor");
        }
    }

    private static OptionalInt templateToken(Fields part, Map<String, Integer> ids) {
        return part.object("SpecialToken")
                .flatMap(token -> token.string("id"))
                .flatMap(token -> Optional.ofNullable(ids.get(token)))
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty());
    }
}
