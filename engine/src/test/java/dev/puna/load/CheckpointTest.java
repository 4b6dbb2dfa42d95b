package dev.puna.load;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.file.BadFile;
import dev.puna.file.GgufWriter;
import dev.puna.file.Json;
import dev.puna.file.Metadata;
import dev.puna.file.SafetensorsWriter;
import dev.puna.kernel.Reach;
import dev.puna.model.Config;
import dev.puna.model.Rope;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import dev.puna.text.Tokenizers;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a folder or file must say, and what happens when it says something else. */
class CheckpointTest {
    private static final int WIDTH = 32;
    private static final int INNER = 64;
    private static final int VOCAB = 50;

    @TempDir
    Path folder;

    /** A sound configuration of one layer, whose values a test may change. */
    private static Map<String, Object> config() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("architectures", List.of("LlamaForCausalLM"));
        json.put("model_type", "llama");
        json.put("hidden_size", (long) WIDTH);
        json.put("intermediate_size", (long) INNER);
        json.put("num_hidden_layers", 1L);
        json.put("num_attention_heads", 4L);
        json.put("num_key_value_heads", 2L);
        json.put("vocab_size", (long) VOCAB);
        json.put("max_position_embeddings", 128L);
        json.put("rms_norm_eps", 1e-5);
        json.put("hidden_act", "silu");
        return json;
    }

    private static Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        put(tensors, "model.embed_tokens.weight", VOCAB, WIDTH);
        put(tensors, "model.norm.weight", WIDTH);
        put(tensors, "lm_head.weight", VOCAB, WIDTH);
        String layer = "model.layers.0.";
        put(tensors, layer + "input_layernorm.weight", WIDTH);
        put(tensors, layer + "post_attention_layernorm.weight", WIDTH);
        put(tensors, layer + "self_attn.q_proj.weight", WIDTH, WIDTH);
        put(tensors, layer + "self_attn.k_proj.weight", 16, WIDTH);
        put(tensors, layer + "self_attn.v_proj.weight", 16, WIDTH);
        put(tensors, layer + "self_attn.o_proj.weight", WIDTH, WIDTH);
        put(tensors, layer + "mlp.gate_proj.weight", INNER, WIDTH);
        put(tensors, layer + "mlp.up_proj.weight", INNER, WIDTH);
        put(tensors, layer + "mlp.down_proj.weight", WIDTH, INNER);
        return tensors;
    }

    private static void put(Map<String, Tensor> tensors, String name, long... shape) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, shape);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.data().setAtIndex(JAVA_FLOAT, i, 1);
        }
        tensors.put(name, tensor);
    }

    private Path write(Map<String, Object> config, Map<String, Tensor> tensors) {
        try {
            Files.writeString(folder.resolve("config.json"), Json.write(config));
            SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors, Map.of());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return folder;
    }

    private Config opened(Consumer<Map<String, Object>> change) {
        return opened(change, _ -> {});
    }

    private Config opened(Consumer<Map<String, Object>> change, Consumer<Map<String, Tensor>> changeTensors) {
        Map<String, Object> config = config();
        Map<String, Tensor> tensors = tensors();
        change.accept(config);
        changeTensors.accept(tensors);
        try (Checkpoint checkpoint = Checkpoint.open(write(config, tensors))) {
            return checkpoint.llama().config();
        }
    }

    @Test
    void aSoundFolderOpens() {
        Config config = opened(_ -> {});
        assertThat(config.vocab()).isEqualTo(VOCAB);
        assertThat(config.context()).isEqualTo(128);
        assertThat(config.tied()).isFalse();
        assertThat(config.parameters())
                .isEqualTo(
                        tensors().values().stream().mapToLong(Tensor::elements).sum());
        Config.Attention attention = config.blocks().getFirst().attention();
        assertThat(attention).isEqualTo(new Config.Attention(4, 2, 8, true, new Reach.All(), false, false, false));
    }

    @Test
    void theWeightsFileAloneIsEnoughBesideItsConfiguration() {
        write(config(), tensors());
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("model.safetensors"))) {
            assertThat(checkpoint.llama().config().vocab()).isEqualTo(VOCAB);
            assertThat(checkpoint.tokenizer()).isEmpty();
        }
    }

    /** Values as JSON, so that the table can hold objects. */
    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "hidden_act                 | \"gelu\"",
                "model_type                 | \"mixtral\"",
                "model_type                 | \"mllama\"",
                "model_type                 | \"gemma3\"",
                "num_local_experts          | 8",
                "vision_config              | {\"a\": 1}",
                "quantization_config        | {\"quant_method\": \"gptq\"}",
                "attention_multiplier       | 0.5",
                "logits_scaling             | 8",
                "final_logit_softcapping    | 30.0",
                "attn_logit_softcapping     | 50.0",
                "alibi                      | true",
                "use_qk_norm                | true",
                "no_rope_layers             | [1]",
                "attention_chunk_size       | 32",
                "rope_scaling               | {\"type\": \"dynamic\", \"factor\": 2.0}",
                "rope_scaling               | {\"rope_type\": \"longrope\", \"factor\": 2.0}",
                "rope_scaling               | {\"rope_type\": \"mrope\"}",
                "rope_parameters            | {\"rope_type\": \"proportional\"}"
            })
    void whatWeDoNotHaveIsRefusedByItsName(String name, String value) {
        assertThatThrownBy(() -> opened(json -> json.put(name, Json.parse(value, Path.of("test")))))
                .isInstanceOfSatisfying(
                        BadFile.class, bad -> assertThat(bad.isUnsupported()).isTrue())
                .hasMessageContaining("config.json")
                .satisfiesAnyOf(
                        e -> assertThat(e).hasMessageContaining(name),
                        e -> assertThat(e).hasMessageContaining(value),
                        e -> assertThat(e).hasMessageMatching(".*\"(dynamic|longrope|mrope|proportional)\".*"));
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "hidden_size             | null",
                "hidden_size             | 0",
                "hidden_size             | 30",
                "hidden_size             | \"32\"",
                "num_hidden_layers       | -1",
                "num_hidden_layers       | 4000000000",
                "num_key_value_heads     | 3",
                "rms_norm_eps            | 0",
                "rope_theta              | -1.0",
                "partial_rotary_factor   | 0.1",
                "tie_word_embeddings     | 1",
                "rope_scaling            | {\"type\": \"linear\"}",
                "rope_scaling            | {\"type\": \"llama3\", \"factor\": 8.0}"
            })
    void whatIsWrongIsToldByItsName(String name, String value) {
        assertThatThrownBy(() -> opened(json -> json.put(name, Json.parse(value, Path.of("test")))))
                .isInstanceOfSatisfying(
                        BadFile.class, bad -> assertThat(bad.isUnsupported()).isFalse())
                .hasMessageContaining("config.json");
    }

    @Test
    void aMissingTensorIsNamed() {
        assertThatThrownBy(() -> opened(_ -> {}, t -> t.remove("model.layers.0.mlp.up_proj.weight")))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("\"model.layers.0.mlp.up_proj.weight\" is missing");
        assertThatThrownBy(() -> opened(json -> json.put("attention_bias", true)))
                .hasMessageContaining("\"model.layers.0.self_attn.q_proj.bias\" is missing");
        assertThatThrownBy(() -> opened(_ -> {}, t -> t.remove("lm_head.weight")))
                .hasMessageContaining("\"lm_head.weight\" is missing");
    }

    @Test
    void aSuperfluousTensorIsNamedUnlessItIsHarmless() {
        assertThatThrownBy(() -> opened(_ -> {}, t -> put(t, "model.layers.0.self_attn.q_norm.weight", 8)))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("\"model.layers.0.self_attn.q_norm.weight\" has no place");
        assertThatThrownBy(() -> opened(_ -> {}, t -> put(t, "model.layers.1.input_layernorm.weight", WIDTH)))
                .hasMessageContaining("has no place in a 'llama' of 1 layers");
        assertThat(opened(_ -> {}, t -> put(t, "model.layers.0.self_attn.rotary_emb.inv_freq", 4)))
                .isNotNull();
    }

    @Test
    void aTensorOfAnotherShapeIsNamedWithBoth() {
        assertThatThrownBy(() -> opened(_ -> {}, t -> put(t, "model.layers.0.self_attn.k_proj.weight", 32, 16)))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("\"model.layers.0.self_attn.k_proj.weight\" should be [16, 32], not [32, 16]");
        assertThatThrownBy(() -> opened(json -> json.put("vocab_size", 51L)))
                .hasMessageContaining("\"model.embed_tokens.weight\" should be [51, 32], not [50, 32]");
    }

    @Test
    void oneMatrixAtBothEndsMayHaveEitherName() {
        assertThat(opened(json -> json.put("tie_word_embeddings", true), t -> t.remove("lm_head.weight"))
                        .tied())
                .isTrue();
        assertThat(opened(json -> json.put("tie_word_embeddings", true), t -> t.remove("model.embed_tokens.weight"))
                        .tied())
                .isTrue();
        assertThat(opened(json -> json.put("tie_word_embeddings", true)).tied()).isFalse();
    }

    @Test
    void oldAndNewSpellingsOfScalingAreTheSame() {
        Map<String, Object> scaling = Map.of(
                "factor",
                8.0,
                "low_freq_factor",
                1.0,
                "high_freq_factor",
                4.0,
                "original_max_position_embeddings",
                64L);
        Rope wanted = new Rope(500_000, 8, false, new Rope.Scaling.Llama3(8, 1, 4, 64));
        for (String field : List.of("rope_scaling", "rope_parameters")) {
            for (String type : List.of("type", "rope_type")) {
                for (boolean within : new boolean[] {false, true}) {
                    Config config = opened(json -> {
                        Map<String, Object> parameters = new LinkedHashMap<>(scaling);
                        parameters.put(type, "llama3");
                        (within ? parameters : json).put("rope_theta", 500_000.0);
                        json.put(field, parameters);
                    });
                    assertThat(config.rope()).isEqualTo(wanted);
                }
            }
        }
    }

    @Test
    void makersAdviceIsRead() throws IOException {
        Files.writeString(
                folder.resolve("generation_config.json"),
                "{\"do_sample\": true, \"temperature\": 0.6, \"top_p\": 0.9, \"eos_token_id\": [7, 9]}");
        Map<String, Object> config = config();
        config.put("eos_token_id", 2L);
        try (Checkpoint checkpoint = Checkpoint.open(write(config, tensors()))) {
            GenerationDefaults defaults = checkpoint.defaults();
            assertThat(defaults.sample()).isTrue();
            assertThat(defaults.temperature()).hasValue(0.6);
            assertThat(defaults.topP()).hasValue(0.9);
            assertThat(defaults.topK()).isEmpty();
            assertThat(defaults.endIds()).containsExactlyInAnyOrder(2, 7, 9);
        }
    }

    @Test
    void oddAdviceIsIgnoredAndTheRestIsRead() throws IOException {
        Files.writeString(
                folder.resolve("generation_config.json"),
                "{\"do_sample\": \"yes\", \"temperature\": [1], \"top_k\": -1, \"top_p\": 0.9, \"eos_token_id\": \"7\"}");
        try (Checkpoint checkpoint = Checkpoint.open(write(config(), tensors()))) {
            GenerationDefaults defaults = checkpoint.defaults();
            assertThat(defaults.sample()).isFalse();
            assertThat(defaults.temperature()).isEmpty();
            assertThat(defaults.topK()).hasValue(0);
            assertThat(defaults.topP()).hasValue(0.9);
            assertThat(defaults.endIds()).isEmpty();
        }
        Files.writeString(folder.resolve("generation_config.json"), "{");
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.defaults()).isEqualTo(GenerationDefaults.NONE);
        }
    }

    @Test
    void aGgufBesideAFolderIsNotItsTokenizer() throws IOException {
        Files.writeString(folder.resolve("other.gguf"), "GGUF, but not really");
        try (Checkpoint checkpoint = Checkpoint.open(write(config(), tensors()))) {
            assertThat(checkpoint.tokenizer()).isEmpty();
        }
        Path bare = Files.createDirectory(folder.resolve("bare"));
        GgufWriter.write(
                bare.resolve("model.gguf"),
                Metadata.builder().string("general.architecture", "llama").build(),
                Map.of());
        assertThat(Tokenizers.fromFolder(bare)).isEmpty();
    }

    @Test
    void olderScalingComesBeforeTheNewerOneUnlessItIsEmpty() {
        Map<String, Object> older = Map.of("type", "linear", "factor", 2.0);
        Map<String, Object> newer = Map.of("rope_type", "linear", "factor", 4.0, "rope_theta", 7.0);
        assertThat(opened(json -> {
                            json.put("rope_scaling", older);
                            json.put("rope_parameters", newer);
                        })
                        .rope())
                .isEqualTo(new Rope(10_000, 8, false, new Rope.Scaling.Linear(2)));
        assertThat(opened(json -> {
                            json.put("rope_scaling", Map.of());
                            json.put("rope_parameters", newer);
                        })
                        .rope())
                .isEqualTo(new Rope(7, 8, false, new Rope.Scaling.Linear(4)));
        assertThat(opened(json -> {
                            json.put("rope_theta", 9.0);
                            json.put("rope_parameters", Map.of());
                        })
                        .rope())
                .isEqualTo(new Rope(9, 8, false, new Rope.Scaling.None()));
    }

    @Test
    void parametersThatTheScalingDoesNotUseSayNothing() {
        assertThat(opened(json -> json.put("rope_scaling", Map.of("rope_type", "linear", "factor", 2.0, "twist", 1L)))
                        .rope()
                        .scaling())
                .isEqualTo(new Rope.Scaling.Linear(2));
        assertThat(opened(json -> json.put("rope_parameters", Map.of("rope_type", "default", "factor", 2.0)))
                        .rope()
                        .scaling())
                .isEqualTo(new Rope.Scaling.None());
    }

    @ParameterizedTest
    @CsvSource({
        "llama, LlamaForCausalLM, 2048, 1e-6",
        "mistral, MistralForCausalLM, 131072, 1e-6",
        "ministral, MinistralForCausalLM, 131072, 1e-6"
    })
    void whatAFileLeavesOutIsWhatItsKindHas(String type, String architecture, int context, float epsilon) {
        Config config = opened(json -> {
            json.put("model_type", type);
            json.put("architectures", List.of(architecture));
            List.of("max_position_embeddings", "rms_norm_eps", "hidden_act").forEach(json::remove);
        });
        assertThat(config.context()).isEqualTo(context);
        assertThat(config.normEpsilon()).isEqualTo(epsilon);
    }

    @Test
    void aMissingSizeIsTheOneOfTheKind() {
        assertThatThrownBy(() -> opened(json -> json.remove("vocab_size")))
                .hasMessageContaining("\"model.embed_tokens.weight\" should be [32000, 32], not [50, 32]");
    }

    @Test
    void aLlamaHasNoWindowWhateverItsFileSays() {
        for (Object window : List.of(16L, 0L)) {
            assertThat(reach(json -> json.put("sliding_window", window))).isEqualTo(new Reach.All());
        }
    }

    @Test
    void aWindowOfNothingIsRefusedWhereItIsUsed() {
        Consumer<Map<String, Object>> none = json -> {
            json.put("model_type", "mistral");
            json.put("architectures", List.of("MistralForCausalLM"));
            json.put("sliding_window", 0L);
        };
        assertThatThrownBy(() -> reach(none))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("\"sliding_window\" is 0");
        for (String full : List.of("full_attention", "attention")) {
            assertThat(reach(none.andThen(json -> json.put("layer_types", List.of(full)))))
                    .isEqualTo(new Reach.All());
        }
    }

    private Reach reach(Consumer<Map<String, Object>> change) {
        return opened(change).blocks().getFirst().attention().reach();
    }

    @Test
    void olderNamesMeanTheSame() {
        assertThat(opened(json -> {
                    json.put("hidden_act", "swish");
                    json.put("architectures", List.of("LLaMAForCausalLM"));
                }))
                .isEqualTo(opened(_ -> {}));
    }

    @Test
    void noFileAsksForMorePositionsThanThereCanBe() {
        assertThat(opened(json -> json.put("max_position_embeddings", 2_000_000_000L))
                        .context())
                .isEqualTo(1 << 24);
    }

    @Test
    void theTypeOfATensorThatNobodyNeedsDoesNotMatter() throws IOException {
        Map<String, Tensor> tensors = tensors();
        String mask = "model.layers.0.self_attn.masked_bias";
        tensors.put(mask, Tensor.allocate(Arena.ofAuto(), DType.I8, 4));
        Path weights = write(config(), tensors).resolve("model.safetensors");
        String text = Files.readString(weights, StandardCharsets.ISO_8859_1);
        Files.writeString(weights, text.replace("\"I8\"", "\"U8\""), StandardCharsets.ISO_8859_1);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.llama().config().vocab()).isEqualTo(VOCAB);
        }
        String needed = "model.norm.weight";
        tensors.remove(mask);
        tensors.put(needed, Tensor.allocate(Arena.ofAuto(), DType.I8, WIDTH));
        text = Files.readString(write(config(), tensors).resolve("model.safetensors"), StandardCharsets.ISO_8859_1);
        Files.writeString(weights, text.replace("\"I8\"", "\"U8\""), StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("\"" + needed + "\" has type U8");
    }

    @Test
    void theWholeFileComesBeforeAnIndexBesideIt() throws IOException {
        write(config(), tensors());
        Files.writeString(
                folder.resolve("model.safetensors.index.json"), "{\"weight_map\": {\"a\": \"gone.safetensors\"}}");
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.llama().config().vocab()).isEqualTo(VOCAB);
        }
    }

    @Test
    void aFolderWithoutAModelSaysWhatItLacks() throws IOException {
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("config.json: missing");
        Files.writeString(folder.resolve("config.json"), Json.write(config()));
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("model.safetensors");
    }
}
