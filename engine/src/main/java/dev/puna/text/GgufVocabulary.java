package dev.puna.text;

import dev.puna.file.BadFile;
import dev.puna.file.Gguf;
import dev.puna.file.Json;
import dev.puna.file.Metadata;
import dev.puna.file.Strings;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads the tokenizer in the metadata of a GGUF file, the keys {@code tokenizer.ggml.*}. */
final class GgufVocabulary {
    private static final String PREFIX = "tokenizer.ggml.";

    private final Path path;
    private final Metadata metadata;
    private final Pieces pieces;

    private GgufVocabulary(Path path, Metadata metadata, Strings tokens) {
        this.path = path;
        this.metadata = metadata;
        pieces = new Pieces(path, tokens.size());
        Optional<long[]> types = metadata.ints(PREFIX + "token_type");
        if (types.isPresent() && types.get().length != tokens.size()) {
            throw bad("%d token types for %d tokens".formatted(types.get().length, tokens.size()));
        }
        pieces.setAll(tokens, id -> types.isPresent() ? kind(id, types.get()[id]) : Kind.NORMAL);
    }

    /** The tokenizer of this file, or empty where it has none. */
    static Optional<Tokenizer> read(Gguf gguf) {
        Metadata metadata = gguf.metadata();
        Optional<String> model = metadata.string(PREFIX + "model");
        if (model.isEmpty() || model.get().equals("none") || model.get().equals("no_vocab")) {
            return Optional.empty();
        }
        Strings tokens = metadata.utf8(PREFIX + "tokens")
                .orElseThrow(() -> new BadFile(gguf.path(), -1, "the key tokenizer.ggml.tokens is missing"));
        var file = new GgufVocabulary(gguf.path(), metadata, tokens);
        return Optional.of(
                switch (model.get()) {
                    case "llama" -> file.sentencePiece();
                    case "gpt2" -> file.byteLevel();
                    default ->
                        throw file.lacking(
                                "the tokenizer model %s is not supported".formatted(Json.quoted(model.get())));
                });
    }

    /** A sound file that asks for what Puna lacks. */
    private BadFile lacking(String what) {
        return BadFile.unsupported(path, -1, what);
    }

    private BadFile bad(String what) {
        return new BadFile(path, -1, what);
    }

    /** Types count from 1; 0 is "undefined", and no one gives it. */
    private Kind kind(int id, long type) {
        if (type < 0 || type > Kind.values().length) {
            throw bad("token %d has the unknown type %d".formatted(id, type));
        }
        return type == 0 ? Kind.NORMAL : Kind.values()[(int) type - 1];
    }

    private OptionalInt role(String name) {
        OptionalLong id = metadata.i64(PREFIX + name);
        return id.isPresent() ? pieces.known(PREFIX + name, id.getAsLong()) : OptionalInt.empty();
    }

    private boolean flag(String name, boolean otherwise) {
        return metadata.bool(PREFIX + name).orElse(otherwise);
    }

    private SpecialTokens.Given roles(boolean addBos) {
        var given = new SpecialTokens.Given();
        given.bos = role("bos_token_id");
        given.eos = role("eos_token_id");
        given.eot = role("eot_token_id");
        given.eom = role("eom_token_id");
        given.unknown = role("unknown_token_id");
        given.pad = role("padding_token_id");
        given.addBos = flag("add_bos_token", addBos);
        given.addEos = flag("add_eos_token", false);
        return given;
    }

    private Tokenizer sentencePiece() {
        SpecialTokens.Given given = roles(true);
        float[] scores = metadata.floats(PREFIX + "scores").orElse(new float[pieces.size()]);
        if (scores.length != pieces.size()) {
            throw bad("%d scores for %d tokens".formatted(scores.length, pieces.size()));
        }
        boolean anyBytes = false;
        for (int id = 0; id < pieces.size(); id++) {
            if (Float.isNaN(scores[id])) {
                throw bad("token %d has no number as its score".formatted(id));
            }
            if (given.unknown.isEmpty() && pieces.kind(id) == Kind.UNKNOWN) {
                given.unknown = OptionalInt.of(id);
            }
            anyBytes |= pieces.kind(id) == Kind.BYTE;
        }
        if (metadata.elements(PREFIX + "precompiled_charsmap")
                .filter(map -> map.count() > 0)
                .isPresent()) {
            throw lacking("the normalizer tokenizer.ggml.precompiled_charsmap is not supported");
        }
        return SentencePiece.tokenizer(
                pieces,
                scores,
                new SentencePiece.Settings(
                        flag("add_space_prefix", true),
                        flag("remove_extra_whitespaces", false),
                        true,
                        anyBytes,
                        false,
                        metadata.string("general.architecture").equals(Optional.of("phi3"))),
                given);
    }

    private Tokenizer byteLevel() {
        String name = metadata.string(PREFIX + "pre")
                .orElseThrow(() -> bad("the key tokenizer.ggml.pre is missing: nothing says how to cut words"));
        NamedPreTokenizer known = NamedPreTokenizer.of(name)
                .orElseThrow(() -> lacking("the pre-tokenizer %s is not supported".formatted(Json.quoted(name))));
        Strings lines =
                metadata.utf8(PREFIX + "merges").orElseThrow(() -> bad("the key tokenizer.ggml.merges is missing"));
        Vocabulary vocabulary = pieces.vocabulary(true);
        var merges = new MergeList(pieces, vocabulary, true, lines.size());
        merges.addAll(lines);
        SpecialTokens.Given given = roles(known.addBos());
        return ByteLevel.tokenizer(
                pieces,
                vocabulary,
                merges.merges(),
                known.wholePieces(),
                known.preTokenizer(flag("add_space_prefix", false)),
                new AddedTokens(pieces.added(true)),
                given);
    }
}
