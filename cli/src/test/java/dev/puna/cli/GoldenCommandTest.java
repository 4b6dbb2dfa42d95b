package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.puna.SharedData;
import dev.puna.file.Json;
import dev.puna.file.Safetensors;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Golden values through the commands, on the reference tier: what comes out is what the independent engine says. */
class GoldenCommandTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama1",
                "llama2-gqa",
                "llama-mqa",
                "llama3",
                "llama-bias",
                "rope-linear",
                "rope-yarn",
                "smollm2",
                "smollm3",
                "mistral-window",
                "qwen2",
                "qwen3"
            })
    void completeAndScoreGiveTheGoldenValues(String kind) throws IOException {
        golden(SharedData.require("golden/" + kind), kind);
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"codellama", "llama31", "llama32"})
    void longTextsToo(String kind) throws IOException {
        golden(SharedData.require("golden/" + kind), kind);
    }

    private void golden(Path data, String kind) throws IOException {
        try (Safetensors expected = Safetensors.open(data.resolve("expected.safetensors"))) {
            Path ids = folder.resolve("ids");
            Files.writeString(
                    ids,
                    Arrays.stream(longs(expected.tensors().get("input_ids")))
                            .mapToObj(Long::toString)
                            .collect(Collectors.joining(" ")));
            List<Long> greedy = LongStream.of(longs(expected.tensors().get("greedy")))
                    .boxed()
                    .toList();
            int end = greedy.indexOf(2L); // config.json's end token; a GGUF without tokenizer names none
            for (Path model : List.of(data, data.resolve(kind + ".gguf"))) {
                if (!Files.exists(model)) {
                    continue;
                }
                Ran complete = reference("complete", model, "--ids", ids, "--max-tokens", greedy.size());
                List<Long> due = end < 0 || model != data ? greedy : greedy.subList(0, end + 1);
                assertThat(complete.json()).as(complete.err()).containsEntry("ids", due);
                Path logits = folder.resolve("logits.safetensors");
                Ran score = reference("score", model, "--ids", ids, "--logits", logits);
                assertThat(score.exit()).as(score.err()).isZero();
                try (Safetensors written = Safetensors.open(logits)) {
                    assertClose(expected.tensors(), written.tensors().get("logits"));
                }
            }
        }
    }

    private static void assertClose(Map<String, Tensor> expected, Tensor logits) {
        float[] due = floats(expected.get("logits"));
        float[] all = floats(logits);
        long[] positions = longs(expected.get("positions_scored"));
        int vocabulary = (int) logits.columns();
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < positions.length; i++) {
            for (int j = 0; j < vocabulary; j++) {
                float value = due[i * vocabulary + j];
                largest = Math.max(largest, Math.abs(value));
                worst = Math.max(worst, Math.abs(value - all[(int) positions[i] * vocabulary + j]));
            }
        }
        assertThat(worst).isLessThan(2e-4 * largest);
    }

    @Test
    void theRealModelSaysTokyo() {
        realModel("capital");
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"rivers", "france", "poem", "code", "raw", "unicode"})
    void theRealModelSaysWhatItShould(String prompt) {
        realModel(prompt);
    }

    private void realModel(String name) {
        Map<?, ?> prompt = (Map<?, ?>) ((Map<?, ?>) expected().get("prompts")).get(name);
        List<?> greedy = (List<?>) prompt.get("greedy");
        Ran tokens = Ran.puna("tokenize", SharedData.smollm2(), prompt.get("text"), "--special", "--json");
        assertThat(tokens.json()).containsEntry("ids", prompt.get("ids"));
        Ran complete = reference(
                "complete", SharedData.smollm2(), prompt.get("text"), "--special", "--max-tokens", greedy.size());
        boolean ends = greedy.getLast().equals(2L);
        assertThat(complete.json())
                .containsEntry("ids", greedy)
                .containsEntry("finish", ends ? "stop" : "length")
                .containsEntry("text", prompt.get("greedy_text").toString().replace("<|im_end|>", ""));
    }

    @Test
    @Tag("slow")
    void theRealModelsPerplexityIsRight() throws IOException {
        Path model = SharedData.smollm2();
        String text = Files.readString(SharedData.require("text/wikitext2-raw-test.txt"))
                .replace("\r\n", "\n"); // as Python reads text
        Path file = Files.writeString(folder.resolve("text"), text.substring(0, 20_000));
        Map<?, ?> expected = (Map<?, ?>) expected().get("perplexity");
        Map<String, Object> json =
                reference("score", model, "--file", file, "--window", 1024).json();
        assertThat(json.get("tokens")).isEqualTo(expected.get("tokens"));
        assertThat(json.get("scored")).isEqualTo(expected.get("scored"));
        double due = (double) expected.get("perplexity");
        assertThat((double) json.get("perplexity")).isCloseTo(due, within(1e-4 * due));
        double quick = (double) Ran.puna("score", model, "--file", file, "--window", 1024, "--json")
                .json()
                .get("perplexity");
        assertThat(quick).isCloseTo(due, within(5e-3 * due));
    }

    private static Map<String, Object> expected() {
        Path file = SharedData.require("golden/smollm2-135m/expected.json");
        return Json.object(Json.parse(file), file, "it");
    }

    private static Ran reference(Object... words) {
        Object[] all = Arrays.copyOf(words, words.length + 3);
        all[words.length] = "--json";
        all[words.length + 1] = "--tier";
        all[words.length + 2] = "reference";
        return Ran.puna(all);
    }

    private static long[] longs(Tensor tensor) {
        assumeTrue(tensor.type() == DType.I64 || tensor.type() == DType.I32, "ids are whole numbers");
        return tensor.type() == DType.I64
                ? tensor.data().toArray(ValueLayout.JAVA_LONG_UNALIGNED)
                : Arrays.stream(tensor.data().toArray(ValueLayout.JAVA_INT_UNALIGNED))
                        .asLongStream()
                        .toArray();
    }

    private static float[] floats(Tensor tensor) {
        return tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }
}
