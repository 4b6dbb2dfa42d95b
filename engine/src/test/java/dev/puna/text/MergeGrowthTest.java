package dev.puna.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Twice the text takes at most two and a half times the merging, whatever the text. */
class MergeGrowthTest {
    private static final int MEGABYTE = 1 << 20;

    @TempDir
    Path folder;

    /** Texts that leave a pre-tokenizer nothing to cut, the first three of one megabyte, and one that is cut often. */
    private static Map<String, String> texts() {
        var random = new Random(11);
        var letters = new StringBuilder();
        while (letters.length() < MEGABYTE) {
            letters.append((char) ('a' + (random.nextInt(4) == 0 ? random.nextInt(26) : random.nextInt(4))));
        }
        var anything = new StringBuilder();
        while (anything.length() < MEGABYTE / 16) {
            anything.append(Fuzz.text(random));
        }
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("spaces", " ".repeat(MEGABYTE));
        texts.put("one letter", "a".repeat(MEGABYTE));
        texts.put("no space", letters.toString());
        texts.put("two letters", "ab".repeat(MEGABYTE / 16));
        texts.put("line ends", "\n".repeat(MEGABYTE / 8));
        texts.put("signs", "=".repeat(MEGABYTE / 8));
        texts.put("Arabic letter", "\u0627".repeat(MEGABYTE / 16));
        texts.put("emoji", "\uD83D\uDE42".repeat(MEGABYTE / 32));
        texts.put("anything", anything.toString());
        return texts;
    }

    private static void assertNearLinear(Tokenizer tokenizer) {
        texts().forEach((name, text) -> {
            long half = tokenizer.mergeSteps(text.substring(0, text.length() / 2));
            long whole = tokenizer.mergeSteps(text);
            assertThat(whole).as(name).isLessThanOrEqualTo(half * 5 / 2);
            assertThat(whole).as(name).isLessThan(100L * text.length());
        });
    }

    @Test
    void mergingOfRanksIsNearLinear() throws IOException {
        assertNearLinear(Tokenizers.open(Files.writeString(folder.resolve("ranks"), TinyFiles.ranks())));
    }

    @Test
    void mergingOfListedPairsIsNearLinear() throws IOException {
        assertNearLinear(Tokenizers.open(
                Files.write(folder.resolve("tokenizer.json"), TinyFiles.json(TinyFiles.byteLevelJson()))));
    }

    @Test
    void mergingByScoreIsNearLinear() throws IOException {
        assertNearLinear(Tokenizers.open(Files.write(
                folder.resolve("model"), TinyFiles.sentencePiece(TinyFiles.sentencePieces(), TinyFiles.Says.LLAMA))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama2-tokenizer.model", "llama3-tokenizer.model", "llamacpp-vocab/ggml-vocab-gpt-2.gguf"})
    void mergingIsNearLinearWithTheVocabulariesOfRealModels(String name) {
        assertNearLinear(Tokenizers.open(SharedData.require("tokenizers/" + name)));
    }

    /** Long pieces merge by another way than short ones; both come to the same. */
    @Test
    void longAndShortPiecesMergeAlike() throws IOException {
        Tokenizer tokenizer = Tokenizers.open(Files.writeString(folder.resolve("ranks"), TinyFiles.ranks()));
        var random = new Random(12);
        for (int i = 0; i < 2_000; i++) {
            var text = new StringBuilder();
            for (int n = 1 + random.nextInt(120); n > 0; n--) {
                text.append("aabtheing".charAt(random.nextInt(9)));
            }
            assertThat(tokenizer.encode(text.toString())).isEqualTo(slowly(tokenizer, text.toString()));
        }
    }

    /** The definition: of all pairs that are a piece together the one of the lowest id, the leftmost of those. */
    private static int[] slowly(Tokenizer tokenizer, String text) {
        var parts = new java.util.ArrayList<String>();
        text.chars().forEach(c -> parts.add(Character.toString(c)));
        if (tokenizer.id(text).isPresent()) {
            return new int[] {tokenizer.id(text).getAsInt()};
        }
        while (true) {
            int best = -1;
            int bestId = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < parts.size(); i++) {
                int id = tokenizer.id(parts.get(i) + parts.get(i + 1)).orElse(Integer.MAX_VALUE);
                if (id < bestId) {
                    best = i;
                    bestId = id;
                }
            }
            if (best < 0) {
                return parts.stream()
                        .mapToInt(part -> tokenizer.id(part).orElseThrow())
                        .toArray();
            }
            parts.set(best, parts.get(best) + parts.remove(best + 1));
        }
    }
}
