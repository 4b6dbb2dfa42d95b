package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.F;
import static dev.puna.kernel.Lanes.load;
import static dev.puna.kernel.Lanes.put;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The tier {@code vector}: what is hot in the Vector API, the rest inherited. Weights are decoded to F32 a panel of rows at
 * a time, which stays in cache, and multiplied there; so every format has one kernel to decode it and all have one
 * kernel to multiply.
 */
public final class Vector extends Scalar {
    /** Rows decoded at a time: enough to use each input several times while it is in the first cache. */
    private static final int PANEL = 16;

    /** Neighbouring tokens whose attention is computed together. */
    private static final int NEIGHBOURS = 16;

    /** Most scores kept at a time: 512 KiB of them, so that they stay in the second cache. */
    private static final int MOST_SCORES = 1 << 17;

    private final AttentionVector attention = new AttentionVector();

    // The operation that is being done
    private List<Tensor> weights = List.of();
    private List<Tensor> ys = List.of();
    private int panels;
    private int panelsOfStrip;
    /** Of each weight its first panel, or of each span its first strip; behind the last how many there are. */
    private int[] first = {};
    /** By span: its first token in the batch. */
    private int[] token = {};
    /** By span: how many of its tokens are computed together. */
    private int[] neighbours = {};

    private final Rows norm = this::norm;
    private final Rows add = this::add;
    private final Rows swiGlu = this::swiGlu;
    private final Workers.Task products = this::products;
    private final Workers.Task attend = this::attend;

    public Vector(Workers workers) {
        super(workers);
    }

    @Override
    public String tier() {
        return "vector";
    }

    @Override
    public String how(DType type) {
        return "decoded %d rows at a time, multiply-adds of %d f32".formatted(PANEL, COUNT);
    }

    static String description() {
        return "Vector API, %d lanes of float32".formatted(COUNT);
    }

    @Override
    public void gather(Tensor table, int[] rows, Tensor y) {
        for (int i = 0; i < rows.length; i++) {
            decode(table.type(), table.data(), rows[i] * table.rowBytes(), y.data(), i * y.rowBytes(), (int)
                    table.columns());
        }
    }

