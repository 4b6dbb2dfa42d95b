package dev.puna.load;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.puna.SharedData;
import dev.puna.file.Json;
import dev.puna.file.Safetensors;
import dev.puna.kernel.Span;
import dev.puna.kernel.Tiers;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A real model, SmolLM2-135M-Instruct in 4 bits, against a float32 run of its decoded weights elsewhere. */
class SmolLm2Test {
    private static Checkpoint checkpoint;
    private static Map<String, Object> expected;
    private static Path folder;

    @BeforeAll
    static void open() throws IOException, InterruptedException {
        Path script = SharedData.root().map(root -> root.resolve("smollm2")).orElse(Path.of("smollm2"));
        assumeTrue(Files.exists(script), "needs ../shared/smollm2");
        folder = SharedData.require("golden/smollm2-135m");
        Process process = new ProcessBuilder(script.toString()).start();
        String path = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assumeTrue(
                process.waitFor(5, TimeUnit.MINUTES) && process.exitValue() == 0,
                "needs the model, which cannot be had");
        checkpoint = Checkpoint.open(Path.of(path));
        expected = Json.object(Json.parse(folder.resolve("expected.json")), folder, "expected");
    }

    @AfterAll
    static void close() {
        if (checkpoint != null) {
            checkpoint.close();
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> part(String... names) {
        Object at = expected;
        for (String name : names) {
            at = ((Map<String, Object>) at).get(name);
        }
        return (Map<String, Object>) at;
    }

    private static int[] ids(Object list) {
        return ((List<?>) list).stream().mapToInt(id -> ((Long) id).intValue()).toArray();
    }

    static List<String> prompts() {
        return List.of("rivers", "capital", "france", "poem", "code", "raw", "unicode");
    }

    @ParameterizedTest
    @MethodSource("prompts")
    void referenceGivesGoldenLogitsAndText(String prompt) {
        int[] ids = ids(part("prompts", prompt).get("ids"));
        int[] greedy = ids(part("prompts", prompt).get("greedy"));
        try (var run = run("reference", DType.F32, ids.length + greedy.length);
                Safetensors file = Safetensors.open(folder.resolve("expected.safetensors"))) {
            Tensor logits = run.forward(ids, 0, Span.Outputs.LAST);
            Tensor wanted = file.tensors().get(prompt + ".logits");
            double largest = 0;
            double error = 0;
            for (int i = 0; i < wanted.elements(); i++) {
                float golden = wanted.data().getAtIndex(JAVA_FLOAT_UNALIGNED, i);
                largest = Math.max(largest, Math.abs(golden));
                error = Math.max(error, Math.abs(golden - logits.data().getAtIndex(JAVA_FLOAT, i)));
            }
            assertThat(error / largest).isLessThan(2e-5);
            assertThat(run.greedy(logits, ids.length, greedy.length)).isEqualTo(greedy);
        }
    }

    /** The first window of the text, whose perplexity is that of the reference within a thousandth. */
    @Test
    void tiersAgreeOnTheFirstWindow() throws IOException {
        int[] ids = Arrays.copyOf(text(), 512);
        double reference = perplexity("reference", DType.F32, ids);
        assertThat(perplexity("vector", DType.F32, ids)).isCloseTo(reference, within(1e-4 * reference));
        assertThat(perplexity("vector", DType.F16, ids)).isCloseTo(reference, within(1e-3 * reference));
        assertThat(perplexity("vector", DType.Q8_0, ids)).isCloseTo(reference, within(5e-3 * reference));
    }

    /** Whole activations of 8 bits cost less than a third of a percent. */
    @ParameterizedTest
    @MethodSource("dev.puna.kernel.AvailableTiers#machineCode")
    void machineCodeKeepsThePerplexityOfTheWholeText(String tier) throws IOException {
        double wanted = (Double) part("perplexity").get("perplexity");
        assertThat(perplexity(tier, DType.F32, text())).isCloseTo(wanted, within(3e-3 * wanted));
    }

    @ParameterizedTest
    @MethodSource("dev.puna.kernel.AvailableTiers#fast")
    void theCapitalOfJapanIsTokyoOnEveryTier(String tier) {
        int[] ids = ids(part("prompts", "capital").get("ids"));
        int[] greedy = ids(part("prompts", "capital").get("greedy"));
        try (var run = run(tier, DType.F16, ids.length + greedy.length)) {
            Tensor logits = run.forward(ids, 0, Span.Outputs.LAST);
            assertThat(run.greedy(logits, ids.length, greedy.length)).isEqualTo(greedy);
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"reference", "vector"})
    void perplexityOfTheWholeTextIsAsElsewhere(String tier) throws IOException {
        double wanted = (Double) part("perplexity").get("perplexity");
        double share = tier.equals("reference") ? 1e-4 : 5e-3;
        assertThat(perplexity(tier, tier.equals("reference") ? DType.F32 : DType.F16, text()))
                .isCloseTo(wanted, within(share * wanted));
    }

    /** Token ids of the text that the expected values speak of. */
    private static int[] text() throws IOException {
        String text = Files.readString(SharedData.require("text/wikitext2-raw-test.txt"))
                .replace("\r\n", "\n"); // as Python reads text
        String first = text.substring(0, text.offsetByCodePoints(0, 20_000));
        int[] ids = checkpoint.tokenizer().orElseThrow().encode(first);
        assertThat((long) ids.length).isEqualTo(part("perplexity").get("tokens"));
        assertThat(Arrays.copyOf(ids, 32)).isEqualTo(ids(part("perplexity").get("first_ids")));
        return ids;
    }

    private static double perplexity(String tier, DType cacheType, int[] ids) {
        try (var run = run(tier, cacheType, OneSequence.WINDOW)) {
            return run.perplexity(ids, 128);
        }
    }

    private static OneSequence run(String tier, DType cacheType, int tokens) {
        return new OneSequence(checkpoint.llama(), Tiers.choose(Optional.of(tier))::kernels, cacheType, tokens);
    }
}
