package dev.puna.text;

import dev.puna.file.Json;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small tokenizer files of every kind, written out by hand. */
final class TinyFiles {
    /** Words whose parts, shortest first, become the pieces of the vocabularies below. */
    private static final String[] WORDS = {
        " the", " and", "ing", " of", "    ", "aaaa", "ab", "\n\n", "12", "hello", " world", "é", "\u0643\u062A", "ſ"
    };

    private TinyFiles() {}

    /** All bytes and the beginnings of some words, as the bytes they are. */
    static List<byte[]> pieces() {
        List<byte[]> pieces = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            pieces.add(new byte[] {(byte) b});
        }
        List<String> seen = new ArrayList<>();
        for (String word : WORDS) {
            byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
            for (int length = 2; length <= bytes.length; length++) {
                byte[] part = java.util.Arrays.copyOf(bytes, length);
                if (!seen.contains(ByteAlphabet.spell(part, 0, length))) {
                    seen.add(ByteAlphabet.spell(part, 0, length));
                    pieces.add(part);
                }
            }
        }
        return pieces;
    }

    /** A rank file of {@link #pieces}. */
    static String ranks() {
        var lines = new StringBuilder();
        List<byte[]> pieces = pieces();
        for (int rank = 0; rank < pieces.size(); rank++) {
            lines.append(Base64.getEncoder().encodeToString(pieces.get(rank)))
                    .append(' ')
                    .append(rank)
                    .append('\n');
        }
        return lines.toString();
    }

    /** A {@code tokenizer.json} of {@link #pieces}, for a test to change. */
    static Map<String, Object> byteLevelJson() {
        Map<String, Object> vocabulary = new LinkedHashMap<>();
        List<Object> merges = new ArrayList<>();
        for (byte[] piece : pieces()) {
            vocabulary.put(ByteAlphabet.spell(piece, 0, piece.length), (long) vocabulary.size());
        }
        for (String piece : vocabulary.keySet()) {
            for (int at = piece.length() - 1; at > 0; at--) {
                if (vocabulary.containsKey(piece.substring(0, at)) && vocabulary.containsKey(piece.substring(at))) {
                    merges.add(piece.substring(0, at) + " " + piece.substring(at));
                }
            }
        }
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("type", "BPE");
        model.put("vocab", vocabulary);
        model.put("merges", merges);
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("added_tokens", new ArrayList<>());
        file.put("normalizer", null);
        file.put("pre_tokenizer", component("ByteLevel", "add_prefix_space", false, "use_regex", true));
        file.put("decoder", component("ByteLevel"));
        file.put("model", model);
        return file;
    }

    /** A component of a {@code tokenizer.json}: its type, then names and values in turn. */
    static Map<String, Object> component(String type, Object... fields) {
        Map<String, Object> component = new LinkedHashMap<>();
        component.put("type", type);
        for (int i = 0; i < fields.length; i += 2) {
            component.put((String) fields[i], fields[i + 1]);
        }
        return component;
    }

    /** Adds a token behind all others; the rest are flags that hold. */
    @SuppressWarnings("unchecked")
    static void add(Map<String, Object> file, String content, String... flags) {
        var tokens = (List<Object>) file.get("added_tokens");
        var vocabulary = (Map<String, Object>) ((Map<String, Object>) file.get("model")).get("vocab");
        Object known = vocabulary.get(content);
        Map<String, Object> token = new LinkedHashMap<>();
        long apart = tokens.stream()
                .filter(other -> !vocabulary.containsKey(((Map<String, Object>) other).get("content")))
                .count();
        token.put("id", known == null ? vocabulary.size() + apart : known);
        token.put("content", content);
        for (String flag : List.of("special", "normalized", "lstrip", "rstrip", "single_word")) {
            token.put(flag, List.of(flags).contains(flag));
        }
        tokens.add(token);
    }

    static byte[] json(Map<String, Object> file) {
        return Json.write(file).getBytes(StandardCharsets.UTF_8);
    }

    /** One piece of a SentencePiece model. */
    record Piece(String text, float score, Kind kind) {}

    /** {@code <unk> <s> </s>}, the byte tokens, letters, and pieces of which the longer are the better. */
    static List<Piece> sentencePieces() {
        List<Piece> pieces = new ArrayList<>();
        pieces.add(new Piece("<unk>", 0, Kind.UNKNOWN));
        pieces.add(new Piece("<s>", 0, Kind.CONTROL));
        pieces.add(new Piece("</s>", 0, Kind.CONTROL));
        for (int b = 0; b < 256; b++) {
            pieces.add(new Piece(Pieces.byteName(b), 0, Kind.BYTE));
        }
        float score = 0;
        for (String text : List.of(
                "\u2581t",
                "\u2581th",
                "\u2581the",
                "he",
                "in",
                "ing",
                "aa",
                "aaaa",
                "ab",
                "<s",
                "<s>x",
                "\u2581a",
                "\u2581an",
                "\u2581and",
                "\u2581\u2581",
                "\u2581\u2581\u2581\u2581",
                "\u2581",
                "a",
                "b",
                "t",
                "h",
                "e",
                "n",
                "i",
                "g",
                "d",
                "<",
                "s",
                ">",
                "x")) {
            pieces.add(new Piece(text, score--, Kind.NORMAL));
        }
        return pieces;
    }

    /** What a SentencePiece model says of its text. */
    record Says(boolean prefix, boolean collapse, boolean byteFallback, int model, String charsmap) {
        static final Says LLAMA = new Says(true, false, true, 2, "");
    }

    static byte[] sentencePiece(List<Piece> pieces, Says says) {
        var out = new ByteArrayOutputStream();
        for (Piece piece : pieces) {
            var message = new ByteArrayOutputStream();
            bytes(message, 1, piece.text().getBytes(StandardCharsets.UTF_8));
            message.write(2 << 3 | 5);
            message.writeBytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(piece.score())
                    .array());
            number(message, 3, piece.kind().ordinal() + 1);
            bytes(out, 1, message.toByteArray());
        }
        var trainer = new ByteArrayOutputStream();
        number(trainer, 3, says.model());
        number(trainer, 35, says.byteFallback() ? 1 : 0);
        bytes(out, 2, trainer.toByteArray());
        var normalizer = new ByteArrayOutputStream();
        bytes(normalizer, 1, "test_rules".getBytes(StandardCharsets.UTF_8));
        bytes(normalizer, 2, says.charsmap().getBytes(StandardCharsets.UTF_8));
        number(normalizer, 3, says.prefix() ? 1 : 0);
        number(normalizer, 4, says.collapse() ? 1 : 0);
        bytes(out, 3, normalizer.toByteArray());
        return out.toByteArray();
    }

    private static void bytes(ByteArrayOutputStream out, int field, byte[] bytes) {
        varint(out, field << 3 | 2);
        varint(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static void number(ByteArrayOutputStream out, int field, int number) {
        varint(out, field << 3);
        varint(out, number);
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = value;
        for (; rest > 0x7F; rest >>>= 7) {
            out.write(rest & 0x7F | 0x80);
        }
        out.write(rest);
    }
}
