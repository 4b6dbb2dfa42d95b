package dev.puna.text;

import dev.puna.file.BadFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.OptionalInt;

/**
 * Reads the {@code tokenizer.model} of Llama 3 and 4: a line for each piece, its bytes in base 64 and its rank, which is
 * its id. Pieces that merge are not listed; two neighbours merge where they are a piece together. The control tokens
 * follow the ranks; the file does not name them, Meta's code does.
 */
final class RankFile {
    /** So many ranks has Llama 4's vocabulary; any other is taken for one of Llama 3's kind. */
    private static final int LLAMA4_RANKS = 200_000;

    private RankFile() {}

    /** Whether a file that starts so is one: base 64, a space, a number. */
    static boolean looksLike(byte[] head) {
        int at = 0;
        while (at < head.length && isBase64(head[at])) {
            at++;
        }
        return at > 0 && at + 1 < head.length && head[at] == ' ' && head[at + 1] >= '0' && head[at + 1] <= '9';
    }

    private static boolean isBase64(byte b) {
        return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b == '+' || b == '/' || b == '=';
    }

    static Tokenizer read(Path path, byte[] file) {
        List<byte[]> pieces = new ArrayList<>();
        for (int at = 0; at < file.length; ) {
            int end = at;
            while (end < file.length && file[end] != '\n') {
                end++;
            }
            int last = end > at && file[end - 1] == '\r' ? end - 1 : end;
            if (last > at) {
                piece(path, file, at, last, pieces);
            }
            at = end + 1;
        }
        return tokenizer(path, pieces);
    }

    /** Ranks come in order, so that nothing is as large as a number in the file says. */
    private static void piece(Path path, byte[] file, int from, int to, List<byte[]> pieces) {
        int space = from;
        while (space < to && file[space] != ' ') {
            space++;
        }
        long rank = space + 1 < to && to - space <= 10 ? 0 : -1;
        for (int i = space + 1; i < to && rank >= 0; i++) {
            rank = file[i] >= '0' && file[i] <= '9' ? rank * 10 + file[i] - '0' : -1;
        }
        if (rank < 0) {
            throw new BadFile(path, from, "not a piece in base 64, a space and its rank");
        }
        if (rank != pieces.size()) {
            throw new BadFile(path, from, "rank %d where rank %d should be".formatted(rank, pieces.size()));
        }
        byte[] piece;
        try {
            piece = Base64.getDecoder().decode(Arrays.copyOfRange(file, from, space));
        } catch (IllegalArgumentException e) {
            throw new BadFile(path, from, "a piece that is not in base 64");
        }
        if (piece.length == 0 || piece.length > Pieces.MAX_BYTES) {
            throw new BadFile(path, from, "a piece of %d bytes".formatted(piece.length));
        }
        pieces.add(piece);
    }

    private static Tokenizer tokenizer(Path path, List<byte[]> ranked) {
        List<String> names = ranked.size() == LLAMA4_RANKS ? llama4() : llama3();
        var pieces = new Pieces(path, ranked.size() + names.size());
        for (int id = 0; id < ranked.size(); id++) {
            byte[] piece = ranked.get(id);
            pieces.set(id, ByteAlphabet.spell(piece, 0, piece.length), Kind.NORMAL);
        }
        for (int i = 0; i < names.size(); i++) {
            pieces.set(ranked.size() + i, names.get(i), Kind.CONTROL);
        }
        Vocabulary vocabulary = pieces.vocabulary(true);
        int[] singles = ByteLevel.singleBytes(vocabulary);
        int[] ranks = new int[vocabulary.size()];
        for (int id = 0; id < ranks.length; id++) {
            ranks[id] = id;
        }
        for (int b = 0; b < 256; b++) {
            if (singles[b] < 0) {
                throw new BadFile(path, -1, "no piece for the byte 0x%02X".formatted(b));
            }
        }
        var given = new SpecialTokens.Given();
        given.bos = OptionalInt.of(ranked.size());
        given.eos = OptionalInt.of(ranked.size() + 1);
        given.addBos = true;
        return ByteLevel.tokenizer(
                pieces,
                vocabulary,
                Merges.ofPieces(vocabulary, ranks),
                true,
                NamedPreTokenizer.of(ranked.size() == LLAMA4_RANKS ? "llama4" : "llama3")
                        .orElseThrow()
                        .preTokenizer(false),
                new AddedTokens(pieces.added(true)),
                given);
    }

    private static List<String> llama3() {
        List<String> names = new ArrayList<>(List.of(
                "<|begin_of_text|>",
                "<|end_of_text|>",
                "<|reserved_special_token_0|>",
                "<|reserved_special_token_1|>",
                "<|finetune_right_pad_id|>",
                "<|step_id|>",
                "<|start_header_id|>",
                "<|end_header_id|>",
                "<|eom_id|>",
                "<|eot_id|>",
                "<|python_tag|>",
                "<|image|>"));
        reserve(names, "reserved_special_token_", 2, 256);
        return names;
    }

    private static List<String> llama4() {
        List<String> names = new ArrayList<>(List.of(
                "<|begin_of_text|>",
                "<|end_of_text|>",
                "<|fim_prefix|>",
                "<|fim_middle|>",
                "<|fim_suffix|>",
                "<|header_start|>",
                "<|header_end|>",
                "<|eom|>",
                "<|eot|>",
                "<|step|>"));
        reserve(names, "text_post_train_reserved_special_token_", 0, 16);
        names.addAll(List.of("<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>"));
        reserve(names, "text_post_train_reserved_special_token_", 8, 80);
        names.addAll(List.of("<|image_start|>", "<|image_end|>"));
        reserve(names, "vision_reserved_special_token_", 0, 84);
        names.addAll(List.of("<|tile_x_separator|>", "<|tile_y_separator|>"));
        reserve(names, "vision_reserved_special_token_", 2, 90);
        names.add("<|image|>");
        reserve(names, "vision_reserved_special_token_", 6, 92);
        names.add("<|patch|>");
        reserve(names, "vision_reserved_special_token_", 7, 1134);
        reserve(names, "reasoning_reserved_special_token_", 0, 1142);
        names.addAll(List.of("<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>"));
        reserve(names, "reserved_special_token_", 0, 2048);
        return names;
    }

    /** Appends names that count from {@code first} on until there are {@code size}. */
    private static void reserve(List<String> names, String name, int first, int size) {
        for (int i = first; names.size() < size; i++) {
            names.add("<|" + name + i + "|>");
        }
    }
}
