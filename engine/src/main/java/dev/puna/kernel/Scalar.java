package dev.puna.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The tier {@code reference}: each operation as its formula says, in float32, every sum in the order of its index.
 *
 * <p>Weights and cached rows are decoded by their {@link DType}, a row at a time, into Java arrays, which the JIT compiler
 * handles best in plain loops.
 */
public class Scalar implements Kernels {
    /** Below this many numbers an elementwise operation is not worth a second thread. */
    static final int SMALL = 16_384;

    private static final Tensor NOTHING = new Tensor(DType.F32, new long[] {0}, MemorySegment.NULL);

    protected final Workers workers;
    private final Heap[] heaps;

    // The operation that is being done. What the threads need of it is kept here, so that telling them makes no object.
    protected Tensor in = NOTHING;
    protected Tensor other = NOTHING;
    protected Tensor out = NOTHING;
    protected List<Span> spans = List.of();
    protected Pages pages = new Pages(new MemorySegment[0], 0, DType.F32, 1, 1, 1, 1);
    protected Reach reach = new Reach.All();
    protected @Nullable Rotation rotation;
    /** The norm's epsilon, or what scores are multiplied with. */
    protected float number;

    protected int headSize;
    private float[] input = {};
    private Span span = new Span(new int[0], 0, 1, Span.Outputs.LAST);
    private int token;

    private final Rows norm = this::norm;
    private final Rows product = this::product;
    private final Rows add = this::add;
    private final Rows rotate = this::rotate;
    private final Rows attend = this::attend;
    private final Rows swiGlu = this::swiGlu;

    private Rows body = (_, _, _) -> {};
    private int rows;
    private int strip;
    private final Workers.Task strips = (i, worker) -> body.run(i * strip, Math.min(rows, (i + 1) * strip), worker);

    public Scalar(Workers workers) {
        this.workers = workers;
        heaps = new Heap[workers.threads()];
        for (int i = 0; i < heaps.length; i++) {
            heaps[i] = new Heap();
        }
    }

    /** Arrays of one worker, grown on demand. */
    private static final class Heap {
        private float[] row = {};
        private float[] query = {};
        private float[] scores = {};
        private float[] sums = {};

        float[] row(int length) {
            row = atLeast(row, length);
            return row;
        }

        float[] query(int length) {
            query = atLeast(query, length);
            return query;
        }

        float[] scores(int length) {
            scores = atLeast(scores, length);
            return scores;
        }

        float[] sums(int length) {
            sums = atLeast(sums, length);
            return sums;
        }

        private static float[] atLeast(float[] array, int length) {
            return array.length < length ? new float[length] : array;
        }
    }

    @Override
    public String tier() {
        return "reference";
    }

    @Override
    public String how(DType type) {
        return "decoded a row at a time, plain loops in f32";
    }

    @Override
    public void gather(Tensor table, int[] rows, Tensor y) {
        for (int i = 0; i < rows.length; i++) {
            table.type().decode(table.data(), rows[i] * table.rowBytes(), y.data(), i * y.rowBytes(), table.columns());
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
            long at = (long) r * n;
            float squares = 0;
            for (int i = 0; i < n; i++) {
                float value = get(in, at + i);
                squares += value * value;
            }
            float scale = (float) (1 / Math.sqrt(squares / n + number));
            for (int i = 0; i < n; i++) {
                set(out, at + i, get(other, i) * (get(in, at + i) * scale));
            }
        }
    }

    @Override
    public void matmul(Tensor x, List<Tensor> weights, List<Tensor> ys) {
        input = Heap.atLeast(input, (int) x.elements());
        MemorySegment.copy(x.data(), JAVA_FLOAT, 0, input, 0, (int) x.elements());
        for (int i = 0; i < weights.size(); i++) {
            other = weights.get(i);
            out = ys.get(i);
            split((int) other.rows(), (int) other.columns(), product);
        }
    }

    private void product(int from, int to, int worker) {
        Tensor weight = other;
        Tensor y = out;
        float[] x = input;
        int columns = (int) weight.columns();
        int rows = (int) weight.rows();
        int tokens = (int) y.rows();
        MemorySegment decoded = workers.scratch(worker, DType.F32.bytes(columns));
        float[] row = heaps[worker].row(columns);
        for (int r = from; r < to; r++) {
            weight.type().decode(weight.data(), r * weight.rowBytes(), decoded, 0, columns);
            MemorySegment.copy(decoded, JAVA_FLOAT, 0, row, 0, columns);
            int t = 0;
            for (; t + 4 <= tokens; t += 4) {
                fourDots(row, x, t, columns, y, r, rows);
            }
            for (; t < tokens; t++) {
                set(y, (long) t * rows + r, dot(row, 0, x, t * columns, columns));
            }
        }
    }

