package dev.puna.load;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.puna.SharedData;
import dev.puna.file.Json;
import dev.puna.file.Safetensors;
import dev.puna.kernel.Kernels;
import dev.puna.kernel.Span;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.model.Batch;
import dev.puna.model.KvCache;
import dev.puna.model.Workspace;
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
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A real model, SmolLM2-135M-Instruct in 4 bits, against a float32 run of its decoded weights elsewhere. */
class SmolLm2Test {
    private static final int WINDOW = 1024;
    private static final int BLOCK = 32;

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
        try (var run = new Run("reference", DType.F32, ids.length + greedy.length);
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
            int[] followed = new int[greedy.length];
            for (int i = 0; i < greedy.length; i++) {
                followed[i] = Golden.best(logits, 0);
                logits = run.forward(new int[] {followed[i]}, ids.length + i, Span.Outputs.LAST);
            }
            assertThat(followed).isEqualTo(greedy);
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
        try (var run = new Run(tier, DType.F16, ids.length + greedy.length)) {
            Tensor logits = run.forward(ids, 0, Span.Outputs.LAST);
            int[] followed = new int[greedy.length];
            for (int i = 0; i < greedy.length; i++) {
                followed[i] = Golden.best(logits, 0);
                logits = run.forward(new int[] {followed[i]}, ids.length + i, Span.Outputs.LAST);
            }
            assertThat(followed).isEqualTo(greedy);
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

    /** Windows of 1,024 tokens; each token but a window's first is scored given those before it in the window. */
    private static double perplexity(String tier, DType cacheType, int[] ids) {
        double sum = 0;
        int scored = 0;
        try (var run = new Run(tier, cacheType, WINDOW)) {
            for (int from = 0; from < ids.length; from += WINDOW) {
                int end = Math.min(ids.length, from + WINDOW);
                for (int at = from; at < end; at += 128) {
                    int to = Math.min(end, at + 128);
                    Tensor logits = run.forward(Arrays.copyOfRange(ids, at, to), at - from, Span.Outputs.EVERY);
                    for (int i = at; i < to && i + 1 < end; i++) {
                        sum += surprise(logits, i - at, ids[i + 1]);
                        scored++;
                    }
                }
            }
        }
        return Math.exp(sum / scored);
    }

    private static double surprise(Tensor logits, int row, int id) {
        long vocab = logits.columns();
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < vocab; i++) {
            max = Math.max(max, logits.data().getAtIndex(JAVA_FLOAT, row * vocab + i));
        }
        double sum = 0;
        for (int i = 0; i < vocab; i++) {
            sum += Math.exp(logits.data().getAtIndex(JAVA_FLOAT, row * vocab + i) - max);
        }
        return max + Math.log(sum) - logits.data().getAtIndex(JAVA_FLOAT, row * vocab + id);
    }

    /** One sequence with all that it needs. */
    private static final class Run implements AutoCloseable {
        private final Workers workers = new Workers();
        private final Kernels kernels;
        private final KvCache cache;
        private final Workspace work = new Workspace();
        private final int[] blocks;

        Run(String tier, DType cacheType, int tokens) {
            kernels = Tiers.choose(Optional.of(tier)).kernels(workers);
            blocks = IntStream.range(0, Math.ceilDiv(tokens, BLOCK)).toArray();
            cache = new KvCache(checkpoint.llama().config(), cacheType, blocks.length, BLOCK);
        }

        Tensor forward(int[] ids, int start, Span.Outputs outputs) {
            var span = new Span(blocks, start, ids.length, outputs);
            return checkpoint.llama().forward(kernels, new Batch(ids, List.of(span)), cache, work);
        }

        @Override
        public void close() {
            cache.close();
            work.close();
            workers.close();
        }
    }
}
