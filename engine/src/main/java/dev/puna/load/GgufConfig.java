package dev.puna.load;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.puna.file.BadFile;
import dev.puna.file.Gguf;
import dev.puna.file.Json;
import dev.puna.file.Metadata;
import dev.puna.kernel.Reach;
import dev.puna.model.Config;
import dev.puna.model.Config.Attention;
import dev.puna.model.Config.Block;
import dev.puna.model.Config.Ffn;
import dev.puna.model.Rope;
import dev.puna.model.Rope.Scaling;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * A GGUF file's metadata as a configuration. Biases are not among the metadata: a layer has those that the file has
 * tensors for.
 */
final class GgufConfig {

    /** The architectures of this family, and whether their pairs of rotated numbers are neighbours. */
    static final Map<String, Boolean> INTERLEAVED =
            Map.of("llama", true, "smollm3", true, "qwen2", false, "qwen3", false, "phi3", false);

    /** Every fourth layer of a SmolLM3 has no positions; its files do not say so. */
    private static final int SMOLLM3_STEP = 4;

    /** Keys that change the arithmetic unless absent, 0 or false. */
    private static final List<String> FOREIGN = List.of(
            "attn_logit_softcapping",
            "final_logit_softcapping",
            "logit_scale",
            "residual_scale",
            "embedding_scale",
            "attention.scale",
            "attention.output_scale",
            "attention.temperature_scale",
            "attention.max_alibi_bias",
            "attention.clamp_kqv",
            "attention.kv_lora_rank",
            "attention.q_lora_rank",
            "attention.shared_kv_layers",
            "attention.sliding_window_pattern",
            "use_parallel_residual",
            "rope.dimension_sections",
            "rope.scaling.yarn_log_multiplier");

    private final Gguf file;
    private final Metadata metadata;
    private final Map<String, Tensor> tensors;
    private final String architecture;

    private GgufConfig(Gguf file) {
        this.file = file;
        this.metadata = file.metadata();
        this.tensors = file.tensors();
        this.architecture = metadata.string("general.architecture")
                .orElseThrow(() -> bad("the key \"general.architecture\" is missing"));
    }

    static Config of(Gguf file) {
        return new GgufConfig(file).config();
    }