    /** Four tokens at once, whose sums do not wait for each other. */
    private static void fourDots(float[] row, float[] x, int t, int n, Tensor y, int r, int rows) {
        int x0 = t * n;
        int x1 = x0 + n;
        int x2 = x1 + n;
        int x3 = x2 + n;
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        for (int c = 0; c < n; c++) {
            float w = row[c];
            s0 += w * x[x0 + c];
            s1 += w * x[x1 + c];
            s2 += w * x[x2 + c];
            s3 += w * x[x3 + c];
        }
        set(y, (long) t * rows + r, s0);
        set(y, (t + 1L) * rows + r, s1);
        set(y, (t + 2L) * rows + r, s2);
        set(y, (t + 3L) * rows + r, s3);
    }

    private static float dot(float[] a, int atA, float[] b, int atB, int n) {
        float sum = 0;
        for (int i = 0; i < n; i++) {
            sum += a[atA + i] * b[atB + i];
        }
        return sum;
    }

    @Override
    public void add(Tensor b, Tensor y) {
        in = b;
        out = y;
        split((int) y.rows(), (int) b.columns(), add);
    }

    private void add(int from, int to, int worker) {
        long n = in.columns();
        long step = in.rows() == 1 ? 0 : n;
        for (int r = from; r < to; r++) {
            for (long i = 0; i < n; i++) {
                set(out, r * n + i, get(out, r * n + i) + get(in, r * step + i));
            }
        }
    }

    @Override
    public void rotate(Rotation rotation, int headSize, Tensor x) {
        this.rotation = rotation;
        this.headSize = headSize;
        out = x;
        split((int) x.rows(), (int) x.columns(), rotate);
    }

    private void rotate(int from, int to, int worker) {
        Rotation by = Objects.requireNonNull(rotation);
        int pairs = by.pairs();
        int step = by.interleaved() ? 2 : 1;
        int apart = by.interleaved() ? 1 : pairs;
        long width = out.columns();
        for (int t = from; t < to; t++) {
            for (long head = t * width; head < (t + 1) * width; head += headSize) {
                for (int i = 0; i < pairs; i++) {
                    float cos = get(by.cos(), (long) t * pairs + i);
                    float sin = get(by.sin(), (long) t * pairs + i);
                    float a = get(out, head + (long) step * i);
                    float b = get(out, head + (long) step * i + apart);
                    set(out, head + (long) step * i, a * cos - b * sin);
                    set(out, head + (long) step * i + apart, b * cos + a * sin);
                }
            }
        }
    }

    @Override
    public void store(Tensor keys, Tensor values, List<Span> spans, Pages pages) {
        MemorySegment padded = workers.scratch(0, DType.F32.bytes(pages.paddedHead()));
        padded.fill((byte) 0);
        int t = 0;
        for (int i = 0; i < spans.size(); i++) {
            Span span = spans.get(i);
            for (int p = span.start(); p < span.end(); p++, t++) {
                MemorySegment page = pages.page(span, p);
                long row = pages.row(span, p);
                for (int head = 0; head < pages.kvHeads(); head++) {
                    store(keys, t, head, padded, pages, page, pages.keys(head) + row);
                    store(values, t, head, padded, pages, page, pages.values(head) + row);
                }
            }
        }
    }

    private static void store(
            Tensor x, int token, int head, MemorySegment padded, Pages pages, MemorySegment page, long offset) {
        long bytes = DType.F32.bytes(pages.headSize());
        MemorySegment.copy(x.data(), token * x.rowBytes() + head * bytes, padded, 0, bytes);
        pages.type().encode(padded, 0, page, offset, pages.paddedHead());
    }

    @Override
    public void attention(Tensor queries, List<Span> spans, Pages pages, Reach reach, float scale, Tensor y) {
        in = queries;
        out = y;
        this.pages = pages;
        this.reach = reach;
        number = scale;
        token = 0;
        for (int i = 0; i < spans.size(); i++) {
            span = spans.get(i);
            split(span.length() * pages.kvHeads(), span.end() * pages.headSize(), attend);
            token += span.length();
        }
    }

