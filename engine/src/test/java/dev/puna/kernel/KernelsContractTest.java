package dev.puna.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every tier promises, judged against the reference tier: the right numbers at awkward sizes, nothing written beside
 * its output, and the same bits whatever the number of tokens and threads.
 */
class KernelsContractTest {
    /** How a float rounds. */
    private static final double UNIT = 0x1p-24;

    private static final int CANARIES = 24;
    /** Blocks of a cache that lie together. */
    private static final int PAGE_BLOCKS = 3;

    private static final float CANARY = 12345.678f;

    private static final List<DType> WEIGHTS = Stream.of(DType.values())
            .filter(type -> switch (type) {
                case I8, I16, I32, I64, F64 -> false;
                default -> true;
            })
            .toList();

    private static final Workers WORKERS = new Workers(3);
    private static final Workers ALONE = new Workers(1);
    private static final Kernels REFERENCE = new Scalar(WORKERS);

    @AfterAll
    static void stop() {
        WORKERS.close();
        ALONE.close();
    }

    /** The tiers that run here. */
    static Stream<Tiers.Tier> tiers() {
        return Tiers.describe().stream().filter(Tiers.Tier::available);
    }

    @ParameterizedTest
    @MethodSource("tiers")
    void productsAgreeForEveryFormatAndSize(Tiers.Tier tier, TestReporter reporter) {
        Kernels kernels = tier.kernels(WORKERS);
        int ran = 0;
        for (DType type : WEIGHTS) {
            for (int columns : columns(type)) {
                for (int rows : new int[] {1, 4, 15, 17, 34}) {
                    for (int tokens : rows == 17 ? IntStream.rangeClosed(1, 17).toArray() : new int[] {1, 2, 5}) {
                        checkProduct(kernels, type, rows, columns, tokens);
                        ran++;
                    }
                }
            }
        }
        assertThat(ran)
                .isEqualTo(WEIGHTS.stream().mapToInt(t -> columns(t).length).sum() * (17 + 4 * 3));
        reporter.publishEntry(tier.name(), ran + " products of " + WEIGHTS.size() + " formats");
    }

    /** A few blocks; for the float formats also what fills no vector. */
    private static int[] columns(DType type) {
        int block = type.blockSize();
        return block == 1 ? new int[] {1, 7, 15, 16, 17, 40, 100} : new int[] {block, 3 * block};
    }

    private static void checkProduct(Kernels kernels, DType type, int rows, int columns, int tokens) {
        try (Arena arena = Arena.ofShared()) {
            var random = new SplittableRandom(rows * 31L + columns * 7L + tokens);
            Tensor weight = weight(arena, random, type, rows, columns);
            Tensor other = weight(arena, random, type, 3, columns);
            Tensor x = floats(arena, random, tokens, columns);
            Guarded y = new Guarded(arena, tokens, rows);
            Guarded z = new Guarded(arena, tokens, 3);
            kernels.matmul(x, List.of(weight, other), List.of(y.tensor, z.tensor));
            String what = "%s %s [%d, %d] × %d".formatted(kernels.tier(), type, rows, columns, tokens);
            y.check(what);
            z.check(what);
            float[] w = decoded(weight);
            for (int t = 0; t < tokens; t++) {
                for (int r = 0; r < rows; r++) {
                    double sum = 0;
                    double size = 0;
                    for (int c = 0; c < columns; c++) {
                        double term = (double) w[r * columns + c] * get(x, (long) t * columns + c);
                        sum += term;
                        size += Math.abs(term);
                    }
                    assertThat((double) get(y.tensor, (long) t * rows + r))
                            .as("%s: row %d of token %d", what, r, t)
                            .isCloseTo(
                                    sum,
                                    within(4 * UNIT * Math.sqrt(columns + 8) * size
                                            + steps(kernels, type, w, r * columns, x, t)
                                            + 1e-30));
                }
            }
            if (tokens > 1) { // the last token alone, and one thread: the same bits
                Tensor last = new Tensor(
                        DType.F32,
                        new long[] {1, columns},
                        x.data().asSlice((tokens - 1) * x.rowBytes(), x.rowBytes()));
                Tensor alone = Tensor.allocate(arena, DType.F32, 1, rows);
                kernels.matmul(last, weight, alone);
                assertThat(bits(alone)).as(what).isEqualTo(tail(bits(y.tensor), rows));
            }
        }
    }