    private Config config() {
        if (!INTERLEAVED.containsKey(architecture)) {
            throw unsupported(
                    "general.architecture",
                    "the architecture %s is not supported; %s are"
                            .formatted(
                                    Json.write(architecture),
                                    String.join(
                                            ", ",
                                            INTERLEAVED.keySet().stream()
                                                    .sorted()
                                                    .toList())));
        }
        refuseForeign();
        int layers = size("block_count");
        if (layers > HfConfig.MOST_LAYERS) {
            throw bad(
                    key("block_count"), "%d layers; at most %d are supported".formatted(layers, HfConfig.MOST_LAYERS));
        }
        int width = size("embedding_length");
        int[] heads = perLayer("attention.head_count", layers, -1);
        int[] kvHeads = perLayer("attention.head_count_kv", layers, 0);
        int[] inner = perLayer("feed_forward_length", layers, -1);
        int headSize = headSize(width, heads[0]);
        OptionalLong window = metadata.u32(key("attention.sliding_window"));
        Reach reach = window.orElse(0) > 0
                ? new Reach.Window((int) Math.min(window.getAsLong(), Integer.MAX_VALUE))
                : new Reach.All();
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            int shared = kvHeads[i] == 0 ? heads[i] : kvHeads[i];
            if (heads[i] % shared != 0) {
                throw bad(key("attention.head_count"), "%d heads cannot share %d".formatted(heads[i], shared));
            }
            var attention = new Attention(
                    heads[i],
                    shared,
                    headSize,
                    !(architecture.equals("smollm3") && (i + 1) % SMOLLM3_STEP == 0),
                    reach,
                    has(i, Names.GGUF.qNorm() + ".weight"),
                    has(i, Names.GGUF.q() + ".bias") || has(i, Names.GGUF.qkv() + ".bias"),
                    has(i, Names.GGUF.o() + ".bias"));
            blocks.add(new Block(attention, new Ffn.Dense(inner[i], has(i, Names.GGUF.down() + ".bias"))));
        }
        return new Config(
                architecture,
                vocab(),
                width,
                Math.min(size("context_length"), HfConfig.MOST_POSITIONS),
                (float) metadata.f64(key("attention.layer_norm_rms_epsilon"))
                        .orElseThrow(() -> bad("the key %s is missing"
                                .formatted(Json.write(key("attention.layer_norm_rms_epsilon"))))),
                !tensors.containsKey(Names.GGUF.output() + ".weight"),
                rope(headSize),
                blocks);
    }

    private void refuseForeign() {
        if (metadata.u32(key("expert_count")).orElse(0) > 0) {
            throw unsupported(
                    key("expert_count"),
                    "a mixture of experts (architecture \"%s\") is not supported yet".formatted(architecture));
        }
        for (String name : FOREIGN) {
            metadata.value(key(name)).ifPresent(value -> {
                boolean neutral = switch (value.value()) {
                    case Number number -> number.doubleValue() == 0;
                    case Boolean flag -> !flag;
                    default -> false;
                };
                if (!neutral) {
                    throw unsupported(
                            key(name), "the key %s is set, which is not supported".formatted(Json.write(key(name))));
                }
            });
        }
        if (!metadata.bool(key("attention.causal")).orElse(true)) {
            throw unsupported(key("attention.causal"), "attention that is not causal is not supported");
        }
        for (String name : List.of("rope_factors_long.weight", "rope_factors_short.weight")) {
            if (tensors.containsKey(name)) {
                throw unsupported("tensor \"%s\": the RoPE scaling \"longrope\" is not supported".formatted(name));
            }
        }
    }

    private int headSize(int width, int heads) {
        OptionalLong key = metadata.u32(key("attention.key_length"));
        OptionalLong value = metadata.u32(key("attention.value_length"));
        if (key.isEmpty() && width % heads != 0) {
            throw bad(key("embedding_length"), "a width of %d cannot be shared by %d heads".formatted(width, heads));
        }
        int size = key.isPresent() ? size("attention.key_length") : width / heads;
        if (value.orElse(size) != size) {
            throw unsupported(
                    key("attention.value_length"),
                    "keys of %d numbers with values of %d are not supported".formatted(size, value.getAsLong()));
        }
        if ((long) size * heads > Integer.MAX_VALUE) {
            throw bad(key("attention.key_length"), "%d heads of %d numbers are too many".formatted(heads, size));
        }
        return size;
    }

    private int vocab() {
        Tensor embedding = tensors.get(Names.GGUF.embedding() + ".weight");
        if (embedding == null || embedding.shape().length != 2) {
            throw bad(
                    embedding == null
                            ? "tensor \"token_embd.weight\" is missing"
                            : "tensor \"token_embd.weight\" is not a matrix");
        }
        if (embedding.rows() > Integer.MAX_VALUE) {
            throw bad("tensor \"token_embd.weight\" has " + embedding.rows() + " rows");
        }
        return (int) embedding.rows();
    }

    private Rope rope(int headSize) {
        double theta = metadata.f64(key("rope.freq_base")).orElse(10_000);
        long dimensions = metadata.u32(key("rope.dimension_count")).orElse(headSize);
        if (!(theta > 0)) {
            throw bad(key("rope.freq_base"), "a RoPE base of " + theta);
        }
        if (dimensions < 2 || dimensions % 2 != 0 || dimensions > headSize) {
            throw bad(
                    key("rope.dimension_count"),
                    "rotary positions cannot turn %d of a head of %d numbers".formatted(dimensions, headSize));
        }
        return new Rope(theta, (int) dimensions, Objects.requireNonNull(INTERLEAVED.get(architecture)), scaling((int)
                dimensions));
    }

    private Scaling scaling(int dimensions) {
        Tensor divisors = tensors.get("rope_freqs.weight");
        OptionalDouble factor = metadata.f64(key("rope.scaling.factor"));
        if (factor.isEmpty()) {
            factor = metadata.f64(key("rope.scale_linear"));
        }
        double by = factor.orElse(1) == 0 ? 1 : factor.orElse(1);
        String type = metadata.string(key("rope.scaling.type")).orElse(by == 1 ? "none" : "linear");
        Scaling scaling = switch (type) {
            case "none" -> new Scaling.None();
            case "linear" -> by == 1 ? new Scaling.None() : new Scaling.Linear(by);
            case "yarn" -> yarn(by);
            default ->
                throw unsupported(
                        key("rope.scaling.type"),
                        "the RoPE scaling %s is not supported; none, linear, yarn are".formatted(Json.write(type)));
        };
        if (divisors == null) {
            return scaling;
        }
        if (!(scaling instanceof Scaling.None)) {
            throw unsupported(
                    key("rope.scaling.type"),
                    "the RoPE scaling \"%s\" together with a tensor \"rope_freqs.weight\" is not supported"
                            .formatted(type));
        }
        return divisors(divisors, dimensions);
    }

    private Scaling yarn(double factor) {
        int original = metadata.has(key("rope.scaling.original_context_length"))
                ? size("rope.scaling.original_context_length")
                : size("context_length");
        double extrapolation = metadata.f64(key("rope.scaling.yarn_ext_factor")).orElse(1);
        if (extrapolation != 1) {
            throw unsupported(key("rope.scaling.yarn_ext_factor"), "is " + extrapolation + ", which is not supported");
        }
        double strength = metadata.f64(key("rope.scaling.attn_factor")).orElse(1)
                * metadata.f64(key("rope.scaling.yarn_attn_factor")).orElse(1);
        return new Scaling.Yarn(
                factor,
                original,
                metadata.f64(key("rope.scaling.yarn_beta_fast")).orElse(32),
                metadata.f64(key("rope.scaling.yarn_beta_slow")).orElse(1),
                strength * Rotary.amplitude(factor, 1),
                true);
    }

    private Scaling divisors(Tensor tensor, int dimensions) {
        if (tensor.type() != DType.F32 || tensor.elements() != dimensions / 2) {
            throw bad("tensor \"rope_freqs.weight\" should be %d numbers of F32, not %d of %s"
                    .formatted(dimensions / 2, tensor.elements(), tensor.type()));
        }
        float[] divisors = new float[dimensions / 2];
        for (int i = 0; i < divisors.length; i++) {
            divisors[i] = tensor.data().get(JAVA_FLOAT_UNALIGNED, 4L * i);
            if (!(divisors[i] > 0) || Float.isInfinite(divisors[i])) {
                throw bad("tensor \"rope_freqs.weight\" holds " + divisors[i]);
            }
        }
        return new Scaling.Divisors(divisors);
    }

    private boolean has(int layer, String name) {
        return tensors.containsKey(Names.GGUF.inLayer(layer, name));
    }

    private String key(String name) {
        return architecture + "." + name;
    }

    /** A count that must be there, at least 1 and an int. */
    private int size(String name) {
        long size = metadata.u32(key(name)).orElseThrow(() -> bad("the key " + Json.write(key(name)) + " is missing"));
        return checkedSize(name, size);
    }

    private int checkedSize(String name, long size) {
        if (size < 1 || size > Integer.MAX_VALUE) {
            throw bad(key(name), "the key %s is %d".formatted(Json.write(key(name)), size));
        }
        return (int) size;
    }

    /** One count for all layers, or one for each. */
    private int[] perLayer(String name, int layers, int ifAbsent) {
        int[] counts = new int[layers];
        var value = metadata.value(key(name));
        if (value.isPresent() && value.get().kind() == Metadata.Kind.ARRAY) {
            long[] array = metadata.ints(key(name)).orElseThrow();
            if (array.length < layers) {
                throw bad(key(name), "%d values for %d layers".formatted(array.length, layers));
            }
            for (int i = 0; i < layers; i++) {
                counts[i] = checkedSize(name, array[i]);
            }
        } else {
            Arrays.fill(counts, value.isEmpty() && ifAbsent >= 0 ? ifAbsent : size(name));
        }
        return counts;
    }

    /** What Puna lacks for this file, which is sound. */
    private BadFile unsupported(String what) {
        return BadFile.unsupported(file.path(), -1, what);
    }

    private BadFile unsupported(String key, String what) {
        return BadFile.unsupported(
                file.path(), metadata.value(key).map(Metadata.Value::offset).orElse(-1L), what);
    }

    private BadFile bad(String what) {
        return new BadFile(file.path(), -1, what);
    }

    /** A fault where a key stands. */
    private BadFile bad(String key, String what) {
        return new BadFile(
                file.path(), metadata.value(key).map(Metadata.Value::offset).orElse(-1L), what);
    }
}