    private void attend(int from, int to, int worker) {
        for (int i = from; i < to; i++) {
            attendOne(i / pages.kvHeads(), i % pages.kvHeads(), worker);
        }
    }

    /** One token's query heads that share one head of keys and values. */
    private void attendOne(int ofSpan, int kvHead, int worker) {
        int position = span.start() + ofSpan;
        int size = pages.headSize();
        int group = (int) (in.columns() / size / pages.kvHeads());
        long at = (token + ofSpan) * in.columns() + (long) kvHead * group * size;
        int first = reach.first(position);
        int seen = position - first + 1;
        Heap heap = heaps[worker];
        float[] q = heap.query(group * size);
        float[] scores = heap.scores(group * seen);
        float[] sum = heap.sums(group * size);
        float[] row = heap.row(pages.blockTokens() * pages.paddedHead());
        MemorySegment.copy(in.data(), JAVA_FLOAT, DType.F32.bytes(at), q, 0, group * size);

        for (int j = first; j <= position; ) { // scores = scale · q · k
            int end = Math.min(position + 1, (j / pages.blockTokens() + 1) * pages.blockTokens());
            read(j, end, pages.keys(kvHead), row, worker);
            for (int k = 0; j < end; j++, k += pages.paddedHead()) {
                for (int h = 0; h < group; h++) {
                    scores[h * seen + j - first] = number * dot(q, h * size, row, k, size);
                }
            }
        }
        for (int h = 0; h < group; h++) {
            softmax(scores, h * seen, seen);
        }
        Arrays.fill(sum, 0, group * size, 0);
        for (int j = first; j <= position; ) { // y = Σ scores · v
            int end = Math.min(position + 1, (j / pages.blockTokens() + 1) * pages.blockTokens());
            read(j, end, pages.values(kvHead), row, worker);
            for (int k = 0; j < end; j++, k += pages.paddedHead()) {
                for (int h = 0; h < group; h++) {
                    float p = scores[h * seen + j - first];
                    for (int i = 0; i < size; i++) {
                        sum[h * size + i] += p * row[k + i];
                    }
                }
            }
        }
        MemorySegment.copy(sum, 0, out.data(), JAVA_FLOAT, DType.F32.bytes(at), group * size);
    }

    /** Decodes one head's rows of the positions from {@code from} to {@code to}, all of one block. */
    private void read(int from, int to, long offset, float[] rows, int worker) {
        int n = (to - from) * pages.paddedHead();
        MemorySegment decoded = workers.scratch(worker, DType.F32.bytes(n));
        pages.type().decode(pages.page(span, from), offset + pages.row(span, from), decoded, 0, n);
        MemorySegment.copy(decoded, JAVA_FLOAT, 0, rows, 0, n);
    }

    private static void softmax(float[] x, int at, int n) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, x[at + i]);
        }
        float sum = 0;
        for (int i = 0; i < n; i++) {
            x[at + i] = (float) Math.exp(x[at + i] - max);
            sum += x[at + i];
        }
        for (int i = 0; i < n; i++) {
            x[at + i] /= sum;
        }
    }

    @Override
    public void swiGlu(Tensor gate, Tensor up, Tensor y) {
        in = gate;
        other = up;
        out = y;
        split((int) gate.rows(), (int) gate.columns(), swiGlu);
    }

    private void swiGlu(int from, int to, int worker) {
        long n = in.columns();
        for (long i = from * n; i < to * n; i++) {
            float g = get(in, i);
            set(out, i, g / (1 + (float) Math.exp(-g)) * get(other, i));
        }
    }

    /** Rows of an operation. */
    @FunctionalInterface
    interface Rows {
        void run(int from, int to, int worker);
    }

    /**
     * Spreads rows over the workers, several strips for each so that a fast one can take more.
     *
     * @param cost numbers touched per row
     */
    final void split(int rows, int cost, Rows body) {
        if ((long) rows * cost <= SMALL || rows == 1) {
            body.run(0, rows, 0);
            return;
        }
        this.body = body;
        this.rows = rows;
        strip = Math.max(Math.ceilDiv(rows, workers.threads() * 8), Math.ceilDiv(SMALL / 4, cost));
        workers.run(Math.ceilDiv(rows, strip), strips);
    }

    private static float get(Tensor tensor, long index) {
        return tensor.data().getAtIndex(JAVA_FLOAT, index);
    }

    private static void set(Tensor tensor, long index, float value) {
        tensor.data().setAtIndex(JAVA_FLOAT, index, value);
    }
}
