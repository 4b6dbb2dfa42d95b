package dev.puna.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.bench.Mixture.Role;
import dev.puna.file.GgufWriter;
import dev.puna.file.GgufWriter.Plan;
import dev.puna.file.Metadata;
import dev.puna.tensor.DType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * A GGUF file of some shape and mixture whose weights are random: as fast, as large and as slow to load as a trained one.
 *
 * <p>Weights have a standard deviation of 1/√columns, so that what goes through stays of the size that the norms make
 * it. To encode a billion numbers would take minutes; so a quarter of a million are encoded for each type and width, and
 * a matrix is pieces of these in random order. The same shape and mixture give the same bytes.
 */
final class ModelFile {
    private static final int POOL_NUMBERS = 1 << 18;
    private static final int PIECE_NUMBERS = 1 << 13;
    private static final float EPSILON = 1e-5f;

    private final Shape shape;
    private final Mixture mixture;
    private final Map<String, Plan> plans = new LinkedHashMap<>();
    private final Map<Pool, MemorySegment> pools = new HashMap<>();
    private final Arena arena;
    private final MemorySegment one; // the tensor whose turn it is

    /** Encoded numbers for matrices of one type and width. */
    private record Pool(DType type, long columns) {}

    private ModelFile(Shape shape, Mixture mixture, Arena arena) {
        this.shape = shape;
        this.mixture = mixture;
        this.arena = arena;
        plan();
        long largest = plans.values().stream().mapToLong(ModelFile::bytes).max().orElseThrow();
        this.one = arena.allocate(largest, 64);
    }

    /**
     * Writes the file.
     *
     * @throws IOException if the disk refuses
     */
    static void write(Path path, Shape shape, Mixture mixture) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            ModelFile file = new ModelFile(shape, mixture, arena);
            GgufWriter.stream(path, file.metadata(), file.plans, file::numbers);
        }
    }

    private static long bytes(Plan plan) {
        long numbers = 1;
        for (long dimension : plan.shape()) {
            numbers *= dimension;
        }
        return plan.type().bytes(numbers);
    }

    private Metadata metadata() {
        Metadata.Builder metadata = Metadata.builder()
                .string("general.architecture", "llama")
                .string("general.name", shape.name() + " " + mixture + ", random weights")
                .u32("general.file_type", mixture.fileType())
                .u32("llama.vocab_size", shape.vocabulary().size())
                .u32("llama.block_count", shape.layers())
                .u32("llama.context_length", shape.context())
                .u32("llama.embedding_length", shape.width())
                .u32("llama.feed_forward_length", shape.inner())
                .u32("llama.attention.head_count", shape.heads())
                .u32("llama.attention.head_count_kv", shape.kvHeads())
                .u32("llama.attention.key_length", shape.headSize())
                .u32("llama.attention.value_length", shape.headSize())
                .u32("llama.rope.dimension_count", shape.headSize())
                .f32("llama.rope.freq_base", (float) shape.theta())
                .f32("llama.attention.layer_norm_rms_epsilon", EPSILON);
        shape.vocabulary().describe(metadata);
        return metadata.build();
    }

    private void plan() {
        int width = shape.width();
        int vocabulary = shape.vocabulary().size();
        int queries = shape.heads() * shape.headSize();
        int keys = shape.kvHeads() * shape.headSize();
        if (shape.divisors().length > 0) {
            plans.put("rope_freqs.weight", new Plan(DType.F32, shape.divisors().length));
        }
        matrix("token_embd.weight", shape.tied() ? Role.HEAD : Role.EMBEDDING, 0, vocabulary, width);
        for (int i = 0; i < shape.layers(); i++) {
            String layer = "blk." + i + ".";
            norm(layer + "attn_norm.weight");
            matrix(layer + "attn_q.weight", Role.OTHER, i, queries, width);
            matrix(layer + "attn_k.weight", Role.OTHER, i, keys, width);
            matrix(layer + "attn_v.weight", Role.VALUE, i, keys, width);
            matrix(layer + "attn_output.weight", Role.ATTENTION_OUTPUT, i, width, queries);
            norm(layer + "ffn_norm.weight");
            matrix(layer + "ffn_gate.weight", Role.OTHER, i, shape.inner(), width);
            matrix(layer + "ffn_up.weight", Role.OTHER, i, shape.inner(), width);
            matrix(layer + "ffn_down.weight", Role.DOWN, i, width, shape.inner());
        }
        norm("output_norm.weight");
        if (!shape.tied()) {
            matrix("output.weight", Role.HEAD, 0, vocabulary, width);
        }
    }

    private void norm(String name) {
        plans.put(name, new Plan(DType.F32, shape.width()));
    }

    private void matrix(String name, Role role, int layer, int rows, int columns) {
        plans.put(name, new Plan(mixture.type(shape, role, layer, columns), rows, columns));
    }

    private MemorySegment numbers(String name) {
        Plan plan = Objects.requireNonNull(plans.get(name));
        MemorySegment target = one.asSlice(0, bytes(plan));
        if (name.equals("rope_freqs.weight")) {
            MemorySegment.copy(shape.divisors(), 0, target, JAVA_FLOAT, 0, shape.divisors().length);
        } else if (plan.shape().length == 1) {
            for (long i = 0; i < plan.shape()[0]; i++) {
                target.setAtIndex(JAVA_FLOAT, i, 1); // a norm that changes nothing
            }
        } else {
            fill(target, plan, new Random(name.hashCode()));
        }
        return target;
    }

    private void fill(MemorySegment target, Plan plan, Random random) {
        MemorySegment pool = pools.computeIfAbsent(new Pool(plan.type(), plan.shape()[1]), this::pool);
        long piece = plan.type().bytes(PIECE_NUMBERS);
        long blocks = pool.byteSize() / plan.type().blockBytes();
        for (long at = 0; at < target.byteSize(); at += piece) {
            long count = Math.min(piece, target.byteSize() - at);
            long from = random.nextLong(blocks - piece / plan.type().blockBytes() + 1)
                    * plan.type().blockBytes();
            MemorySegment.copy(pool, from, target, at, count);
        }
    }

    private MemorySegment pool(Pool wanted) {
        MemorySegment encoded = arena.allocate(wanted.type().bytes(POOL_NUMBERS), 64);
        try (Arena brief = Arena.ofConfined()) {
            MemorySegment plain = brief.allocate(4L * POOL_NUMBERS, 64);
            Random random = new Random(wanted.columns());
            float deviation = (float) (1 / Math.sqrt(wanted.columns()));
            for (long i = 0; i < POOL_NUMBERS; i++) {
                plain.setAtIndex(JAVA_FLOAT, i, deviation * (float) random.nextGaussian());
            }
            wanted.type().encode(plain, 0, encoded, 0, POOL_NUMBERS);
        }
        return encoded;
    }
}
