package dev.puna;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.file.Json;
import dev.puna.file.SafetensorsWriter;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A Hugging Face folder with a Llama that knows one answer, written in bytes or in pieces of its own. Its ids are the 256 bytes and five control tokens; each id is
 * followed by one other, whatever came before: the last token of a chat prompt by the answer's first byte, each byte of
 * the answer by the next, the last by the end token, any other byte by itself for ever.
 */
public final class ChainModel {
    public static final int BEGIN = 256;
    public static final int END = 257;
    public static final int SYSTEM = 258;
    public static final int USER = 259;
    public static final int ASSISTANT = 260;
    public static final int CONTEXT = 200;

    public static final String TEMPLATE = "{{ bos_token }}{% for message in messages %}<|{{ message['role'] }}|>"
            + "{{ message['content'] }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

    private static final int FIRST_PIECE = 261;
    private static final int INNER = 8;

    private ChainModel() {}

    /**
     * An answer of whole pieces, each a token that follows the one before and no other.
     *
     * @param pieces none twice; {@code <|…|>} and {@code [TOOL_CALLS]} are control tokens
     * @param endless whether the first piece follows the last one; else the end token does
     * @param context the most tokens of a conversation
     */
    public record Script(List<String> pieces, boolean endless, int context, String template) {}

    /** Writes the folder's files. No byte may stand twice in the answer. */
    public static Path write(Path folder, String answer) throws IOException {
        return write(folder, next(answer), List.of(), CONTEXT, TEMPLATE);
    }

    /** Writes the folder's files. */
    public static Path write(Path folder, Script script) throws IOException {
        int[] next = IntStream.range(0, FIRST_PIECE + script.pieces().size()).toArray();
        int last = next.length - 1;
        next[ASSISTANT] = FIRST_PIECE;
        next['\n'] = FIRST_PIECE; // where a template ends with a line
        for (int id = FIRST_PIECE; id < last; id++) {
            next[id] = id + 1;
        }
        next[last] = script.endless() ? FIRST_PIECE : END;
        return write(folder, next, script.pieces(), script.context(), script.template());
    }

    /** Writes a folder whose answer depends on the last character of the prompt: whole pieces, none twice. */
    public static Path write(Path folder, Map<Character, List<String>> answers, int context, String template)
            throws IOException {
        List<String> pieces = answers.values().stream().flatMap(List::stream).toList();
        int[] next = IntStream.range(0, FIRST_PIECE + pieces.size()).toArray();
        int id = FIRST_PIECE;
        for (Map.Entry<Character, List<String>> answer : answers.entrySet()) {
            next[answer.getKey()] = id;
            for (int i = 0; i < answer.getValue().size(); i++) {
                next[id] = ++id;
            }
            next[id - 1] = END;
        }
        return write(folder, next, pieces, context, template);
    }

    private static Path write(Path folder, int[] next, List<String> pieces, int context, String template)
            throws IOException {
        Files.createDirectories(folder);
        int width = (next.length + 7) / 8 * 8;
        Files.writeString(folder.resolve("config.json"), Json.write(config(next.length, width, context)));
        Files.writeString(folder.resolve("tokenizer.json"), Json.write(tokenizer(pieces)));
        Map<String, Object> roles = new LinkedHashMap<>();
        roles.put("tokenizer_class", "PreTrainedTokenizerFast");
        roles.put("add_bos_token", true);
        roles.put("bos_token", "<|begin|>");
        roles.put("eos_token", "<|end|>");
        roles.put("chat_template", template);
        Files.writeString(folder.resolve("tokenizer_config.json"), Json.write(roles));
        SafetensorsWriter.write(folder.resolve("model.safetensors"), weights(next, width), Map.of());
        return folder;
    }

    private static int[] next(String answer) {
        int[] next = IntStream.range(0, FIRST_PIECE).toArray();
        int at = ASSISTANT;
        for (byte b : answer.getBytes(StandardCharsets.UTF_8)) {
            next[at] = b & 0xFF;
            at = b & 0xFF;
            if (next[at] != at) {
                throw new IllegalArgumentException("a byte stands twice in " + answer);
            }
        }
        next[at] = END;
        return next;
    }