    /**
     * By how much a product may be off because machine code takes activations in steps where weights are quantised: half
     * a step for each, of 254 between the smallest and the largest of each 32.
     */
    private static double steps(Kernels kernels, DType type, float[] w, int row, Tensor x, int token) {
        int columns = (int) x.columns();
        boolean amx = kernels.tier().equals("amx");
        double off = 0;
        for (int c = 0; amx && c < columns; c++) { // activations keep the 8 bits of bf16; beside floats 16
            off += Math.abs(w[row + c] * get(x, (long) token * columns + c));
        }
        off *= type.blockSize() == 1 ? 0x1p-15 : 0x1p-8;
        if (type.blockSize() == 1 || !amx && !kernels.tier().startsWith("avx")) {
            return off;
        }
        for (int from = 0; from < columns; from += 32) {
            double least = Double.MAX_VALUE;
            double most = -Double.MAX_VALUE;
            double weights = 0;
            for (int c = from; c < from + 32; c++) {
                double value = get(x, (long) token * columns + c);
                least = Math.min(least, value);
                most = Math.max(most, value);
                weights += Math.abs(w[row + c]);
            }
            off += 0.505 * (most - least) / (amx ? 2048 : 254) * weights;
        }
        return off;
    }

    @ParameterizedTest
    @MethodSource("tiers")
    void gatheredRowsAreTheTypesOwnBits(Tiers.Tier tier) {
        Kernels kernels = tier.kernels(ALONE);
        for (DType type : WEIGHTS) {
            for (int columns : columns(type)) {
                try (Arena arena = Arena.ofShared()) {
                    var random = new SplittableRandom(columns);
                    Tensor table = weight(arena, random, type, 9, columns);
                    if (type != DType.F32) { // any bytes at all
                        for (long i = 0; i < table.data().byteSize(); i++) {
                            table.data().set(JAVA_BYTE, i, (byte) random.nextInt());
                        }
                    }
                    Guarded y = new Guarded(arena, 3, columns);
                    kernels.gather(table, new int[] {8, 0, 3}, y.tensor);
                    y.check(type.toString());
                    float[] all = decoded(table);
                    for (int i = 0; i < 3; i++) {
                        int row = new int[] {8, 0, 3}[i];
                        for (int c = 0; c < columns; c++) {
                            assertThat(Float.floatToIntBits(get(y.tensor, (long) i * columns + c)))
                                    .as("%s %s, row %d, number %d", tier.name(), type, row, c)
                                    .isEqualTo(Float.floatToIntBits(all[row * columns + c]));
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("tiers")
    void normsAgree(Tiers.Tier tier) {
        Kernels kernels = tier.kernels(WORKERS);
        for (int n : new int[] {1, 7, 16, 17, 64, 576, 1000}) {
            for (int rows : new int[] {1, 2, 33}) {
                try (Arena arena = Arena.ofShared()) {
                    var random = new SplittableRandom(n);
                    Tensor x = floats(arena, random, rows, n);
                    Tensor weight = floats(arena, random, n);
                    Guarded y = new Guarded(arena, rows, n);
                    Tensor wanted = Tensor.allocate(arena, DType.F32, rows, n);
                    kernels.rmsNorm(x, weight, 1e-5f, y.tensor);
                    REFERENCE.rmsNorm(x, weight, 1e-5f, wanted);
                    y.check("norm of " + n);
                    assertClose(y.tensor, wanted, 1e-5, "norm of " + n);
                    kernels.rmsNorm(x, weight, 1e-5f, x);
                    assertThat(bits(x)).as("in place").isEqualTo(bits(y.tensor));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("tiers")
    void gatesAndSumsAgree(Tiers.Tier tier) {
        Kernels kernels = tier.kernels(WORKERS);
        for (int n : new int[] {1, 15, 16, 19, 1536}) {
            for (int rows : new int[] {1, 3, 20}) {
                try (Arena arena = Arena.ofShared()) {
                    var random = new SplittableRandom(n);
                    Tensor gate = floats(arena, random, rows, n);
                    for (long i = 0; i < gate.elements(); i++) {
                        gate.data()
                                .setAtIndex(JAVA_FLOAT, i, 30 * get(gate, i)); // to where a gate is shut, or wide open
                    }
                    Tensor up = floats(arena, random, rows, n);
                    Guarded y = new Guarded(arena, rows, n);
                    Tensor wanted = Tensor.allocate(arena, DType.F32, rows, n);
                    kernels.swiGlu(gate, up, y.tensor);
                    REFERENCE.swiGlu(gate, up, wanted);
                    y.check("gate of " + n);
                    assertClose(y.tensor, wanted, 1e-6, "gate of " + n);

                    for (int addends : new int[] {1, rows}) {
                        Tensor b = floats(arena, random, addends, n);
                        kernels.add(b, y.tensor);
                        REFERENCE.add(b, wanted);
                        y.check("sum of " + n);
                        assertClose(y.tensor, wanted, 1e-6, "sum of " + n);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("tiers")
    void rotationsAgree(Tiers.Tier tier) {
        Kernels kernels = tier.kernels(WORKERS);
        for (int headSize : new int[] {2, 8, 20, 64, 80}) {
            for (int pairs : new int[] {1, headSize / 4 + 1, headSize / 2}) {
                for (boolean interleaved : new boolean[] {false, true}) {
                    try (Arena arena = Arena.ofShared()) {
                        var random = new SplittableRandom(headSize);
                        Guarded x = new Guarded(arena, 5, 3L * headSize);
                        Tensor wanted = floats(arena, random, 5, 3 * headSize);
                        x.tensor.data().copyFrom(wanted.data());
                        var rotation = new Rotation(
                                floats(arena, random, 5, pairs), floats(arena, random, 5, pairs), interleaved);
                        kernels.rotate(rotation, headSize, x.tensor);
                        REFERENCE.rotate(rotation, headSize, wanted);
                        x.check("rotation of " + headSize);
                        assertClose(x.tensor, wanted, 1e-6, "rotation of %d of %d".formatted(2 * pairs, headSize));
                    }
                }
            }
        }
    }

    /** Three sequences, one long in the past, one new, one at its second token. */
    @ParameterizedTest
    @MethodSource("tiers")
    void attentionAgreesForEveryCacheAndHead(Tiers.Tier tier, TestReporter reporter) {
        Kernels kernels = tier.kernels(WORKERS);
        int ran = 0;
        for (DType type : List.of(DType.F32, DType.F16, DType.Q8_0)) {
            for (int headSize : new int[] {1, 8, 20, 64, 72, 128}) {
                for (int group : new int[] {1, 3, 8}) {
                    for (int blockTokens : new int[] {1, 7, 32}) {
                        for (Reach reach : List.of(new Reach.All(), new Reach.Window(5), new Reach.Window(40))) {
                            checkAttention(kernels, type, headSize, group, blockTokens, reach);
                            ran++;
                        }
                    }
                }
            }
        }
        assertThat(ran).isEqualTo(3 * 6 * 3 * 3 * 3);
        reporter.publishEntry(tier.name(), ran + " kinds of attention");
    }

    private static void checkAttention(
            Kernels kernels, DType type, int headSize, int group, int blockTokens, Reach reach) {
        String what = "%s %s, head of %d, groups of %d, blocks of %d, %s"
                .formatted(kernels.tier(), type, headSize, group, blockTokens, reach);
        try (Arena arena = Arena.ofShared()) {
            var random = new SplittableRandom(headSize * 100L + group * 10L + blockTokens);
            int kvHeads = 2;
            int count = 240;
            Pages cache = pages(arena, count, type, kvHeads, headSize, blockTokens);
            Pages plain = pages(arena, count, type, kvHeads, headSize, blockTokens);
            int[] blocks = random.ints(0, count).distinct().limit(count).toArray();
            List<Span> past = List.of(
                    new Span(Arrays.copyOfRange(blocks, 0, 80), 0, 51, Span.Outputs.NONE),
                    new Span(Arrays.copyOfRange(blocks, 80, 160), 0, 1, Span.Outputs.NONE));
            store(kernels, cache, plain, past, cached(arena, random, 52, cache), cached(arena, random, 52, cache));
            List<Span> spans = List.of(
                    new Span(past.get(0).blocks(), 51, 3, Span.Outputs.NONE),
                    new Span(Arrays.copyOfRange(blocks, 160, 240), 0, 37, Span.Outputs.NONE),
                    new Span(past.get(1).blocks(), 1, 1, Span.Outputs.NONE));
            int tokens = 41;
            store(
                    kernels,
                    cache,
                    plain,
                    spans,
                    cached(arena, random, tokens, cache),
                    cached(arena, random, tokens, cache));
            Tensor q = floats(arena, random, tokens, kvHeads * group * headSize);
            Guarded y = new Guarded(arena, tokens, kvHeads * group * headSize);
            Tensor wanted = Tensor.allocate(arena, DType.F32, y.tensor.shape());
            float scale = (float) (3 / Math.sqrt(headSize));
            kernels.attention(q, spans, cache, reach, scale, y.tensor);
            REFERENCE.attention(q, spans, plain, reach, scale, wanted);
            y.check(what);
            assertClose(y.tensor, wanted, 4e-6, what);

            Tensor lastQuery = new Tensor(
                    DType.F32, new long[] {1, q.columns()}, q.data().asSlice(2 * q.rowBytes(), q.rowBytes()));
            Tensor alone = Tensor.allocate(arena, DType.F32, 1, q.columns());
            var span = new Span(past.get(0).blocks(), 53, 1, Span.Outputs.NONE);
            kernels.attention(lastQuery, List.of(span), cache, reach, scale, alone);
            int n = (int) q.columns();
            assertThat(bits(alone)).as(what).isEqualTo(Arrays.copyOfRange(bits(y.tensor), 2 * n, 3 * n));
        }
    }

    private static Pages pages(Arena arena, int count, DType type, int kvHeads, int headSize, int blockTokens) {
        MemorySegment[] memory = new MemorySegment[Math.ceilDiv(count, PAGE_BLOCKS)];
        var pages = new Pages(memory, 64, type, kvHeads, headSize, blockTokens, PAGE_BLOCKS);
        for (int i = 0; i < memory.length; i++) {
            memory[i] = arena.allocate(64 + pages.layerBytes(), 64);
        }
        return pages;
    }

    /** How rows lie within a cache is the business of the kernels that store them, so each tier has its own. */
    private static void store(Kernels kernels, Pages cache, Pages plain, List<Span> spans, Tensor keys, Tensor values) {
        kernels.store(keys, values, spans, cache);
        REFERENCE.store(keys, values, spans, plain);
    }

    /** An output with numbers around it that nobody may touch. */
    private static final class Guarded {
        final Tensor tensor;
        private final MemorySegment around;

        Guarded(Arena arena, long rows, long columns) {
            long bytes = 4 * rows * columns;
            around = arena.allocate(bytes + 8L * CANARIES, 64);
            for (long i = 0; i < around.byteSize() / 4; i++) {
                around.setAtIndex(JAVA_FLOAT, i, CANARY);
            }
            tensor = new Tensor(DType.F32, new long[] {rows, columns}, around.asSlice(4L * CANARIES, bytes));
        }

        void check(String what) {
            long numbers = around.byteSize() / 4;
            for (long i = 0; i < CANARIES; i++) {
                assertThat(around.getAtIndex(JAVA_FLOAT, i))
                        .as("before the output of %s", what)
                        .isEqualTo(CANARY);
                assertThat(around.getAtIndex(JAVA_FLOAT, numbers - 1 - i))
                        .as("after the output of %s", what)
                        .isEqualTo(CANARY);
            }
        }
    }

    /** Random numbers in that type, at an odd address, as a file may have them. */
    private static Tensor weight(Arena arena, SplittableRandom random, DType type, int rows, int columns) {
        Tensor floats = floats(arena, random, rows, columns);
        long bytes = type.bytes((long) rows * columns);
        Tensor weight = new Tensor(
                type, new long[] {rows, columns}, arena.allocate(bytes + 64, 64).asSlice(1, bytes));
        type.encode(floats.data(), 0, weight.data(), 0, (long) rows * columns);
        return weight;
    }

    private static Tensor floats(Arena arena, SplittableRandom random, long... shape) {
        Tensor tensor = Tensor.allocate(arena, DType.F32, shape);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.data().setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return tensor;
    }

    /** Numbers that every type of cache holds as they are: bytes times a power of two, the largest in each block. */
    private static Tensor cached(Arena arena, SplittableRandom random, int tokens, Pages pages) {
        Tensor tensor = Tensor.allocate(arena, DType.F32, tokens, (long) pages.kvHeads() * pages.headSize());
        for (long i = 0; i < tensor.elements(); i++) {
            boolean first = i % pages.headSize() % 32 == 0;
            int code = first ? (random.nextBoolean() ? 127 : -127) : random.nextInt(-127, 128);
            tensor.data().setAtIndex(JAVA_FLOAT, i, code * 0x1p-6f);
        }
        return tensor;
    }

    private static float[] decoded(Tensor tensor) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor floats = Tensor.allocate(arena, DType.F32, tensor.shape());
            tensor.type().decode(tensor.data(), 0, floats.data(), 0, tensor.elements());
            return floats.data().toArray(JAVA_FLOAT);
        }
    }

    private static float get(Tensor tensor, long index) {
        return tensor.data().getAtIndex(JAVA_FLOAT, index);
    }

    private static int[] bits(Tensor tensor) {
        return IntStream.range(0, (int) tensor.elements())
                .map(i -> Float.floatToRawIntBits(get(tensor, i)))
                .toArray();
    }

    private static int[] tail(int[] array, int length) {
        return Arrays.copyOfRange(array, array.length - length, array.length);
    }

    private static org.assertj.core.data.Offset<Double> within(double tolerance) {
        return org.assertj.core.data.Offset.offset(tolerance);
    }

    /** Close as a share of the largest number. */
    private static void assertClose(Tensor actual, Tensor wanted, double tolerance, String what) {
        double largest = 1e-30;
        double error = 0;
        for (long i = 0; i < wanted.elements(); i++) {
            largest = Math.max(largest, Math.abs(get(wanted, i)));
            double difference = Math.abs(get(actual, i) - get(wanted, i));
            error = Math.max(error, Double.isNaN(difference) ? Double.MAX_VALUE : difference);
        }
        assertThat(error / largest).as(what).isLessThan(tolerance);
    }
}
