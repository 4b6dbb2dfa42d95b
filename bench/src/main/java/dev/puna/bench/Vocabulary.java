package dev.puna.bench;

import dev.puna.file.Metadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A byte-level vocabulary that was made up: bytes, then pieces of letters, each the sum of two pieces before it. It is as
 * large as the real one and cuts any text into tokens; reading it takes as long. What its words are does not matter where
 * weights are random.
 *
 * @param pre how texts are cut into words, by GGUF's name
 * @param size tokens in all
 * @param controls control tokens
 * @param controlsFirst whether these come first or last
 * @param everySplit whether the list of merges has every way to put a piece together (as files made from a list of ranks
 *     have), or one
 * @param bos the index of the control token that begins a text
 * @param eos the index of the control token that ends one
 * @param addBos whether a text begins with {@code bos} unasked
 * @param named control tokens that have names, by index; the others are reserved
 */
record Vocabulary(
        String pre,
        int size,
        int controls,
        boolean controlsFirst,
        boolean everySplit,
        int bos,
        int eos,
        boolean addBos,
        Map<Integer, String> named) {

    private static final int NORMAL = 1;
    private static final int CONTROL = 3;
    private static final int BYTES = 256;
    private static final int LONGEST = 12;
    private static final String LETTERS = "etaoinshrdlucmfwypvbgkjqxz";
    private static final char BLANK = 'Ġ'; // how byte-level vocabularies write the blank

    static final Vocabulary LLAMA3 = new Vocabulary(
            "llama-bpe",
            128_256,
            256,
            false,
            true,
            0,
            9,
            true,
            Map.of(
                    0, "<|begin_of_text|>",
                    1, "<|end_of_text|>",
                    6, "<|start_header_id|>",
                    7, "<|end_header_id|>",
                    8, "<|eom_id|>",
                    9, "<|eot_id|>"));

    static final Vocabulary SMOLLM2 = new Vocabulary(
            "smollm",
            49_152,
            17,
            true,
            false,
            1,
            2,
            false,
            Map.of(0, "<|endoftext|>", 1, "<|im_start|>", 2, "<|im_end|>"));

    Vocabulary {
        if (size < controls + BYTES) {
            throw new Refused("a vocabulary of " + size + " tokens; at least " + (controls + BYTES) + " are needed");
        }
    }

    /** The same with so many tokens. */
    Vocabulary ofSize(int tokens) {
        return new Vocabulary(pre, tokens, controls, controlsFirst, everySplit, bos, eos, addBos, named);
    }

    /** Writes the keys {@code tokenizer.ggml.*}. */
    void describe(Metadata.Builder metadata) {
        Map<String, Integer> pieces = new LinkedHashMap<>();
        List<String> merges = new ArrayList<>();
        makeUp(pieces, merges);
        List<String> tokens = new ArrayList<>(pieces.keySet());
        List<String> control = new ArrayList<>();
        for (int i = 0; i < controls; i++) {
            control.add(named.getOrDefault(i, "<|reserved_" + i + "|>"));
        }
        int first = controlsFirst ? 0 : tokens.size();
        tokens.addAll(first, control);
        int[] types = new int[size];
        Arrays.fill(types, NORMAL);
        Arrays.fill(types, first, first + controls, CONTROL);
        metadata.string("tokenizer.ggml.model", "gpt2")
                .string("tokenizer.ggml.pre", pre)
                .strings("tokenizer.ggml.tokens", tokens)
                .ints("tokenizer.ggml.token_type", types)
                .strings("tokenizer.ggml.merges", merges)
                .u32("tokenizer.ggml.bos_token_id", first + bos)
                .u32("tokenizer.ggml.eos_token_id", first + eos)
                .bool("tokenizer.ggml.add_bos_token", addBos);
    }

    private void makeUp(Map<String, Integer> pieces, List<String> merges) {
        char next = 0x100;
        for (int b = 0; b < BYTES; b++) { // bytes that cannot be seen are written as characters from U+0100 on
            boolean visible = b > 0x20 && b < 0x7F || b > 0xA0 && b != 0xAD;
            pieces.put(String.valueOf(visible ? (char) b : next++), pieces.size());
        }
        List<String> words = new ArrayList<>(List.of(String.valueOf(BLANK)));
        LETTERS.chars().forEach(letter -> words.add(String.valueOf((char) letter)));
        Random random = new Random(size);
        while (pieces.size() < size - controls) {
            String left = words.get(lowly(random, words.size()));
            String right = words.get(1 + lowly(random, words.size() - 1));
            String piece = left + right;
            if (piece.length() > LONGEST || right.charAt(0) == BLANK || pieces.containsKey(piece)) {
                continue;
            }
            for (int cut = 1; cut < piece.length(); cut++) {
                boolean chosen = cut == left.length();
                if (chosen
                        || everySplit
                                && pieces.containsKey(piece.substring(0, cut))
                                && pieces.containsKey(piece.substring(cut))) {
                    merges.add(piece.substring(0, cut) + " " + piece.substring(cut));
                }
            }
            pieces.put(piece, pieces.size());
            words.add(piece);
        }
    }

    /** A number below the bound, small ones more often: frequent pieces are put together more often. */
    private static int lowly(Random random, int bound) {
        double part = random.nextDouble();
        return (int) (part * part * bound);
    }
}
