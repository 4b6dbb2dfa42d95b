package dev.puna.load;

import dev.puna.file.Json;
import dev.puna.kernel.Reach;
import dev.puna.model.Config;
import dev.puna.model.Config.Attention;
import dev.puna.model.Config.Block;
import dev.puna.model.Config.Ffn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A Hugging Face {@code config.json} as a configuration. What such a file leaves out means what transformers takes it to
 * mean; what it says that would change the arithmetic and that we do not have is refused by its name.
 */
final class HfConfig {

    /**
     * The kinds of model that are this family.
     *
     * @param architecture the class that such files name
     * @param sizes those of a file that does not give them
     * @param kvHeads heads of keys where the file says nothing; 0 for as many as query heads
     * @param headSize likewise; 0 for what the width gives each head
     * @param window likewise
     */
    enum Kind {
        LLAMA(
                "llama",
                "LlamaForCausalLM",
                new Sizes(32_000, 4096, 11_008, 32, 32, 2048),
                0,
                0,
                10_000,
                1e-6,
                false,
                OptionalInt.empty()),
        MISTRAL(
                "mistral",
                "MistralForCausalLM",
                new Sizes(32_000, 4096, 14_336, 32, 32, 131_072),
                8,
                0,
                10_000,
                1e-6,
                false,
                OptionalInt.of(4096)),
        MINISTRAL(
                "ministral",
                "MinistralForCausalLM",
                new Sizes(32_000, 4096, 14_336, 32, 32, 131_072),
                8,
                0,
                10_000,
                1e-6,
                false,
                OptionalInt.of(4096)),
        QWEN2(
                "qwen2",
                "Qwen2ForCausalLM",
                new Sizes(151_936, 4096, 22_016, 32, 32, 32_768),
                32,
                0,
                10_000,
                1e-6,
                false,
                OptionalInt.of(4096)),
        QWEN3(
                "qwen3",
                "Qwen3ForCausalLM",
                new Sizes(151_936, 4096, 22_016, 32, 32, 32_768),
                32,
                128,
                10_000,
                1e-6,
                false,
                OptionalInt.of(4096)),
        SMOLLM3(
                "smollm3",
                "SmolLM3ForCausalLM",
                new Sizes(128_256, 2048, 11_008, 36, 16, 32_768),
                4,
                0,
                2_000_000,
                1e-6,
                true,
                OptionalInt.empty()),
        PHI3(
                "phi3",
                "Phi3ForCausalLM",
                new Sizes(32_064, 3072, 8192, 32, 32, 4096),
                0,
                0,
                10_000,
                1e-5,
                false,
                OptionalInt.empty());

        final String type;
        final String architecture;
        final Sizes sizes;
        final int kvHeads;
        final int headSize;
        final double theta;
        final double epsilon;
        final boolean tied;
        final OptionalInt window;

        Kind(
                String type,
                String architecture,
                Sizes sizes,
                int kvHeads,
                int headSize,
                double theta,
                double epsilon,
                boolean tied,
                OptionalInt window) {
            this.type = type;
            this.architecture = architecture;
            this.sizes = sizes;
            this.kvHeads = kvHeads;
            this.headSize = headSize;
            this.theta = theta;
            this.epsilon = epsilon;
            this.tied = tied;
            this.window = window;
        }

        /** Whether sliding windows need {@code use_sliding_window} as well. */
        boolean asksForWindow() {
            return this == QWEN2 || this == QWEN3 || this == SMOLLM3;
        }

        /** Whether a file may give each layer its own reach. */
        boolean hasLayerTypes() {
            return asksForWindow() || this == MINISTRAL || this == MISTRAL;
        }
    }

    /** What the sizes of a model are unless its file says otherwise. */
    private record Sizes(int vocab, int width, int inner, int layers, int heads, int context) {}

    /** Most positions of a context. A file may claim more, but caches are made for no more than this. */
    static final int MOST_POSITIONS = 1 << 24;

    /** Older names of what transformers now calls otherwise. */
    private static final Map<String, String> RENAMED =
            Map.of("swish", "silu", "LLaMAForCausalLM", "LlamaForCausalLM", "attention", "full_attention");

    /** Most layers that a file may ask for. */
    static final int MOST_LAYERS = 10_000;

    /** What changes the arithmetic unless it has this value, or is absent. */
    private static final Map<String, Object> NEUTRAL = Map.ofEntries(
            Map.entry("attention_multiplier", 1L),
            Map.entry("residual_multiplier", 1L),
            Map.entry("embedding_multiplier", 1L),
            Map.entry("logits_scaling", 1L),
            Map.entry("logit_scale", 1L),
            Map.entry("scale_emb", 1L),
            Map.entry("scale_depth", 1L),
            Map.entry("alibi", false),
            Map.entry("use_alibi", false),
            Map.entry("parallel_attn", false),
            Map.entry("use_parallel_residual", false),
            Map.entry("use_qk_norm", false),
            Map.entry("attn_temperature_tuning", false),
            Map.entry("is_encoder_decoder", false),
            Map.entry("use_bidirectional_attention", false));