    private static Map<String, Object> config(int vocabulary, int width, int context) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("architectures", List.of("LlamaForCausalLM"));
        config.put("model_type", "llama");
        config.put("vocab_size", vocabulary);
        config.put("hidden_size", width);
        config.put("intermediate_size", INNER);
        config.put("num_hidden_layers", 1);
        config.put("num_attention_heads", 4);
        config.put("num_key_value_heads", 4);
        config.put("max_position_embeddings", context);
        config.put("rms_norm_eps", 1e-5);
        config.put("rope_theta", 10000.0);
        config.put("hidden_act", "silu");
        config.put("tie_word_embeddings", false);
        config.put("bos_token_id", BEGIN);
        config.put("eos_token_id", END);
        return config;
    }

    private static Map<String, Object> tokenizer(List<String> pieces) {
        Map<String, Object> vocabulary = new LinkedHashMap<>();
        int beyond = 256;
        String[] spelt = new String[256];
        for (int b = 0; b < 256; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
            spelt[b] = String.valueOf((char) (printable ? b : beyond++));
            vocabulary.put(spelt[b], b);
        }
        List<Object> added = new ArrayList<>();
        String[] names = {"<|begin|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"};
        for (int i = 0; i < names.length; i++) {
            added.add(control(BEGIN + i, names[i]));
            vocabulary.put(names[i], BEGIN + i);
        }
        for (int i = 0; i < pieces.size(); i++) {
            String piece = pieces.get(i);
            int id = FIRST_PIECE + i;
            if (piece.matches("<\\|.*\\|>|\\[TOOL_CALLS]")) {
                added.add(control(id, piece));
                vocabulary.put(piece, id);
            } else {
                var bytes = new StringBuilder();
                for (byte b : piece.getBytes(StandardCharsets.UTF_8)) {
                    bytes.append(spelt[b & 0xFF]);
                }
                vocabulary.put(bytes.toString(), id);
            }
        }
        if (vocabulary.size() != FIRST_PIECE + pieces.size()) {
            throw new IllegalArgumentException("a piece stands twice in " + pieces);
        }
        Map<String, Object> byteLevel = new LinkedHashMap<>();
        byteLevel.put("type", "ByteLevel");
        byteLevel.put("add_prefix_space", false);
        byteLevel.put("trim_offsets", true);
        byteLevel.put("use_regex", true);
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("type", "BPE");
        model.put("vocab", vocabulary);
        model.put("merges", List.of());
        Map<String, Object> tokenizer = new LinkedHashMap<>();
        tokenizer.put("version", "1.0");
        tokenizer.put("added_tokens", added);
        tokenizer.put("normalizer", null);
        tokenizer.put("pre_tokenizer", byteLevel);
        tokenizer.put("post_processor", null);
        tokenizer.put("decoder", byteLevel);
        tokenizer.put("model", model);
        return tokenizer;
    }

    private static Map<String, Object> control(int id, String spelling) {
        Map<String, Object> token = new LinkedHashMap<>();
        token.put("id", id);
        token.put("content", spelling);
        token.put("single_word", false);
        token.put("lstrip", false);
        token.put("rstrip", false);
        token.put("normalized", false);
        token.put("special", true);
        return token;
    }

    /** Embeddings are unit vectors, attention and feed-forward add nothing, and the output matrix is the table. */
    private static Map<String, Tensor> weights(int[] next, int width) {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        Tensor embedding = zeros(next.length, width);
        Tensor output = zeros(next.length, width);
        for (int i = 0; i < next.length; i++) {
            embedding.data().setAtIndex(JAVA_FLOAT, (long) i * width + i, 1);
            // Where a grammar leaves a choice among the others, lists and objects end as soon as they may.
            output.data().setAtIndex(JAVA_FLOAT, (long) ',' * width + i, -0.5f);
            output.data().setAtIndex(JAVA_FLOAT, (long) next[i] * width + i, 1);
        }
        weights.put("model.embed_tokens.weight", embedding);
        weights.put("lm_head.weight", output);
        weights.put("model.norm.weight", ones(width));
        String layer = "model.layers.0.";
        weights.put(layer + "input_layernorm.weight", ones(width));
        weights.put(layer + "post_attention_layernorm.weight", ones(width));
        for (String name : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
            weights.put(layer + "self_attn." + name + ".weight", zeros(width, width));
        }
        weights.put(layer + "mlp.gate_proj.weight", zeros(INNER, width));
        weights.put(layer + "mlp.up_proj.weight", zeros(INNER, width));
        weights.put(layer + "mlp.down_proj.weight", zeros(width, INNER));
        return weights;
    }

    private static Tensor zeros(long... shape) {
        return Tensor.allocate(Arena.ofAuto(), DType.F32, shape);
    }

    private static Tensor ones(long length) {
        Tensor tensor = zeros(length);
        for (long i = 0; i < length; i++) {
            tensor.data().setAtIndex(JAVA_FLOAT, i, 1);
        }
        return tensor;
    }
}
