package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import dev.puna.ChainModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
    @TempDir
    static Path folder;

    static Path model;

    @BeforeAll
    static void write() throws IOException {
        model = ChainModel.write(folder.resolve("model"), "abc");
    }

    @Test
    void aPromptAloneIsOneResult() {
        Map<String, Object> json = bench("--prompt", 16, "--generate", 0, "--repeat", 3);
        assertThat(json).containsKey("machine");
        Map<String, Object> one = onlyResult(json);
        assertThat(one).containsEntry("test", "pp16").containsEntry("batch", 1L).containsKey("model");
        assertThat(one.get("samples"))
                .asInstanceOf(LIST)
                .hasSize(3)
                .allSatisfy(sample -> assertThat((double) sample).isPositive());
        assertThat(one.get("bytesPerSecond"))
                .asInstanceOf(LIST)
                .hasSize(3)
                .allSatisfy(memory -> assertThat((double) memory).isGreaterThan(1e7));
        assertThat((double) one.get("tokensPerSecond"))
                .isBetween(least(one.get("samples")) * 0.999, greatest(one.get("samples")) * 1.001);
        assertThat((double) one.get("shareOfBandwidth")).isBetween(0.0, 2.0);
        assertThat((double) one.get("shareOfPeak")).isBetween(0.0, 1.0);
    }

    @Test
    void anAnswerAloneIsOneResult() {
        Map<String, Object> one =
                onlyResult(bench("--prompt", 0, "--generate", 8, "--repeat", 1, "--threads", 1, "--cache", "q8_0"));
        assertThat(one).containsEntry("test", "tg8").containsEntry("threads", 1L);
    }

    @Test
    void listsMakeATestOfEach() {
        List<Map<String, Object>> results = results(bench(
                "--prompt",
                "8,16",
                "--generate",
                4,
                "--depth",
                "0,32",
                "--batch",
                "1,3",
                "--repeat",
                1,
                "--threads",
                1));
        assertThat(results.stream().map(one -> one.get("test") + " × " + one.get("batch")))
                .containsExactly(
                        "pp8 × 1",
                        "pp16 × 1",
                        "tg4 × 1",
                        "pp8 @ d32 × 1",
                        "pp16 @ d32 × 1",
                        "tg4 @ d32 × 1",
                        "pp8 × 3",
                        "pp16 × 3",
                        "tg4 × 3",
                        "pp8 @ d32 × 3",
                        "pp16 @ d32 × 3",
                        "tg4 @ d32 × 3");
    }

    @Test
    void theTableHasARowForEachTestAndTellsTheLimits() {
        Ran ran = Ran.puna("bench", model, "--prompt", 8, "--generate", 4, "--repeat", 1, "--tier", "reference");
        assertThat(ran.exit()).isEqualTo(Exit.OK);
        assertThat(ran.out().lines().toList()).hasSize(5).satisfies(lines -> {
            assertThat(lines.getFirst()).startsWith("| model").contains("t/s", "memory", "peak");
            assertThat(lines.get(2)).contains(" pp8 |", " reference |", " % |");
            assertThat(lines.get(3)).contains(" tg4 |");
            assertThat(lines.get(4)).contains("GB/s", "f32 in plain Java");
        });
    }

    @Test
    void whatCannotBeMeasuredIsRefused() {
        assertThat(refusal("--prompt", 0, "--generate", 0)).contains("nothing to measure");
        assertThat(refusal("--prompt", -1)).contains("--prompt", "not -1");
        assertThat(refusal("--batch", 0)).contains("--batch", "not 0");
        assertThat(refusal("--threads", "2,0")).contains("--threads", "not 0");
        assertThat(refusal("--repeat", 0)).contains("--repeat", "not 0");
        assertThat(refusal("--prompt", "many")).contains("--prompt");
        assertThat(refusal("--tier", "abacus")).contains("abacus");
    }

    private static String refusal(Object... options) {
        Ran ran = run(options);
        assertThat(ran.exit()).isEqualTo(Exit.REFUSED);
        assertThat(ran.out()).isEmpty();
        return ran.err();
    }

    private static Map<String, Object> bench(Object... options) {
        Ran ran = run(options);
        assertThat(ran.err()).isEmpty();
        assertThat(ran.exit()).isEqualTo(Exit.OK);
        return ran.json();
    }

    private static Ran run(Object... options) {
        Object[] all = new Object[options.length + 3];
        all[0] = "bench";
        all[1] = model;
        all[2] = "--json";
        System.arraycopy(options, 0, all, 3, options.length);
        return Ran.puna(all);
    }

    private static Map<String, Object> onlyResult(Map<String, Object> json) {
        List<Map<String, Object>> results = results(json);
        assertThat(results).hasSize(1);
        return results.getFirst();
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> results(Map<String, Object> json) {
        return (List<Map<String, Object>>) json.get("results");
    }

    private static double least(Object samples) {
        return ((List<?>) samples).stream().mapToDouble(s -> (double) s).min().orElseThrow();
    }

    private static double greatest(Object samples) {
        return ((List<?>) samples).stream().mapToDouble(s -> (double) s).max().orElseThrow();
    }
}
