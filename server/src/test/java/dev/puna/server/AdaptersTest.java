package dev.puna.server;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.ChainModel;
import dev.puna.file.Safetensors;
import dev.puna.file.SafetensorsWriter;
import dev.puna.server.core.AdaptedLibrary;
import dev.puna.server.core.AdaptedLibrary.Adapter;
import dev.puna.server.core.Library;
import dev.puna.server.wire.Json;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Adapters are models by ids of their own, in all four APIs, with the weights of another. */
class AdaptersTest {
    private static final int FIRST_PIECE = 261; // of the toy's own tokens
    private static final float STRENGTH = 3;

    @TempDir
    static Path folder;

    private static Served served;

    @BeforeAll
    static void serve() throws IOException {
        Path toy = toy("toy");
        Path merged = toy("merged");
        // After a prompt the adapted models begin with another piece of the answer.
        Path east = adapter("east", 2, STRENGTH);
        Path comma = adapter("comma", 1, STRENGTH);
        merge(merged, 2);
        Library library = new AdaptedLibrary(
                Library.of(toy, merged),
                List.of(
                        new Adapter("toy:east", Optional.of("toy"), east),
                        new Adapter("comma", Optional.of("toy"), comma)));
        served = new Served(PunaServer.Options.DEFAULT, library);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static Path toy(String name) throws IOException {
        var script =
                new ChainModel.Script(List.of("Puna", ", ", "öst", ".19"), false, Toys.CONTEXT, ChainModel.TEMPLATE);
        return ChainModel.write(folder.resolve(name), script);
    }

    private static Tensor tensor(long rows, long columns, long index, float value) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, rows, columns);
        tensor.data().setAtIndex(JAVA_FLOAT, index, value);
        return tensor;
    }

    private static long[] shape(Path model) {
        try (Safetensors file = Safetensors.open(model.resolve("model.safetensors"))) {
            Tensor output = file.tensor("lm_head.weight").orElseThrow();
            return new long[] {output.rows(), output.columns()};
        }
    }

    /** Makes that piece likelier after the token that begins an answer. */
    private static Path adapter(String name, int piece, float strength) throws IOException {
        long[] shape = shape(folder.resolve("toy"));
        Path peft = Files.createDirectories(folder.resolve(name));
        Files.writeString(
                peft.resolve("adapter_config.json"),
                "{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": 1, \"bias\": \"none\","
                        + " \"target_modules\": [\"lm_head\"]}");
        SafetensorsWriter.write(
                peft.resolve("adapter_model.safetensors"),
                Map.of(
                        "base_model.model.lm_head.lora_A.weight", tensor(1, shape[1], ChainModel.ASSISTANT, 1),
                        "base_model.model.lm_head.lora_B.weight", tensor(shape[0], 1, FIRST_PIECE + piece, strength)),
                Map.of());
        return peft;
    }

    /** What the adapter adds, in the weights themselves. */
    private static void merge(Path model, int piece) throws IOException {
        Path file = model.resolve("model.safetensors");
        Path merged = model.resolve("merged.safetensors");
        try (Safetensors weights = Safetensors.open(file)) {
            Map<String, Tensor> all = new LinkedHashMap<>(weights.tensors());
            Tensor output = all.get("lm_head.weight");
            Tensor sum = Tensor.allocate(Arena.ofAuto(), DType.F32, output.shape());
            float[] values = output.floats();
            values[(int) ((FIRST_PIECE + piece) * output.columns() + ChainModel.ASSISTANT)] += STRENGTH;
            for (int i = 0; i < values.length; i++) {
                sum.data().setAtIndex(JAVA_FLOAT, i, values[i]);
            }
            all.put("lm_head.weight", sum);
            SafetensorsWriter.write(merged, all, Map.of());
        }
        Files.move(merged, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private static String said(String api, String model) {
        Served.Said said = switch (api) {
            case "openai" ->
                served.post(
                        "/v1/chat/completions",
                        "{\"model\": \"" + model + "\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}");
            case "responses" ->
                served.post("/v1/responses", "{\"model\": \"" + model + "\", \"input\": \"x\", \"store\": false}");
            case "anthropic" ->
                served.post(
                        "/v1/messages",
                        "{\"model\": \"" + model
                                + "\", \"max_tokens\": 9, \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}");
            case "gemini" ->
                served.post(
                        "/v1beta/models/" + model + ":generateContent",
                        "{\"contents\": [{\"parts\": [{\"text\": \"x\"}]}]}");
            case "ollama" ->
                served.post(
                        "/api/chat",
                        "{\"model\": \"" + model
                                + "\", \"stream\": false, \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}");
            default -> throw new IllegalArgumentException(api);
        };
        if (said.status() != 200) {
            return said.status() + "";
        }
        JsonNode json = said.json();
        for (String path : List.of(
                "/choices/0/message/content",
                "/output/0/content/0/text",
                "/content/0/text",
                "/candidates/0/content/parts/0/text",
                "/message/content")) {
            if (json.at(path).isString()) {
                return json.at(path).stringValue();
            }
        }
        return said.body();
    }

    @ParameterizedTest
    @CsvSource({"openai", "responses", "anthropic", "gemini", "ollama"})
    void everyApiChoosesAnAdapterByItsId(String api) {
        assertThat(said(api, "toy")).isEqualTo("Puna, öst.19");
        assertThat(said(api, "toy:east")).isEqualTo("öst.19");
        assertThat(said(api, "comma")).isEqualTo(", öst.19");
        assertThat(said(api, "merged")).isEqualTo(said(api, "toy:east"));
        assertThat(said(api, "toy:west")).isEqualTo("404");
        assertThat(said(api, "east")).isEqualTo("404");
    }

    @Test
    void oneBatchMixesAdaptersAndNone() throws InterruptedException {
        List<String> models = List.of("toy", "toy:east", "comma");
        Map<Integer, String> texts = new ConcurrentHashMap<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            int index = i;
            threads.add(Thread.ofVirtual().start(() -> texts.put(index, said("openai", models.get(index % 3)))));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        for (int i = 0; i < 24; i++) {
            assertThat(texts.get(i))
                    .isEqualTo(List.of("Puna, öst.19", "öst.19", ", öst.19").get(i % 3));
        }
        assertThat(served.server.models().open().stream()
                        .map(open -> open.entry().id()))
                .contains("toy")
                .doesNotContain("toy:east", "comma"); // they have no weights of their own
    }

    private static JsonNode logprobs(String model) {
        return served.post(
                        "/v1/chat/completions",
                        "{\"model\": \"" + model
                                + "\", \"logprobs\": true, \"top_logprobs\": 8, \"messages\": [{\"role\": \"user\","
                                + " \"content\": \"x\"}]}")
                .json()
                .at("/choices/0/logprobs/content");
    }

    @Test
    void logitsAreThoseOfTheMergedModel() {
        JsonNode adapted = logprobs("toy:east");
        JsonNode merged = logprobs("merged");
        assertThat(adapted.size()).isEqualTo(merged.size()).isPositive();
        for (int i = 0; i < merged.size(); i++) {
            assertThat(adapted.get(i).get("token")).isEqualTo(merged.get(i).get("token"));
            assertThat(Math.abs(adapted.get(i).get("logprob").doubleValue()
                            - merged.get(i).get("logprob").doubleValue()))
                    .isLessThan(1e-4);
        }
        assertThat(logprobs("toy")).isNotEqualTo(merged);
    }

    @Test
    void everyListNamesThem() {
        assertThat(served.get("/v1/models").body()).contains("\"toy:east\"", "\"parent\":\"toy\"");
        assertThat(served.get("/v1/models/toy:east").json().get("object").stringValue())
                .isEqualTo("model");
        assertThat(served.get("/v1/models/toy:east", "anthropic-version", "2023-06-01")
                        .json()
                        .get("type")
                        .stringValue())
                .isEqualTo("model");
        assertThat(served.get("/v1beta/models/toy:east")
                        .json()
                        .get("baseModelId")
                        .stringValue())
                .isEqualTo("toy");
        assertThat(served.get("/api/tags").body()).contains("\"toy:east\"");
        JsonNode shown = served.post("/api/show", "{\"model\": \"toy:east\"}").json();
        assertThat(shown.at("/details/parent_model").stringValue()).isEqualTo("toy");
        assertThat(shown.get("modelfile").stringValue()).contains("ADAPTER toy:east");
    }

    @Test
    void embeddingsAreTheAdaptedModels() {
        String body = "\", \"input\": \"x\"}";
        assertThat(served.post("/v1/embeddings", "{\"model\": \"toy:east" + body)
                        .status())
                .isEqualTo(200);
        assertThat(Json.write(served.post("/v1/embeddings", "{\"model\": \"toy:east" + body)
                        .json()
                        .get("model")))
                .isEqualTo("\"toy:east\"");
    }

    @Test
    void anAdapterThatCannotBeServedIsRefusedAtTheStart() {
        Library two = Library.of(folder.resolve("toy"), folder.resolve("merged"));
        Path east = folder.resolve("east");
        assertThatThrownBy(() -> new AdaptedLibrary(two, List.of(new Adapter("a", Optional.empty(), east))))
                .hasMessageContaining("which of the 2 models");
        assertThatThrownBy(() -> new AdaptedLibrary(two, List.of(new Adapter("a", Optional.of("b"), east))))
                .hasMessageContaining("no model of this server");
        assertThatThrownBy(() -> new AdaptedLibrary(two, List.of(new Adapter("toy", Optional.of("toy"), east))))
                .hasMessageContaining("two models are called toy");
        assertThatThrownBy(() -> new AdaptedLibrary(
                        two, List.of(new Adapter("a/b", Optional.of("toy"), folder.resolve("east")))))
                .hasMessageContaining("cannot be the name");
        assertThatThrownBy(() ->
                        new AdaptedLibrary(two, List.of(new Adapter("a", Optional.of("toy"), folder.resolve("no")))))
                .hasMessageContaining("there is no adapter");
    }
}