    @Override
    public void rmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y) {
        in = x;
        other = weight;
        out = y;
        number = epsilon;
        int n = (int) weight.elements();
        split((int) (x.elements() / n), n, norm);
    }

    private void norm(int from, int to, int worker) {
        int n = (int) other.elements();
        for (int r = from; r < to; r++) {
            norm(n, in.data(), other.data(), number, out.data(), 4L * n * r);
        }
    }

    private static void norm(int n, MemorySegment x, MemorySegment weight, float epsilon, MemorySegment y, long row) {
        int whole = n - n % COUNT;
        FloatVector squares = FloatVector.zero(F);
        for (int i = 0; i < whole; i += COUNT) {
            FloatVector v = load(x, row + 4L * i);
            squares = v.fma(v, squares);
        }
        float sum = Lanes.sum(squares);
        for (int i = whole; i < n; i++) {
            float v = x.get(JAVA_FLOAT, row + 4L * i);
            sum += v * v;
        }
        float scale = (float) (1 / Math.sqrt(sum / n + epsilon));
        for (int i = 0; i < whole; i += COUNT) {
            put(load(x, row + 4L * i).mul(scale).mul(load(weight, 4L * i)), y, row + 4L * i);
        }
        for (int i = whole; i < n; i++) {
            y.set(JAVA_FLOAT, row + 4L * i, x.get(JAVA_FLOAT, row + 4L * i) * scale * weight.get(JAVA_FLOAT, 4L * i));
        }
    }

    @Override
    public void matmul(Tensor x, List<Tensor> weights, List<Tensor> ys) {
        in = x;
        this.weights = weights;
        this.ys = ys;
        first = atLeast(first, weights.size() + 1);
        for (int i = 0; i < weights.size(); i++) {
            first[i + 1] = first[i] + Math.ceilDiv((int) weights.get(i).rows(), PANEL);
        }
        panels = first[weights.size()];
        panelsOfStrip = Math.max(1, panels / (workers.threads() * 16));
        workers.run(Math.ceilDiv(panels, panelsOfStrip), products);
    }

    private void products(int strip, int worker) {
        for (int panel = strip * panelsOfStrip; panel < Math.min(panels, (strip + 1) * panelsOfStrip); panel++) {
            int i = indexOf(panel, weights.size());
            product(in, weights.get(i), ys.get(i), (panel - first[i]) * PANEL, worker);
        }
    }

    /** The weight or the span to which a panel or a strip belongs. */
    private int indexOf(int part, int count) {
        int found = Arrays.binarySearch(first, 0, count + 1, part);
        return found >= 0 ? found : -found - 2;
    }

    private static int[] atLeast(int[] array, int length) {
        return array.length < length ? new int[length] : array;
    }

    /** One panel of rows times every token. */
    private void product(Tensor x, Tensor weight, Tensor y, int row, int worker) {
        int n = (int) weight.columns();
        int rows = (int) Math.min(PANEL, weight.rows() - row);
        int tokens = (int) x.rows();
        long rowBytes = weight.rowBytes();
        MemorySegment scratch = workers.scratch(worker, Tile.SUMS + DType.F32.bytes((long) PANEL * n));
        MemorySegment panel = weight.data();
        long panelAt = row * rowBytes;
        if (weight.type() != DType.F32) {
            panel = scratch;
            panelAt = Tile.SUMS;
            decode(
                    weight.type(),
                    weight.data(),
                    row * rowBytes,
                    scratch,
                    panelAt,
                    rows * n); // rows lie one after the other
        }
        Tile.products(
                n,
                panel,
                panelAt,
                4L * n,
                rows,
                x.data(),
                0,
                4L * n,
                tokens,
                y.data(),
                4L * row,
                y.rowBytes(),
                scratch);
    }

    /** Numbers of whole blocks as F32: the bits that the type's own decoding gives. */
    static void decode(DType type, MemorySegment source, long from, MemorySegment target, long to, int n) {
        if (COUNT < 8) {
            type.decode(source, from, target, to, n);
            return;
        }
        switch (type) {
            case F32 -> MemorySegment.copy(source, from, target, to, 4L * n);
            case F16 -> DecodeHalfVector.f16(source, from, target, to, n);
            case BF16 -> DecodeHalfVector.bf16(source, from, target, to, n);
            case Q8_0 -> DecodeQ8_0Vector.row(source, from, target, to, n);
            case Q4_0 -> DecodeQ4_0Vector.row(source, from, target, to, n);
            case Q4_1 -> DecodeQ4_1Vector.row(source, from, target, to, n);
            case Q5_0 -> DecodeQ5_0Vector.row(source, from, target, to, n);
            case Q5_1 -> DecodeQ5_1Vector.row(source, from, target, to, n);
            case Q4_K -> DecodeQ4_KVector.row(source, from, target, to, n);
            case Q5_K -> DecodeQ5_KVector.row(source, from, target, to, n);
            case Q6_K -> DecodeQ6_KVector.row(source, from, target, to, n);
            default -> type.decode(source, from, target, to, n);
        }
    }

    @Override
    public void add(Tensor b, Tensor y) {
        in = b;
        out = y;
        split((int) y.rows(), (int) b.columns(), add);
    }

    private void add(int from, int to, int worker) {
        int n = (int) in.columns();
        boolean oneRow = in.rows() == 1;
        for (int r = from; r < to; r++) {
            add(n, in.data(), oneRow ? 0 : 4L * n * r, out.data(), 4L * n * r);
        }
    }

    private static void add(int n, MemorySegment b, long b0, MemorySegment y, long y0) {
        int whole = n - n % COUNT;
        for (int i = 0; i < whole; i += COUNT) {
            put(load(y, y0 + 4L * i).add(load(b, b0 + 4L * i)), y, y0 + 4L * i);
        }
        for (int i = whole; i < n; i++) {
            y.set(JAVA_FLOAT, y0 + 4L * i, y.get(JAVA_FLOAT, y0 + 4L * i) + b.get(JAVA_FLOAT, b0 + 4L * i));
        }
    }

    @Override
    public void attention(Tensor queries, List<Span> spans, Pages pages, Reach reach, float scale, Tensor y) {
        attention.begin(queries, pages, reach, scale, y);
        this.spans = spans;
        this.pages = pages;
        int group = (int) (queries.columns() / pages.headSize() / pages.kvHeads());
        first = atLeast(first, spans.size() + 1);
        token = atLeast(token, spans.size() + 1);
        neighbours = atLeast(neighbours, spans.size());
        long work = 0;
        for (int i = 0; i < spans.size(); i++) {
            Span span = spans.get(i);
            neighbours[i] = Math.clamp(MOST_SCORES / ((long) group * span.end()), 1, NEIGHBOURS);
            first[i + 1] = first[i] + Math.ceilDiv(span.length(), neighbours[i]) * pages.kvHeads();
            token[i + 1] = token[i] + span.length();
            work += (long) span.length() * span.end() * queries.columns();
        }
        int strips = first[spans.size()];
        if (work > 4 * SMALL) {
            workers.run(strips, attend);
        } else {
            for (int strip = 0; strip < strips; strip++) {
                attend(strip, 0);
            }
        }
    }

    private void attend(int strip, int worker) {
        int i = indexOf(strip, spans.size());
        Span span = spans.get(i);
        int head = (strip - first[i]) % pages.kvHeads();
        int from = (strip - first[i]) / pages.kvHeads() * neighbours[i];
        int count = Math.min(neighbours[i], span.length() - from);
        MemorySegment scratch = workers.scratch(worker, attention.scratchBytes(span, from, count));
        attention.attend(span, token[i], from, count, head, scratch);
    }

    @Override
    public void swiGlu(Tensor gate, Tensor up, Tensor y) {
        in = gate;
        other = up;
        out = y;
        split((int) gate.rows(), 4 * (int) gate.columns(), swiGlu);
    }

    private void swiGlu(int from, int to, int worker) {
        int n = (int) in.columns();
        MemorySegment scratch = workers.scratch(worker, Lanes.BYTES);
        for (int r = from; r < to; r++) {
            swiGlu(n, in.data(), other.data(), out.data(), 4L * n * r, scratch);
        }
    }

    private static void swiGlu(
            int n, MemorySegment gate, MemorySegment up, MemorySegment y, long row, MemorySegment scratch) {
        int whole = n - n % COUNT;
        for (int i = 0; i < whole; i += COUNT) {
            long at = row + 4L * i;
            put(silu(load(gate, at), scratch).mul(load(up, at)), y, at);
        }
        if (whole < n) {
            VectorMask<Float> rest = F.indexInRange(whole, n);
            long at = row + 4L * whole;
            silu(load(gate, at, rest), scratch).mul(load(up, at, rest)).intoMemorySegment(y, at, Lanes.ORDER, rest);
        }
    }

    private static FloatVector silu(FloatVector x, MemorySegment scratch) {
        return x.div(Lanes.exp(x.neg(), scratch, 0).add(1f));
    }
}
