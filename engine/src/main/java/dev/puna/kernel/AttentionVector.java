package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.F;
import static dev.puna.kernel.Lanes.load;
import static dev.puna.kernel.Lanes.put;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Attention of a few neighbouring queries of one sequence to one head of keys and values. A block of the cache is decoded
 * once for all of them, and for all the query heads that share it. Scores are kept whole; a query's own sums run over its
 * own positions only, in order, so that its neighbours do not matter.
 */
final class AttentionVector {
    private static final Tensor NOTHING = new Tensor(DType.F32, new long[] {0}, MemorySegment.NULL);

    private Tensor queries = NOTHING;
    private Tensor y = NOTHING;
    private Pages pages = new Pages(new MemorySegment[0], 0, DType.F32, 1, 1, 1, 1);
    private Reach reach = new Reach.All();
    private float scale;
    private int size;
    private int group;

    /** What {@link #attend} computes from now on; one object serves all layers. */
    void begin(Tensor queries, Pages pages, Reach reach, float scale, Tensor y) {
        this.queries = queries;
        this.y = y;
        this.pages = pages;
        this.reach = reach;
        this.scale = scale;
        this.size = pages.headSize();
        this.group = (int) (queries.columns() / size / pages.kvHeads());
    }

    /** How many bytes of scratch memory {@link #attend} needs. */
    long scratchBytes(Span span, int from, int count) {
        long rows = (long) count * group;
        return Tile.SUMS
                + DType.F32.bytes(rows * (2L * size + columns(span, from, count))
                        + (long) pages.blockTokens() * pages.paddedHead());
    }

    /** Positions from the start of the first block that the queries see to the last of them, in whole blocks. */
    private int columns(Span span, int from, int count) {
        int block = pages.blockTokens();
        int last = span.start() + from + count - 1;
        return (last / block + 1 - reach.first(span.start() + from) / block) * block;
    }

    /**
     * Computes a few tokens of a span for one head of keys.
     *
     * @param token the span's first token in the batch
     * @param from the first of the tokens in the span
     */
    void attend(Span span, int token, int from, int count, int head, MemorySegment scratch) {
        int rows = count * group;
        int position = span.start() + from;
        int columns = columns(span, from, count);
        int base = reach.first(position) / pages.blockTokens() * pages.blockTokens();
        long q = Tile.SUMS;
        long sums = q + 4L * rows * size;
        long scores = sums + 4L * rows * size;
        long decoded = scores + 4L * rows * columns;
        long at = (token + from) * queries.rowBytes() + 4L * head * group * size;
        for (int t = 0; t < count; t++) {
            MemorySegment.copy(
                    queries.data(), at + t * queries.rowBytes(), scratch, q + 4L * t * group * size, 4L * group * size);
        }
        for (int j = base; j < position + count; j += pages.blockTokens()) {
            int there = Math.min(pages.blockTokens(), position + count - j);
            MemorySegment page = pages.page(span, j);
            boolean plain = pages.type() == DType.F32;
            long keys = pages.keys(head) + pages.row(span, j);
            if (!plain) {
                Vector.decode(pages.type(), page, keys, scratch, decoded, there * pages.paddedHead());
            }
            Tile.products(
                    size,
                    plain ? page : scratch,
                    plain ? keys : decoded,
                    4L * pages.paddedHead(),
                    there,
                    scratch,
                    q,
                    4L * size,
                    rows,
                    scratch,
                    scores + 4L * (j - base),
                    4L * columns,
                    scratch);
        }
        for (long i = sums; i < scores; i += 4) {
            scratch.set(JAVA_FLOAT, i, 0);
        }
        for (int t = 0; t < count; t++) {
            int first = reach.first(position + t);
            for (int h = 0; h < group; h++) {
                long row = scores + 4L * (t * group + h) * columns + 4L * (first - base);
                softmax(scratch, row, position + t + 1 - first, scale);
            }
        }
        for (int j = base; j < position + count; j += pages.blockTokens()) {
            int there = Math.min(pages.blockTokens(), position + count - j);
            MemorySegment page = pages.page(span, j);
            boolean plain = pages.type() == DType.F32;
            long values = pages.values(head) + pages.row(span, j);
            if (!plain) {
                Vector.decode(pages.type(), page, values, scratch, decoded, there * pages.paddedHead());
            }
            for (int t = 0; t < count; t++) {
                int first = Math.max(j, reach.first(position + t));
                int seen = Math.min(j + there, position + t + 1) - first;
                long skipped = 4L * (first - j) * pages.paddedHead();
                for (int h = 0; seen > 0 && h < group; h++) {
                    long row = scores + 4L * (t * group + h) * columns + 4L * (first - base);
                    addValues(
                            plain ? page : scratch,
                            (plain ? values : decoded) + skipped,
                            4L * pages.paddedHead(),
                            seen,
                            scratch,
                            row,
                            sums + 4L * (t * group + h) * size,
                            size);
                }
            }
        }
        for (int t = 0; t < count; t++) {
            MemorySegment.copy(
                    scratch, sums + 4L * t * group * size, y.data(), at + t * y.rowBytes(), 4L * group * size);
        }
    }

