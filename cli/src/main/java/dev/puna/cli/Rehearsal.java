package dev.puna.cli;

import dev.puna.file.GgufWriter;
import dev.puna.file.GgufWriter.Plan;
import dev.puna.file.Metadata;
import dev.puna.tensor.DType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * What {@code ./puna} has Java watch once on the user's machine, in the background, to remember for every later start:
 * the usual commands, with a model made for it. Its weights are zeros and of every format; its vocabulary is large
 * enough for Java to learn where reading one takes its time.
 */
final class Rehearsal {
    private static final int WIDTH = 256;
    private static final int LAYERS = 4;
    private static final List<DType> FORMATS = List.of(
            DType.Q4_0,
            DType.Q4_1,
            DType.Q4_K,
            DType.Q6_K,
            DType.Q5_K,
            DType.Q8_0,
            DType.F16,
            DType.BF16,
            DType.F32,
            DType.Q5_0,
            DType.Q5_1,
            DType.Q2_K,
            DType.Q3_K,
            DType.IQ4_NL,
            DType.IQ4_XS,
            DType.MXFP4);
    private static final String TEMPLATE = "{% for message in messages %}<|im_start|>{{ message['role'] + '\n'"
            + " + message['content'] | trim }}<|im_end|>\n{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private final Settings settings;
    private final Path model;

    private Rehearsal(Path folder) throws IOException {
        settings = new Settings(Map.of("HOME", folder.toString(), "LANG", "C.UTF-8"), new Properties());
        model = folder.resolve("model.gguf");
        writeModel(model);
    }

    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("puna-rehearsal");
        Path model = folder.resolve("model.gguf");
        try {
            new Rehearsal(folder).play();
        } finally {
            Files.deleteIfExists(model);
            Files.deleteIfExists(folder);
        }
    }

    private void play() {
        String file = model.toString();
        say("--version");
        say("--help");
        say("list");
        say("show", file);
        say("tokenize", file, "The open range was wide");
        for (int i = 0; i < 3; i++) {
            say("complete", file, "Hello", "--max-tokens", "16");
            say("run", file, "Hello", "--max-tokens", "16");
        }
        say("run", file, "Hello", "--max-tokens", "16", "--temperature", "0.8", "--seed", "1", "--json", "--stats");
    }

    private void say(String... words) {
        Output output =
                new Output(OutputStream.nullOutputStream(), false, OutputStream.nullOutputStream(), true, false);
        Main.warmUp(words);
        int exit = Main.run(words, settings, output, InputStream.nullInputStream(), Early.of(words, settings));
        if (exit != Exit.OK) {
            throw new IllegalStateException(String.join(" ", words) + " ended with " + exit);
        }
    }

    private static void writeModel(Path path) throws IOException {
        List<String> pieces = new ArrayList<>();
        List<String> merges = new ArrayList<>();
        vocabulary(pieces, merges);
        int plain = pieces.size();
        pieces.addAll(List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"));
        int[] types = new int[pieces.size()];
        for (int id = 0; id < types.length; id++) {
            types[id] = id < plain ? 1 : 3;
        }
        Metadata metadata = Metadata.builder()
                .string("general.architecture", "llama")
                .u32("llama.block_count", LAYERS)
                .u32("llama.context_length", 256)
                .u32("llama.embedding_length", WIDTH)
                .u32("llama.feed_forward_length", WIDTH)
                .u32("llama.attention.head_count", 4)
                .u32("llama.attention.head_count_kv", 2)
                .f32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .string("tokenizer.ggml.model", "gpt2")
                .string("tokenizer.ggml.pre", "smollm")
                .strings("tokenizer.ggml.tokens", pieces)
                .ints("tokenizer.ggml.token_type", types)
                .strings("tokenizer.ggml.merges", merges)
                .u32("tokenizer.ggml.bos_token_id", plain + 1)
                .u32("tokenizer.ggml.eos_token_id", plain + 2)
                .string("tokenizer.chat_template", TEMPLATE)
                .build();
        Map<String, Plan> plans = plans(pieces.size());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment zeros = arena.allocate(4L * WIDTH * pieces.size());
            GgufWriter.stream(path, metadata, plans, name -> zeros.asSlice(0, bytes(plans.get(name))));
        }
    }

    private static long bytes(Plan plan) {
        long elements = 1;
        for (long dimension : plan.shape()) {
            elements *= dimension;
        }
        return plan.type().bytes(elements);
    }

    /** The letters of all bytes, and what two and three small letters make. */
    private static void vocabulary(List<String> pieces, List<String> merges) {
        for (int b = 0, next = 256; b < 256; b++) {
            boolean visible = b > 0x20 && b < 0x7F || b > 0xA0 && b != 0xAD;
            pieces.add(Character.toString(visible ? b : next++));
        }
        List<String> letters = new ArrayList<>();
        for (char letter = 'a'; letter <= 'z'; letter++) {
            letters.add(String.valueOf(letter));
        }
        List<String> words = letters;
        for (int length = 2; length <= 3; length++) {
            List<String> longer = new ArrayList<>();
            for (String word : words) {
                for (String letter : letters) {
                    longer.add(word + letter);
                    merges.add(word + " " + letter);
                }
            }
            pieces.addAll(longer);
            words = longer;
        }
    }

    private static Map<String, Plan> plans(int vocabulary) {
        Map<String, Plan> plans = new LinkedHashMap<>();
        plans.put("token_embd.weight", new Plan(DType.Q8_0, vocabulary, WIDTH));
        int next = 0;
        for (int i = 0; i < LAYERS; i++) {
            String layer = "blk." + i + ".";
            for (String norm : List.of("attn_norm", "ffn_norm")) {
                plans.put(layer + norm + ".weight", new Plan(DType.F32, WIDTH));
            }
            for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")) {
                boolean half = name.equals("attn_k") || name.equals("attn_v");
                plans.put(
                        layer + name + ".weight",
                        new Plan(FORMATS.get(next++ % FORMATS.size()), half ? WIDTH / 2 : WIDTH, WIDTH));
            }
        }
        plans.put("output_norm.weight", new Plan(DType.F32, WIDTH));
        return plans;
    }
}