    /** What changes the arithmetic whatever its value, unless it is absent, null or 0. */
    private static final List<String> FOREIGN = List.of(
            "vision_config",
            "audio_config",
            "text_config",
            "quantization_config",
            "compression_config",
            "num_local_experts",
            "num_experts",
            "n_routed_experts",
            "num_experts_per_tok",
            "attn_logit_softcapping",
            "final_logit_softcapping",
            "logit_softcapping",
            "query_pre_attn_scalar",
            "attention_chunk_size",
            "alibi_bias_max",
            "clip_qkv",
            "kv_lora_rank",
            "q_lora_rank",
            "num_kv_shared_layers",
            "cross_attention_layers",
            "add_cross_attention");

    private final Fields json;
    private final Kind kind;

    private HfConfig(Fields json) {
        this.json = json;
        this.kind = kind(json);
    }

    /**
     * The configuration that a file describes.
     *
     * @param bothEnds whether the tensors hold an embedding and an output matrix, which are then used as they are, whether
     *     or not the file calls them tied
     */
    static Config of(Fields json, boolean bothEnds) {
        return new HfConfig(json).config(bothEnds);
    }

    /** Which member of the family a file describes. */
    static Kind kind(Fields json) {
        List<?> architectures = json.list("architectures").orElse(List.of()).stream()
                .map(HfConfig::renamed)
                .toList();
        Optional<String> type = json.text("model_type");
        Kind kind = Arrays.stream(Kind.values())
                .filter(k -> type.map(k.type::equals).orElseGet(() -> architectures.contains(k.architecture)))
                .findFirst()
                .orElseThrow(() -> json.unsupported("the architecture %s is not supported; %s are"
                        .formatted(
                                Json.write(type.orElseGet(() -> architectures.isEmpty()
                                        ? "(none named)"
                                        : String.valueOf(architectures.getFirst()))),
                                Arrays.stream(Kind.values()).map(k -> k.type).collect(Collectors.joining(", ")))));
        if (!architectures.isEmpty() && !architectures.contains(kind.architecture)) {
            throw json.unsupported("the architecture %s is not supported; for the model type '%s' it must be %s"
                    .formatted(Json.write(architectures.getFirst()), kind.type, kind.architecture));
        }
        return kind;
    }

    private static String renamed(@Nullable Object name) {
        String text = String.valueOf(name);
        return RENAMED.getOrDefault(text, text);
    }

    /** A size, which where the file is silent is what transformers takes it to be; null is no size. */
    private int size(String name, int ifAbsent) {
        return json.names().contains(name) ? json.size(name) : ifAbsent;
    }

