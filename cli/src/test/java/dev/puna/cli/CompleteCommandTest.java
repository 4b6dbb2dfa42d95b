package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.ChainModel;
import dev.puna.kernel.Tiers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompleteCommandTest {
    @TempDir
    static Path folder;

    static Path model;

    @BeforeAll
    static void write() throws IOException {
        model = ChainModel.write(folder.resolve("model"), "Pr🙂is.");
    }

    @Test
    void theContinuationAloneIsOnStandardOutput() {
        Ran ran = Ran.puna("complete", model, "P");
        assertThat(ran).isEqualTo(new Ran(0, "r🙂is.", ""));
    }

    @Test
    void theJsonHasIdsTextAndFinish() {
        Ran ran = Ran.puna("complete", model, "P", "--json");
        assertThat(ran.exit()).isZero();
        assertThat(ran.json())
                .containsExactly(
                        Map.entry("ids", longs('r', 0xF0, 0x9F, 0x99, 0x82, 'i', 's', '.', ChainModel.END)),
                        Map.entry("text", "r🙂is."),
                        Map.entry("finish", "stop"));
        assertThat(ran.err()).isEmpty();
    }

    @Test
    void aTextCutInACharacterIsWholeAgain() {
        assertThat(Ran.puna("complete", model, "P", "--json", "--max-tokens", 3).json())
                .containsEntry("ids", longs('r', 0xF0, 0x9F))
                .containsEntry("text", "r\uFFFD")
                .containsEntry("finish", "length");
    }

    @Test
    void whatIsWrongWithTheOptionsIsKnownBeforeAModelIsLookedFor() {
        assertThat(Ran.puna("complete", "no-such-model", "P", "--tier", "warp").err())
                .contains("there is no tier 'warp'");
        assertThat(Ran.puna("complete", "no-such-model", "--file", "no-such-file")
                        .err())
                .contains("no-such-file");
        assertThat(Ran.puna("score", "no-such-model", "P", "--tier", "warp").err())
                .contains("there is no tier 'warp'");
    }

    @Test
    void idsAreTakenAsTheyAre() throws IOException {
        Path ids = Files.writeString(folder.resolve("ids"), "105\n");
        assertThat(Ran.puna("complete", model, "--ids", ids, "--json").json())
                .containsEntry("ids", longs('s', '.', ChainModel.END));
        Files.writeString(ids, Integer.toString(ChainModel.END));
        assertThat(Ran.puna("complete", model, "--ids", ids, "--json").json())
                .containsEntry("ids", longs(ChainModel.END));
    }

    @Test
    void withoutATokenizerIdsDo() throws IOException {
        Path bare = ChainModel.write(folder.resolve("bare"), "Pr🙂is.");
        Files.delete(bare.resolve("tokenizer.json"));
        Files.delete(bare.resolve("tokenizer_config.json"));
        Path ids = Files.writeString(folder.resolve("ids"), "105");
        Ran json = Ran.puna("complete", bare, "--ids", ids, "--json");
        assertThat(json.out()).isEqualTo("{\"ids\":[115,46,257],\"text\":null,\"finish\":\"stop\"}\n");
        assertThat(Ran.puna("complete", bare, "--ids", ids)).isEqualTo(new Ran(0, "115 46 257\n", ""));
        assertThat(Ran.puna("complete", bare, "text"))
                .isEqualTo(new Ran(2, "", "puna: the model has no tokenizer: it can only continue token ids\n"));
    }

    @Test
    void aTokenizerThatCannotBeUsedIsInNobodysWayWhoBringsIds() throws IOException {
        Path odd = ChainModel.write(folder.resolve("odd"), "Pr🙂is.");
        Files.writeString(odd.resolve("tokenizer.json"), "{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}");
        Path ids = Files.writeString(folder.resolve("ids"), "105");
        assertThat(Ran.puna("complete", odd, "--ids", ids, "--json").out())
                .isEqualTo("{\"ids\":[115,46,257],\"text\":null,\"finish\":\"stop\"}\n");
        assertThat(Ran.puna("score", odd, "--ids", ids, "--json").exit()).isZero();
        Ran text = Ran.puna("complete", odd, "text");
        assertThat(text.exit()).isEqualTo(2);
        assertThat(text.err()).contains("tokenizer.json").contains("Unigram");
    }

    @Test
    void aFileAndStandardInputAreTakenByteForByte() throws IOException {
        Path file = Files.writeString(folder.resolve("text"), "a\nP");
        assertThat(Ran.puna("complete", model, "--file", file).out()).isEqualTo("r🙂is.");
        assertThat(Ran.fed("a\nP", "complete", model).out()).isEqualTo("r🙂is.");
        assertThat(Ran.fed("a\nP", "complete", model, "-").out()).isEqualTo("r🙂is.");
        assertThat(Ran.fed("P\n", "complete", model, "--max-tokens", 2).out()).isEqualTo("\n\n");
        Files.write(file, new byte[] {'P', (byte) 0x80});
        assertThat(Ran.puna("complete", model, "--file", file))
                .isEqualTo(new Ran(2, "", "puna: " + file + ": at byte 1: is not UTF-8 text\n"));
        assertThat(Ran.puna("complete", model, "--file", folder.resolve("none")))
                .isEqualTo(new Ran(2, "", "puna: " + folder.resolve("none") + ": no such file or directory\n"));
    }

    @Test
    void controlTokensMatchOnlyIfAskedFor() {
        assertThat(Ran.puna("complete", model, "<|assistant|>", "--max-tokens", 2)
                        .out())
                .isEqualTo(">>");
        assertThat(Ran.puna("complete", model, "<|assistant|>", "--special").out())
                .isEqualTo("Pr🙂is.");
    }

    @Test
    void aStopStringEndsTheTextBeforeIt() {
        Ran ran = Ran.puna("complete", model, "P", "--json", "--stop", "is");
        assertThat(ran.json()).containsEntry("text", "r🙂").containsEntry("finish", "stop");
        assertThat(Ran.puna("complete", model, "P", "--stop", "x", "--stop", "🙂i")
                        .out())
                .isEqualTo("r");
    }

    @Test
    void theSameSeedGivesTheSameTextWhateverTheTemperature() {
        Object[] words = {"complete", model, "z", "--max-tokens", 30, "--temperature", 20, "--seed", 5, "--json"};
        Ran first = Ran.puna(words);
        assertThat(first.exit()).isZero();
        assertThat(Ran.puna(words)).isEqualTo(first);
        words[8] = 6;
        assertThat(Ran.puna(words).out()).isNotEqualTo(first.out());
    }

    @Test
    void logprobsComeWithTheJson() {
        Map<String, Object> json =
                Ran.puna("complete", model, "i", "--json", "--logprobs", 1).json();
        assertThat((List<?>) json.get("logprobs")).hasSize(3);
        assertThat(json.get("logprobs").toString())
                .contains("{id=115, logprob=-")
                .contains("top=[{id=115");
        assertThat(Ran.puna("complete", model, "i", "--logprobs", 1).exit()).isEqualTo(2);
    }

    @Test
    void whatDoesNotFitTheContextIsRefusedWithBothNumbers() {
        assertThat(Ran.puna("complete", model, "x".repeat(250)))
                .isEqualTo(
                        new Ran(
                                2,
                                "",
                                "puna: the prompt has 251 tokens, which leaves no room for an answer: the context holds 200\n"));
        assertThat(Ran.puna("complete", model, "xxxxxxxxx", "--context", 8).err())
                .contains("10 tokens")
                .contains("holds 8");
        assertThat(Ran.puna("complete", model, "xx", "--context", 8, "--json").json())
                .containsEntry("finish", "length")
                .containsEntry("text", "xxxxx");
        assertThat(Ran.puna("complete", model, "P", "--context", 300))
                .isEqualTo(new Ran(
                        0, "r🙂is.", "puna: the model was made for 200 tokens; beyond these --context is a guess\n"));
    }

    @Test
    void optionsOutOfRangeAreRefusedByName() {
        assertThat(Ran.puna("complete", model, "x", "--top-p", 1.5))
                .isEqualTo(new Ran(2, "", "puna: --top-p must be 0 to 1, not 1.5\n"));
        assertThat(Ran.puna("complete", model, "x", "--threads", 0).err())
                .contains("--threads must be 1 to 1024, not 0");
        assertThat(Ran.puna("complete", model, "x", "--tier", "sse"))
                .isEqualTo(new Ran(
                        2, "", "puna: there is no tier 'sse'; there are amx, avx512, avx2, vector, reference\n"));
        assertThat(Ran.puna("complete", model, "x", "--max-tokens", "many").exit())
                .isEqualTo(2);
        assertThat(Ran.puna("complete", model, "x", "--logit-bias", "9999=1").err())
                .contains("holds the token id 9999; ids go from 0 to 260");
        assertThat(Ran.puna("complete", model, "a", "--file", "b").err()).contains("only once");
    }

    @Test
    void optionsWithoutEffectAreMentioned() {
        Ran ran = Ran.puna("complete", model, "P", "--top-k", 5);
        assertThat(ran.out()).isEqualTo("r🙂is.");
        assertThat(ran.err()).isEqualTo("puna: --top-k has no effect at temperature 0; see --temperature\n");
    }

    @Test
    void theModelsOwnDefaultsHoldUntilAnOptionSaysOtherwise() throws IOException {
        Path warm = ChainModel.write(folder.resolve("warm"), "Pr🙂is.");
        Files.writeString(
                warm.resolve("generation_config.json"),
                "{\"do_sample\":true,\"temperature\":30.0,\"eos_token_id\":[257,46]}");
        Object[] words = {"complete", warm, "z", "--max-tokens", 30, "--seed", 1, "--json"};
        assertThat(Ran.puna(words).json().get("text")).isNotEqualTo("z".repeat(30));
        assertThat(Ran.puna("complete", warm, "P", "--temperature", 0, "--json").json())
                .containsEntry("ids", longs('r', 0xF0, 0x9F, 0x99, 0x82, 'i', 's', '.'))
                .containsEntry("text", "r🙂is");
    }

    @Test
    void everyCacheAndTierGivesTheTextOrRefuses() {
        for (String cache : List.of("f32", "f16", "q8_0")) {
            for (Tiers.Tier tier : Tiers.describe()) {
                Ran ran = Ran.puna("complete", model, "P", "--cache", cache, "--tier", tier.name());
                if (tier.available()) {
                    assertThat(ran.out()).isEqualTo("r🙂is.");
                } else {
                    String why = "puna: the tier '%s' cannot run here: %s\n".formatted(tier.name(), tier.why());
                    assertThat(ran).isEqualTo(new Ran(2, "", why));
                }
            }
        }
    }

    @Test
    void speedGoesToStandardError() {
        Ran ran = Ran.puna("complete", model, "P", "--stats");
        assertThat(ran.out()).isEqualTo("r🙂is.");
        assertThat(ran.err())
                .startsWith("2 prompt tokens at ")
                .contains(", 9 new tokens at ")
                .endsWith(" s\n");
    }

    static List<Long> longs(long... ids) {
        return java.util.stream.LongStream.of(ids).boxed().toList();
    }
}
