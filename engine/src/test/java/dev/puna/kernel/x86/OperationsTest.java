package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Pages;
import dev.puna.kernel.Reach;
import dev.puna.kernel.Rotation;
import dev.puna.kernel.Scalar;
import dev.puna.kernel.Span;
import dev.puna.kernel.Tiers.Tier;
import dev.puna.kernel.Workers;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All operations but products: every level against the plain loops, at awkward sizes, with canaries around outputs. */
class OperationsTest {
    private static final int[] WIDTHS = {1, 3, 7, 8, 9, 16, 31, 64, 577};
    private static final long CANARY = 0xCA4A_12E5_0DDB_A11DL;
    /** Blocks of a cache that lie together. */
    private static final int PAGE_BLOCKS = 3;

    static Stream<Tier> levels() {
        return X86Tiers.describe().stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("levels")
    void normsAreRight(Tier tier) {
        compare(tier, (kernels, arena) -> {
            for (int n : WIDTHS) {
                Tensor weight = random(arena, 1, n);
                for (int rows : new int[] {1, 3, 200}) {
                    check(kernels, arena, rows, n, 1e-6, (k, y) -> {
                        k.rmsNorm(random(arena, rows, n), weight, 1e-5f, y);
                    });
                }
            }
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("levels")
    void sumsAndGatesAreRight(Tier tier) {
        compare(tier, (kernels, arena) -> {
            for (int n : WIDTHS) {
                for (int rows : new int[] {1, 3, 200}) {
                    check(kernels, arena, rows, n, 1e-6, (k, y) -> k.add(random(arena, rows, n), y));
                    check(kernels, arena, rows, n, 1e-6, (k, y) -> k.add(random(arena, 1, n), y));
                    check(kernels, arena, rows, n, 1e-6, (k, y) -> {
                        Tensor gate = random(arena, rows, n);
                        gate.data().setAtIndex(JAVA_FLOAT, 0, -200);
                        gate.data().setAtIndex(JAVA_FLOAT, gate.elements() - 1, 200);
                        k.swiGlu(gate, random(arena, rows, n), y);
                    });
                }
            }
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("levels")
    void rotationsAreRight(Tier tier) {
        compare(tier, (kernels, arena) -> {
            for (boolean interleaved : new boolean[] {true, false}) {
                for (int[] shape : new int[][] {{2, 1}, {6, 3}, {10, 5}, {64, 32}, {64, 16}, {128, 64}}) {
                    for (int rows : new int[] {1, 5, 300}) {
                        check(kernels, arena, rows, 3L * shape[0], 1e-6, (k, y) -> {
                            Tensor cos = random(arena, rows, shape[1]);
                            k.rotate(new Rotation(cos, random(arena, rows, shape[1]), interleaved), shape[0], y);
                        });
                    }
                }
            }
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("levels")
    void attentionIsRightAndTheSameAloneAndInCompany(Tier tier) {
        assumeTrue(tier.available(), tier.name() + " cannot run here: " + tier.why());
        try (Workers workers = new Workers(2)) {
            Kernels kernels = tier.kernels(workers);
            Kernels plain = new Scalar(workers);
            for (DType type : List.of(DType.F32, DType.F16, DType.Q8_0)) {
                for (Reach reach : List.of(new Reach.All(), new Reach.Window(37), new Reach.Window(300))) {
                    if (type == DType.F16 || reach instanceof Reach.All) {
                        attention(kernels, plain, type, reach, 6, 1, 2, 4);
                        attention(kernels, plain, type, reach, 64, 1, 2, 10); // blocks that no strip divides
                        attention(kernels, plain, type, reach, 40, 2, 2, 32); // heads that no group of 32 divides
                        attention(kernels, plain, type, reach, 128, 1, 3, 16);
                    }
                    attention(kernels, plain, type, reach, 64, 2, 8, 32);
                    attention(kernels, plain, type, reach, 64, 1, 11, 16); // more heads than one kernel takes
                }
            }
        }
    }

    private static void attention(
            Kernels kernels, Kernels plain, DType type, Reach reach, int size, int kv, int heads, int block) {
        String what = "%s %s, %s, heads of %d, %d of %d, blocks of %d"
                .formatted(kernels.tier(), type, reach, size, kv, heads, block);
        int length = 530;
        try (Arena arena = Arena.ofShared()) {
            int count = length / block + 1;
            Pages pages = pages(arena, count, type, kv, size, block);
            Pages plainPages = pages(arena, count, type, kv, size, block);
            int[] blocks = new int[count];
            for (int i = 0; i < count; i++) {
                blocks[i] = count - 1 - i;
            }
            Tensor keys = cached(arena, length, kv, size);
            Tensor values = cached(arena, length, kv, size);
            Tensor q = random(arena, length, (long) heads * size);
            Tensor y = random(arena, length, (long) heads * size);
            Tensor expected = random(arena, length, (long) heads * size);
            List<Span> all = List.of(new Span(blocks, 0, length, Span.Outputs.LAST));
            kernels.store(keys, values, all, pages);
            plain.store(keys, values, all, plainPages);
            plain.attention(q, all, plainPages, reach, 0.125f, expected);
            kernels.attention(q, all, pages, reach, 0.125f, y);
            assertThat(error(y, expected)).as(what).isLessThan(2e-6);

            // the same in two pieces, and single positions by themselves
            int cut = 277;
            Tensor pieces = random(arena, length, (long) heads * size);
            kernels.attention(
                    part(q, 0, cut), List.of(span(blocks, 0, cut)), pages, reach, 0.125f, part(pieces, 0, cut));
            kernels.attention(
                    part(q, cut, length),
                    List.of(span(blocks, cut, length)),
                    pages,
                    reach,
                    0.125f,
                    part(pieces, cut, length));
            assertThat(pieces.data().mismatch(y.data())).as(what).isEqualTo(-1);
            List<Span> singles = new ArrayList<>();
            int[] positions = {0, 1, 9, 31, 32, 33, 64, 99, 128, 200, 255, 256, 257, 300, 384, 399, 450, 511, 512, 529};
            Tensor some = random(arena, positions.length, q.columns());
            Tensor sames = random(arena, positions.length, q.columns());
            for (int i = 0; i < positions.length; i++) {
                singles.add(span(blocks, positions[i], positions[i] + 1));
                MemorySegment.copy(q.data(), positions[i] * q.rowBytes(), some.data(), i * q.rowBytes(), q.rowBytes());
                Tensor one = random(arena, 1, q.columns());
                kernels.attention(
                        part(q, positions[i], positions[i] + 1), singles.subList(i, i + 1), pages, reach, 0.125f, one);
                MemorySegment inAll = part(y, positions[i], positions[i] + 1).data();
                assertThat(one.data().mismatch(inAll))
                        .as(what + ", position " + positions[i])
                        .isEqualTo(-1);
            }
            kernels.attention(some, singles, pages, reach, 0.125f, sames);
            for (int i = 0; i < positions.length; i++) {
                MemorySegment inAll = part(y, positions[i], positions[i] + 1).data();
                assertThat(part(sames, i, i + 1).data().mismatch(inAll))
                        .as(what)
                        .isEqualTo(-1);
            }
        }
    }

    /** A cache, full of what a sequence before may have left. */
    private static Pages pages(Arena arena, int count, DType type, int kv, int size, int block) {
        MemorySegment[] memory = new MemorySegment[Math.ceilDiv(count, PAGE_BLOCKS)];
        Pages pages = new Pages(memory, 64, type, kv, size, block, PAGE_BLOCKS);
        for (int i = 0; i < memory.length; i++) {
            memory[i] = arena.allocate(64 + pages.layerBytes(), 64);
            memory[i].fill((byte) 0x44);
        }
        return pages;
    }

    private static Span span(int[] blocks, int from, int to) {
        return new Span(blocks, from, to - from, Span.Outputs.LAST);
    }

    private static Tensor part(Tensor tensor, int from, int to) {
        long bytes = tensor.rowBytes();
        return new Tensor(
                DType.F32,
                new long[] {to - from, tensor.columns()},
                tensor.data().asSlice(from * bytes, (to - from) * bytes));
    }

    private static void compare(Tier tier, BiConsumer<Kernels[], Arena> body) {
        assumeTrue(tier.available(), tier.name() + " cannot run here: " + tier.why());
        try (Workers workers = new Workers(2);
                Arena arena = Arena.ofShared()) {
            body.accept(new Kernels[] {tier.kernels(workers), new Scalar(workers)}, arena);
        }
    }

    /** Runs an operation with the same random numbers on both; outputs begin random as well, between canaries. */
    private static void check(
            Kernels[] kernels,
            Arena arena,
            long rows,
            long n,
            double tolerance,
            BiConsumer<Kernels, Tensor> operation) {
        Tensor[] outputs = new Tensor[2];
        long bytes = 4 * rows * n;
        for (int i = 0; i < 2; i++) {
            seed = rows * 1_000 + n;
            MemorySegment guarded = arena.allocate(Math.ceilDiv(bytes, 8) * 8 + 128, 64);
            for (long at = 0; at < guarded.byteSize(); at += 8) {
                guarded.set(JAVA_LONG, at, CANARY);
            }
            outputs[i] = new Tensor(DType.F32, new long[] {rows, n}, guarded.asSlice(64, bytes));
            MemorySegment.copy(random(arena, rows, n).data(), 0, outputs[i].data(), 0, bytes);
            operation.accept(kernels[i], outputs[i]);
            for (long at = 0; at < 64; at += 8) {
                assertThat(guarded.get(JAVA_LONG, at)).isEqualTo(CANARY);
                assertThat(guarded.get(JAVA_LONG, guarded.byteSize() - 8 - at)).isEqualTo(CANARY);
            }
        }
        assertThat(error(outputs[0], outputs[1])).as("[%d, %d]", rows, n).isLessThan(tolerance);
    }

    /** The largest difference as a share of the largest number. */
    private static double error(Tensor got, Tensor wanted) {
        double error = 0;
        double largest = 0;
        for (long i = 0; i < wanted.elements(); i++) {
            float a = got.data().getAtIndex(JAVA_FLOAT, i);
            float b = wanted.data().getAtIndex(JAVA_FLOAT, i);
            error = Math.max(error, Float.isFinite(a) ? Math.abs(a - b) : Double.MAX_VALUE);
            largest = Math.max(largest, Math.abs(b));
        }
        return error / largest;
    }

    /** Numbers that every type of cache holds as they are: bytes times a power of two, the largest in each block. */
    private static Tensor cached(Arena arena, int tokens, int kv, int size) {
        Random random = new Random(seed++);
        Tensor tensor = Tensor.allocate(arena, DType.F32, tokens, (long) kv * size);
        for (long i = 0; i < tensor.elements(); i++) {
            boolean first = i % size % 32 == 0;
            int code = first ? (random.nextBoolean() ? 127 : -127) : random.nextInt(-127, 128);
            tensor.data().setAtIndex(JAVA_FLOAT, i, code * 0x1p-6f);
        }
        return tensor;
    }

    private static long seed = 1;

    private static Tensor random(Arena arena, long rows, long columns) {
        Random random = new Random(seed++);
        Tensor tensor = Tensor.allocate(arena, DType.F32, rows, columns);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.data().setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return tensor;
    }
}
