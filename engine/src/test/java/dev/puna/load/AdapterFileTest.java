package dev.puna.load;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.SharedData;
import dev.puna.file.BadFile;
import dev.puna.file.GgufWriter;
import dev.puna.file.Json;
import dev.puna.file.Metadata;
import dev.puna.file.Safetensors;
import dev.puna.file.SafetensorsWriter;
import dev.puna.kernel.Span;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.model.Adapter;
import dev.puna.model.Batch;
import dev.puna.model.Config;
import dev.puna.model.KvCache;
import dev.puna.model.Llama;
import dev.puna.model.TinyLlama;
import dev.puna.model.Workspace;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterFileTest {
    private static final int[] IDS = {1, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 170};
    private static final int RANK = 5;
    private static final double ALPHA = 12;

    @TempDir
    Path folder;

    private final SplittableRandom random = new SplittableRandom(4);

    /** Products for every map of the toy "llama3", by the names of Hugging Face. */
    private Map<String, Tensor> products(Map<String, Tensor> weights) {
        Map<String, Tensor> products = new LinkedHashMap<>();
        weights.forEach((name, weight) -> {
            if (name.endsWith("_proj.weight") || name.equals("lm_head.weight")) {
                String module = name.substring(0, name.length() - ".weight".length());
                products.put(module + ".lora_A", random(RANK, weight.columns()));
                products.put(module + ".lora_B", random(weight.rows(), RANK));
            }
        });
        return products;
    }

    private Tensor random(long rows, long columns) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, rows, columns);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.data().setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian(0, 0.05));
        }
        return tensor;
    }

    @ParameterizedTest
    @MethodSource("dev.puna.kernel.AvailableTiers#names")
    void everyKindOnEveryFileGivesTheLogitsOfTheMergedModel(String tier) throws IOException {
        Path golden = SharedData.require("golden/llama3");
        Path merged = folder.resolve("merged");
        Files.createDirectory(merged);
        Files.copy(golden.resolve("config.json"), merged.resolve("config.json"));
        Path gguf = folder.resolve("adapter.gguf");
        Path peft;
        try (var file = Safetensors.open(golden.resolve("model.safetensors"))) {
            Map<String, Tensor> products = products(file.tensors());
            peft = peft(products, _ -> {});
            SafetensorsWriter.write(merged.resolve("model.safetensors"), merge(file.tensors(), products), Map.of());
            GgufWriter.write(gguf, ggufMetadata(), ggufNames(products));
        }
        float[] expected = logits(tier, merged, null);
        assertThat(distance(expected, logits(tier, golden, null))).isGreaterThan(0.05);
        for (Path base : List.of(golden, golden.resolve("llama3.gguf"))) {
            for (Path adapter : List.of(peft, gguf)) {
                assertThat(distance(expected, logits(tier, base, adapter)))
                        .as(adapter.getFileName() + " on " + base.getFileName())
                        .isLessThan(2e-3);
            }
        }
    }

    private static float[] logits(String tier, Path model, Path adapter) {
        try (var checkpoint = Checkpoint.open(model);
                var workers = new Workers(1);
                var work = new Workspace()) {
            Llama llama = checkpoint.llama();
            var opened = Optional.ofNullable(adapter).map(path -> AdapterFile.open(path, llama.config()));
            var kernels = Tiers.choose(Optional.of(tier)).kernels(workers);
            try (var cache = new KvCache(llama.config(), DType.F32, 1, 32)) {
                var span = new Span(new int[] {0}, 0, IDS.length, Span.Outputs.EVERY);
                return llama.forward(
                                kernels,
                                new Batch(IDS, List.of(span), List.of(opened.map(AdapterFile::adapter))),
                                cache,
                                work)
                        .floats();
            } finally {
                opened.ifPresent(AdapterFile::close);
            }
        }
    }

    /** The largest difference as a share of the largest logit. */
    private static double distance(float[] a, float[] b) {
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i]));
            difference = Math.max(difference, Math.abs(a[i] - b[i]));
        }
        return difference / largest;
    }

    private static Map<String, Tensor> merge(Map<String, Tensor> weights, Map<String, Tensor> products) {
        Map<String, Tensor> merged = new LinkedHashMap<>();
        weights.forEach((name, weight) -> {
            String module = name.replace(".weight", "");
            Tensor a = products.get(module + ".lora_A");
            Tensor b = products.get(module + ".lora_B");
            if (a == null) {
                merged.put(name, weight);
                return;
            }
            float[] sum = weight.floats();
            float[] as = a.floats();
            float[] bs = b.floats();
            int columns = (int) weight.columns();
            for (int row = 0; row < weight.rows(); row++) {
                for (int column = 0; column < columns; column++) {
                    double added = 0;
                    for (int r = 0; r < RANK; r++) {
                        added += bs[row * RANK + r] * as[r * columns + column];
                    }
                    sum[row * columns + column] += (float) (ALPHA / RANK * added);
                }
            }
            Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, weight.shape());
            for (int i = 0; i < sum.length; i++) {
                tensor.data().setAtIndex(JAVA_FLOAT, i, sum[i]);
            }
            merged.put(name, tensor);
        });
        return merged;
    }

    private Path peft(Map<String, Tensor> products, Consumer<Map<String, Object>> change) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("peft_type", "LORA");
        config.put("r", (long) RANK);
        config.put("lora_alpha", ALPHA);
        config.put("bias", "none");
        config.put("target_modules", List.of("q_proj"));
        config.put("init_lora_weights", true);
        change.accept(config);
        Map<String, Tensor> named = new LinkedHashMap<>();
        products.forEach((name, tensor) -> named.put("base_model.model." + name + ".weight", tensor));
        Path peft = folder.resolve("peft");
        try {
            Files.createDirectories(peft);
            Files.writeString(peft.resolve("adapter_config.json"), Json.write(config));
            SafetensorsWriter.write(peft.resolve("adapter_model.safetensors"), named, Map.of());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return peft;
    }

    private static Metadata ggufMetadata() {
        return Metadata.builder()
                .string("general.architecture", "llama")
                .string("general.type", "adapter")
                .string("adapter.type", "lora")
                .f32("adapter.lora.alpha", (float) ALPHA)
                .build();
    }

    /** The same products under GGUF's names, the rows of queries and keys with the pairs as neighbours. */
    private static Map<String, Tensor> ggufNames(Map<String, Tensor> products) {
        Map<String, String> names = Map.of(
                "self_attn.q_proj", "attn_q",
                "self_attn.k_proj", "attn_k",
                "self_attn.v_proj", "attn_v",
                "self_attn.o_proj", "attn_output",
                "mlp.gate_proj", "ffn_gate",
                "mlp.up_proj", "ffn_up",
                "mlp.down_proj", "ffn_down");
        Map<String, Tensor> result = new LinkedHashMap<>();
        products.forEach((name, tensor) -> {
            String own = name.replace("model.layers.", "blk.").replace("lm_head", "output");
            for (var entry : names.entrySet()) {
                own = own.replace(entry.getKey(), entry.getValue());
            }
            boolean turned = name.endsWith("q_proj.lora_B") || name.endsWith("k_proj.lora_B");
            own = own.replace(".lora_A", ".weight.lora_a").replace(".lora_B", ".weight.lora_b");
            result.put(own, turned ? neighbours(tensor) : tensor);
        });
        return result;
    }

    private static Tensor neighbours(Tensor b) {
        Tensor result = Tensor.allocate(Arena.ofAuto(), b.type(), b.shape());
        int head = 8;
        for (int row = 0; row < b.rows(); row += head) {
            for (int pair = 0; pair < head / 2; pair++) {
                for (int side = 0; side < 2; side++) {
                    result.data()
                            .asSlice((row + 2 * pair + side) * b.rowBytes(), b.rowBytes())
                            .copyFrom(b.data().asSlice((row + pair + side * head / 2) * b.rowBytes(), b.rowBytes()));
                }
            }
        }
        return result;
    }

    // ---- what is refused; a model of TinyLlama's shape

    private static final Config CONFIG = TinyLlama.config(2);

    private Map<String, Tensor> sound() {
        Map<String, Tensor> products = new LinkedHashMap<>();
        products.put("model.layers.1.self_attn.v_proj.lora_A", random(RANK, 64));
        products.put("model.layers.1.self_attn.v_proj.lora_B", random(32, RANK));
        return products;
    }

    @Test
    void aSoundAdapterOpens() {
        try (var file = AdapterFile.open(peft(sound(), _ -> {}), CONFIG)) {
            Adapter adapter = file.adapter();
            assertThat(adapter.name()).isEqualTo("peft");
            assertThat(adapter.fits(CONFIG)).isTrue();
            assertThat(adapter.fits(TinyLlama.config(3))).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "use_dora: true",
                "fan_in_fan_out: true",
                "modules_to_save: [\"lm_head\"]",
                "bias: \"all\"",
                "peft_type: \"IA3\"",
                "init_lora_weights: \"pissa\"",
                "layer_replication: [[0, 1]]",
                "rank_pattern: {\"(a+)+$\": 4}",
                "r: 6",
                "r: 0",
                "r: \"many\"",
                "lora_alpha: null",
                "lora_alpha: 1e40",
                "rank_pattern: {\"v_proj\": 4}"
            })
    void aConfigurationThatIsNotKnownIsRefusedByName(String field) {
        String name = field.substring(0, field.indexOf(':'));
        Object value =
                json("{\"x\":" + field.substring(name.length() + 1) + "}").get("x");
        Path peft = peft(sound(), config -> config.put(name, value));
        assertThatThrownBy(() -> AdapterFile.open(peft, CONFIG))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining(
                        field.equals("lora_alpha: 1e40")
                                ? "Infinity times"
                                : name.equals("rank_pattern") && field.contains("v_proj") ? "\"r\" is 4" : name);
    }

    private Map<?, ?> json(String text) {
        Path file = folder.resolve("x.json");
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return (Map<?, ?>) Json.parse(file);
    }

    @Test
    void strengthsMayDifferByModule() {
        Path peft = peft(sound(), config -> {
            config.put("r", 7L);
            config.put("rank_pattern", Map.of("1.self_attn.v_proj", (long) RANK));
            config.put("alpha_pattern", Map.of("v_proj", 3L));
            config.put("use_rslora", true);
        });
        AdapterFile.open(peft, CONFIG).close();
    }

    @Test
    void matricesThatDoNotFitAreRefused() {
        refused("one matrix is missing", products -> products.remove("model.layers.1.self_attn.v_proj.lora_B"));
        refused(
                "the model's has 32 rows and 64 columns",
                products -> products.put("model.layers.1.self_attn.v_proj.lora_A", random(RANK, 63)));
        refused(
                "the model's has 32 rows and 64 columns",
                products -> products.put("model.layers.1.self_attn.v_proj.lora_B", random(32, RANK + 1)));
        refused("has no place", products -> {
            products.put("model.layers.2.self_attn.v_proj.lora_A", random(RANK, 64));
            products.put("model.layers.2.self_attn.v_proj.lora_B", random(32, RANK));
        });
        refused("no part of a LoRA", products -> products.put("model.embed_tokens.lora_embedding_A", random(5, 320)));
        refused(
                "is no matrix",
                products -> products.put(
                        "model.layers.1.self_attn.v_proj.lora_A", Tensor.allocate(Arena.ofAuto(), DType.F32, 5, 8, 8)));
        refused(
                "which weights cannot be",
                products -> products.put(
                        "model.layers.1.self_attn.v_proj.lora_A",
                        Tensor.allocate(Arena.ofAuto(), DType.I32, RANK, 64)));
    }

    private void refused(String why, Consumer<Map<String, Tensor>> change) {
        Map<String, Tensor> products = sound();
        change.accept(products);
        Path peft = peft(products, _ -> {});
        assertThatThrownBy(() -> AdapterFile.open(peft, CONFIG))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining(why);
    }

    @Test
    void aModelIsNoAdapterAndDamageIsFound() throws IOException {
        Path file = folder.resolve("a.gguf");
        GgufWriter.write(
                file, Metadata.builder().string("general.architecture", "llama").build(), sound());
        assertThatThrownBy(() -> AdapterFile.open(file, CONFIG)).hasMessageContaining("no adapter: \"general.type\"");
        GgufWriter.write(file, ggufMetadata(), sound());
        assertThatThrownBy(() -> AdapterFile.open(file, CONFIG)).hasMessageContaining("has no place");
        Path peft = peft(sound(), _ -> {});
        Path weights = peft.resolve("adapter_model.safetensors");
        byte[] whole = Files.readAllBytes(weights);
        Files.write(weights, Arrays.copyOf(whole, whole.length - 10));
        assertThatThrownBy(() -> AdapterFile.open(peft, CONFIG)).isInstanceOf(BadFile.class);
        Files.delete(weights);
        Files.writeString(peft.resolve("adapter_model.bin"), "pickle");
        assertThatThrownBy(() -> AdapterFile.open(peft, CONFIG)).hasMessageContaining("save it as safetensors");
        Files.delete(peft.resolve("adapter_config.json"));
        Files.write(weights, whole);
        assertThatThrownBy(() -> AdapterFile.open(peft, CONFIG)).hasMessageContaining("missing");
    }
}