    private Config config(boolean bothEnds) {
        refuseForeign();
        int width = size("hidden_size", kind.sizes.width());
        int layers = size("num_hidden_layers", kind.sizes.layers());
        int heads = size("num_attention_heads", kind.sizes.heads());
        int inner = size("intermediate_size", kind.sizes.inner());
        int context = size("max_position_embeddings", kind.sizes.context());
        if (layers > MOST_LAYERS) {
            throw json.unsupported("num_hidden_layers", "is " + layers + "; at most " + MOST_LAYERS + " are supported");
        }
        int kvHeads = json.names().contains("num_key_value_heads") || kind.kvHeads == 0
                ? json.count("num_key_value_heads").orElse(heads)
                : kind.kvHeads;
        if (kvHeads == 0 || heads % kvHeads != 0) {
            throw json.bad(
                    "num_attention_heads", "is %d, which %d key/value heads cannot share".formatted(heads, kvHeads));
        }
        boolean headSizeGiven = json.has("head_dim") || kind.headSize > 0;
        if (!headSizeGiven && width % heads != 0) {
            throw json.bad("hidden_size", "is %d, which %d heads cannot share".formatted(width, heads));
        }
        int headSize = json.has("head_dim") ? json.size("head_dim") : kind.headSize > 0 ? kind.headSize : width / heads;
        if ((long) heads * headSize > Integer.MAX_VALUE) {
            throw json.bad("head_dim", "is " + headSize + ": too large for " + heads + " heads");
        }
        boolean bias = kind != Kind.QWEN2
                && flagOf("attention_bias", kind == Kind.LLAMA || kind == Kind.QWEN3 || kind == Kind.SMOLLM3);
        boolean ffnBias = flagOf("mlp_bias", kind == Kind.LLAMA || kind == Kind.SMOLLM3);
        boolean[] positions = positions(layers);
        List<Reach> reaches = reaches(layers, positions);
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            var attention = new Attention(
                    heads,
                    kvHeads,
                    headSize,
                    positions[i],
                    reaches.get(i),
                    kind == Kind.QWEN3,
                    bias || kind == Kind.QWEN2,
                    bias);
            blocks.add(new Block(attention, new Ffn.Dense(inner, ffnBias)));
        }
        return new Config(
                kind.type,
                size("vocab_size", kind.sizes.vocab()),
                width,
                Math.min(context, MOST_POSITIONS),
                (float) (json.has("rms_norm_eps") ? json.positive("rms_norm_eps") : kind.epsilon),
                json.flag("tie_word_embeddings").orElse(kind.tied) && !bothEnds,
                Rotary.of(json, headSize, kind.theta, context),
                blocks);
    }

    private void refuseForeign() {
        json.text("hidden_act").filter(act -> !renamed(act).equals("silu")).ifPresent(act -> {
            throw json.unsupported("hidden_act", "is " + Json.write(act) + "; only silu is supported");
        });
        for (String name : FOREIGN) {
            if (json.has(name) && !json.isZero(name)) {
                throw json.unsupported(name, "is set; a '" + kind.type + "' with it is not supported");
            }
        }
        NEUTRAL.forEach((name, value) -> {
            if (json.has(name) && !json.is(name, value)) {
                throw json.unsupported(name, "is not " + value + "; a '" + kind.type + "' with it is not supported");
            }
        });
    }

    /** A flag that this kind of model has; on another kind it may only be false. */
    private boolean flagOf(String name, boolean known) {
        boolean set = json.flag(name).orElse(false);
        if (set && !known) {
            throw json.unsupported(name, "is true; a '" + kind.type + "' with it is not supported");
        }
        return set;
    }

    /** Which layers turn queries and keys by their position. */
    private boolean[] positions(int layers) {
        boolean[] positions = new boolean[layers];
        Arrays.fill(positions, true);
        if (kind != Kind.SMOLLM3) {
            for (String name : List.of("no_rope_layers", "no_rope_layer_interval")) {
                if (json.has(name)) {
                    throw json.unsupported(name, "is set; a '" + kind.type + "' with it is not supported");
                }
            }
            return positions;
        }
        Optional<List<?>> list = json.list("no_rope_layers");
        int interval = json.count("no_rope_layer_interval").orElse(4);
        if (list.isEmpty() && interval == 0) {
            throw json.bad("no_rope_layer_interval", "is 0");
        }
        if (list.isPresent() && list.get().size() < layers) {
            throw json.bad(
                    "no_rope_layers",
                    "has %d values for %d layers".formatted(list.get().size(), layers));
        }
        for (int i = 0; i < layers; i++) {
            Object value = list.isPresent() ? list.get().get(i) : (Object) ((i + 1) % interval == 0 ? 0L : 1L);
            positions[i] = switch (value) {
                case Long number when number == 0 || number == 1 -> number == 1;
                case Boolean turned -> turned;
                case null, default -> throw json.bad("no_rope_layers", "should be a list of 0 and 1");
            };
        }
        return positions;
    }

    /** How far back each layer sees. */
    private List<Reach> reaches(int layers, boolean[] positions) {
        // A llama's attention never asks for a window, so transformers reads past one in its file; so do we.
        boolean ignored = kind == Kind.LLAMA
                || kind.asksForWindow() && !json.flag("use_sliding_window").orElse(false);
        OptionalInt window = ignored
                ? OptionalInt.empty()
                : json.names().contains("sliding_window") ? json.count("sliding_window") : kind.window;
        Reach far = new Reach.All();
        Optional<List<?>> types = kind.hasLayerTypes() ? json.list("layer_types") : Optional.empty();
        if (types.isPresent() && types.get().size() != layers) {
            throw json.bad(
                    "layer_types",
                    "has %d values for %d layers".formatted(types.get().size(), layers));
        }
        int firstNear = kind == Kind.QWEN2 || kind == Kind.QWEN3
                ? json.count("max_window_layers").orElse(28)
                : 0;
        List<Reach> reaches = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            boolean isNear = i >= firstNear && !(kind == Kind.SMOLLM3 && positions[i]);
            if (types.isPresent()) {
                isNear = switch (renamed(types.get().get(i))) {
                    case "full_attention" -> false;
                    case "sliding_attention" -> true;
                    default ->
                        throw json.unsupported(
                                "layer_types",
                                "has " + Json.write(types.get().get(i))
                                        + "; full_attention and sliding_attention are supported");
                };
                if (isNear && window.isEmpty()) {
                    throw json.bad("layer_types", "asks for sliding attention, but no sliding window is set");
                }
            }
            if (isNear && window.isPresent() && window.getAsInt() == 0) {
                throw json.bad("sliding_window", "is 0");
            }
            reaches.add(isNear && window.isPresent() ? new Reach.Window(window.getAsInt()) : far);
        }
        return reaches;
    }
}