    /**
     * Makes scores to shares of 1, in place; {@code x} begins with scratch memory for a vector. In three methods, for the
     * compiler takes no more than one of them at a time: what is left over makes objects of vectors.
     */
    private static void softmax(MemorySegment x, long x0, int n, float scale) {
        share(x, x0, n, 1 / exponentials(x, x0, n, most(x, x0, n), scale));
    }

    private static float most(MemorySegment x, long x0, int n) {
        FloatVector most = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int whole = n - n % COUNT;
        for (int i = 0; i < whole; i += COUNT) {
            most = most.max(load(x, x0 + 4L * i));
        }
        float max = most.reduceLanes(VectorOperators.MAX);
        for (int i = whole; i < n; i++) {
            max = Math.max(max, x.get(JAVA_FLOAT, x0 + 4L * i));
        }
        return max;
    }

    /** Writes e^(scale · (x − max)) over x and returns the sum. */
    private static float exponentials(MemorySegment x, long x0, int n, float max, float scale) {
        int whole = n - n % COUNT;
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < whole; i += COUNT) {
            FloatVector e = Lanes.exp(load(x, x0 + 4L * i).sub(max).mul(scale), x, 0);
            put(e, x, x0 + 4L * i);
            sum = sum.add(e);
        }
        if (whole < n) {
            VectorMask<Float> rest = F.indexInRange(whole, n);
            FloatVector e = Lanes.exp(load(x, x0 + 4L * whole, rest).sub(max).mul(scale), x, 0);
            e.intoMemorySegment(x, x0 + 4L * whole, Lanes.ORDER, rest);
            sum = sum.add(e, rest);
        }
        return Lanes.sum(sum);
    }

    private static void share(MemorySegment x, long x0, int n, float share) {
        int whole = n - n % COUNT;
        for (int i = 0; i < whole; i += COUNT) {
            put(load(x, x0 + 4L * i).mul(share), x, x0 + 4L * i);
        }
        for (int i = whole; i < n; i++) {
            x.set(JAVA_FLOAT, x0 + 4L * i, x.get(JAVA_FLOAT, x0 + 4L * i) * share);
        }
    }

    /** {@code sums += Σ_j shares[j] · values[j]}, in the order of {@code j}. */
    private static void addValues(
            MemorySegment values,
            long values0,
            long step,
            int count,
            MemorySegment scratch,
            long shares,
            long sums,
            int size) {
        int i = 0;
        for (; i <= size - 4 * COUNT; i += 4 * COUNT) {
            addFour(values, values0 + 4L * i, step, count, scratch, shares, sums + 4L * i);
        }
        for (; i <= size - COUNT; i += COUNT) {
            addOne(values, values0 + 4L * i, step, count, scratch, shares, sums + 4L * i);
        }
        for (; i < size; i++) {
            float sum = scratch.get(JAVA_FLOAT, sums + 4L * i);
            for (int j = 0; j < count; j++) {
                sum = Math.fma(
                        values.get(JAVA_FLOAT, values0 + j * step + 4L * i),
                        scratch.get(JAVA_FLOAT, shares + 4L * j),
                        sum);
            }
            scratch.set(JAVA_FLOAT, sums + 4L * i, sum);
        }
    }

    private static void addFour(
            MemorySegment values, long values0, long step, int count, MemorySegment scratch, long shares, long sums) {
        FloatVector s0 = load(scratch, sums);
        FloatVector s1 = load(scratch, sums + Lanes.BYTES);
        FloatVector s2 = load(scratch, sums + 2L * Lanes.BYTES);
        FloatVector s3 = load(scratch, sums + 3L * Lanes.BYTES);
        for (int j = 0; j < count; j++) {
            long at = values0 + j * step;
            FloatVector share = FloatVector.broadcast(F, scratch.get(JAVA_FLOAT, shares + 4L * j));
            s0 = load(values, at).fma(share, s0);
            s1 = load(values, at + Lanes.BYTES).fma(share, s1);
            s2 = load(values, at + 2L * Lanes.BYTES).fma(share, s2);
            s3 = load(values, at + 3L * Lanes.BYTES).fma(share, s3);
        }
        put(s0, scratch, sums);
        put(s1, scratch, sums + Lanes.BYTES);
        put(s2, scratch, sums + 2L * Lanes.BYTES);
        put(s3, scratch, sums + 3L * Lanes.BYTES);
    }

    private static void addOne(
            MemorySegment values, long values0, long step, int count, MemorySegment scratch, long shares, long sums) {
        FloatVector s = load(scratch, sums);
        for (int j = 0; j < count; j++) {
            FloatVector share = FloatVector.broadcast(F, scratch.get(JAVA_FLOAT, shares + 4L * j));
            s = load(values, values0 + j * step).fma(share, s);
        }
        put(s, scratch, sums);
    }
}
