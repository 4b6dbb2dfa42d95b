package dev.puna.text;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Reads a {@code tokenizer.model} of SentencePiece: a protobuf message with the pieces and the settings of the trainer
 * and the normalizer. Only BPE is read, and no normalizer but the identity; others are refused by name.
 */
final class SentencePieceFile {
    private static final List<String> MODELS = List.of("0", "unigram", "BPE", "word", "character");

    private final Path path;
    private final byte[] bytes;

    private final List<String> pieces = new ArrayList<>();
    private final List<Kind> kinds = new ArrayList<>();
    private float[] scores = new float[1024];

    private int model = 1;
    private boolean byteFallback;
    private boolean spacesAsSuffix;
    private int unknownId = 0;
    private int bosId = 1;
    private int eosId = 2;
    private int padId = -1;

    private String normalizer = "";
    private boolean charsMapped;
    private boolean prefix = true;
    private boolean collapse = true;
    private boolean escape = true;

    private SentencePieceFile(Path path, byte[] bytes) {
        this.path = path;
        this.bytes = bytes;
    }

    static Tokenizer read(Path path, byte[] bytes) {
        var file = new SentencePieceFile(path, bytes);
        file.model(new Protobuf(path, bytes));
        return file.tokenizer();
    }

    private void model(Protobuf in) {
        while (in.next()) {
            switch (in.field()) {
                case 1 -> piece(in.message());
                case 2 -> trainer(in.message());
                case 3 -> normalizer(in.message());
                default -> in.skip();
            }
        }
    }

    private void piece(Protobuf in) {
        String piece = "";
        float score = 0;
        int type = 1;
        long start = in.at();
        while (in.next()) {
            switch (in.field()) {
                case 1 -> piece = in.string();
                case 2 -> score = in.float32();
                case 3 -> type = in.int32();
                default -> in.skip();
            }
        }
        if (piece.isEmpty()) {
            throw new BadFile(path, start, "token %d is empty".formatted(pieces.size()));
        }
        if (type < 1 || type > Kind.values().length) {
            throw new BadFile(path, start, "token %d has the unknown type %d".formatted(pieces.size(), type));
        }
        if (Float.isNaN(score)) {
            throw new BadFile(path, start, "token %d has no number as its score".formatted(pieces.size()));
        }
        if (pieces.size() == scores.length) {
            scores = Arrays.copyOf(scores, 2 * scores.length);
        }
        scores[pieces.size()] = score;
        pieces.add(piece);
        kinds.add(Kind.values()[type - 1]);
    }

    private void trainer(Protobuf in) {
        while (in.next()) {
            switch (in.field()) {
                case 3 -> model = in.int32();
                case 24 -> spacesAsSuffix = in.bool();
                case 35 -> byteFallback = in.bool();
                case 41 -> bosId = in.int32();
                case 42 -> eosId = in.int32();
                case 43 -> padId = in.int32();
                default -> in.skip();
            }
        }
    }

    private void normalizer(Protobuf in) {
        while (in.next()) {
            switch (in.field()) {
                case 1 -> normalizer = in.string();
                case 2 -> charsMapped |= in.bytes().length > 0;
                case 3 -> prefix = in.bool();
                case 4 -> collapse = in.bool();
                case 5 -> escape = in.bool();
                default -> in.skip();
            }
        }
    }

    /** A sound file that asks for what Puna lacks. */
    private BadFile lacking(String what) {
        return BadFile.unsupported(path, -1, what);
    }

    private BadFile bad(String what) {
        return new BadFile(path, -1, what);
    }

    private Tokenizer tokenizer() {
        if (pieces.isEmpty()) {
            throw bad("no tokens in it");
        }
        if (model != 2) {
            String name = model >= 1 && model < MODELS.size() ? MODELS.get(model) : Integer.toString(model);
            throw lacking("a SentencePiece model of the kind %s, not BPE, is not supported".formatted(name));
        }
        if (charsMapped) {
            throw lacking("the SentencePiece normalizer %s is not supported, only identity is"
                    .formatted(Json.quoted(normalizer)));
        }
        if (spacesAsSuffix) {
            throw lacking("SentencePiece's treat_whitespace_as_suffix is not supported");
        }
        var list = new Pieces(path, pieces.size());
        for (int id = 0; id < pieces.size(); id++) {
            list.set(id, pieces.get(id), kinds.get(id));
        }
        long unknowns = kinds.stream().filter(kind -> kind == Kind.UNKNOWN).count();
        if (unknowns != 1) {
            throw bad("%d unknown tokens, where one should be".formatted(unknowns));
        }
        var given = new SpecialTokens.Given();
        given.unknown = OptionalInt.of(kinds.indexOf(Kind.UNKNOWN));
        given.bos = control(list, "bos_id", bosId);
        given.eos = control(list, "eos_id", eosId);
        given.pad = control(list, "pad_id", padId);
        given.addBos = given.bos.isPresent();
        return SentencePiece.tokenizer(
                list, scores, new SentencePiece.Settings(prefix, collapse, escape, byteFallback, true, false), given);
    }

    /** The trainer's id of a role, where a control token has that id. */
    private static OptionalInt control(Pieces list, String what, int id) {
        if (id >= 0 && id < list.size() && list.kind(id) != Kind.CONTROL) {
            return OptionalInt.empty();
        }
        return list.known(what, id);
    }
}
