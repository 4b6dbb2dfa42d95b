package dev.puna.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * The tier {@code reference}: each operation as its formula says, in float32, every sum in the order of its index.
 *
 * <p>Weights and cached rows are decoded by their {@link DType}, a row at a time, into Java arrays, which the JIT compiler
 * handles best in plain loops.
 */
public class Scalar implements Kernels {
    /** Below this many numbers an elementwise operation is not worth a second thread. */
    static final int SMALL = 16_384;

    protected final Workers workers;
    private final Heap[] heaps;

    public Scalar(Workers workers) {
        this.workers = workers;
        heaps = new Heap[workers.threads()];
        for (int i = 0; i < heaps.length; i++) {
            heaps[i] = new Heap();
        }
    }

    /** Arrays of one worker, grown on demand. */
    private static final class Heap {
        private float[] input = {};
        private float[] row = {};
        private float[] query = {};
        private float[] scores = {};
        private float[] sums = {};

        float[] input(int length) {
            input = atLeast(input, length);
            return input;
        }

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
        int n = (int) weight.elements();
        int rows = (int) (x.elements() / n);
        split(rows, n, (from, to, _) -> {
            for (int r = from; r < to; r++) {
                long at = (long) r * n;
                float squares = 0;
                for (int i = 0; i < n; i++) {
                    float value = get(x, at + i);
                    squares += value * value;
                }
                float scale = (float) (1 / Math.sqrt(squares / n + epsilon));
                for (int i = 0; i < n; i++) {
                    set(y, at + i, get(weight, i) * (get(x, at + i) * scale));
                }
            }
        });
    }

    @Override
    public void matmul(Tensor x, List<Tensor> weights, List<Tensor> ys) {
        float[] input = heaps[0].input((int) x.elements());
        MemorySegment.copy(x.data(), JAVA_FLOAT, 0, input, 0, (int) x.elements());
        for (int i = 0; i < weights.size(); i++) {
            product(input, weights.get(i), ys.get(i));
        }
    }

    private void product(float[] x, Tensor weight, Tensor y) {
        int columns = (int) weight.columns();
        int rows = (int) weight.rows();
        int tokens = (int) y.rows();
        split(rows, columns, (from, to, worker) -> {
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
        });
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
        long n = b.columns();
        long step = b.rows() == 1 ? 0 : n;
        split((int) y.rows(), (int) n, (from, to, _) -> {
            for (int r = from; r < to; r++) {
                for (long i = 0; i < n; i++) {
                    set(y, r * n + i, get(y, r * n + i) + get(b, r * step + i));
                }
            }
        });
    }

    @Override
    public void rotate(Rotation rotation, int headSize, Tensor x) {
        int pairs = rotation.pairs();
        int step = rotation.interleaved() ? 2 : 1;
        int apart = rotation.interleaved() ? 1 : pairs;
        long width = x.columns();
        split((int) x.rows(), (int) width, (from, to, _) -> {
            for (int t = from; t < to; t++) {
                for (long head = t * width; head < (t + 1) * width; head += headSize) {
                    for (int i = 0; i < pairs; i++) {
                        float cos = get(rotation.cos(), (long) t * pairs + i);
                        float sin = get(rotation.sin(), (long) t * pairs + i);
                        float a = get(x, head + (long) step * i);
                        float b = get(x, head + (long) step * i + apart);
                        set(x, head + (long) step * i, a * cos - b * sin);
                        set(x, head + (long) step * i + apart, b * cos + a * sin);
                    }
                }
            }
        });
    }

    @Override
    public void store(Tensor keys, Tensor values, List<Span> spans, Pages pages) {
        MemorySegment padded = workers.scratch(0, DType.F32.bytes(pages.paddedHead()));
        padded.fill((byte) 0);
        int t = 0;
        for (Span span : spans) {
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
        int t = 0;
        for (Span span : spans) {
            int first = t;
            split(span.length() * pages.kvHeads(), span.end() * pages.headSize(), (from, to, worker) -> {
                for (int strip = from; strip < to; strip++) {
                    int token = strip / pages.kvHeads();
                    int head = strip % pages.kvHeads();
                    attend(queries, first + token, span, span.start() + token, head, pages, reach, scale, y, worker);
                }
            });
            t += span.length();
        }
    }

    /** One token's query heads that share one head of keys and values. */
    private void attend(
            Tensor queries,
            int t,
            Span span,
            int position,
            int kvHead,
            Pages pages,
            Reach reach,
            float scale,
            Tensor y,
            int worker) {
        int size = pages.headSize();
        int group = (int) (queries.columns() / size / pages.kvHeads());
        long at = t * queries.columns() + (long) kvHead * group * size;
        int first = reach.first(position);
        int seen = position - first + 1;
        Heap heap = heaps[worker];
        float[] q = heap.query(group * size);
        float[] scores = heap.scores(group * seen);
        float[] sum = heap.sums(group * size);
        float[] row = heap.row(pages.blockTokens() * pages.paddedHead());
        MemorySegment.copy(queries.data(), JAVA_FLOAT, DType.F32.bytes(at), q, 0, group * size);

        for (int j = first; j <= position; ) { // scores = scale · q · k
            int end = Math.min(position + 1, (j / pages.blockTokens() + 1) * pages.blockTokens());
            read(pages, span, j, end, pages.keys(kvHead), row, worker);
            for (int k = 0; j < end; j++, k += pages.paddedHead()) {
                for (int h = 0; h < group; h++) {
                    scores[h * seen + j - first] = scale * dot(q, h * size, row, k, size);
                }
            }
        }
        for (int h = 0; h < group; h++) {
            softmax(scores, h * seen, seen);
        }
        Arrays.fill(sum, 0, group * size, 0);
        for (int j = first; j <= position; ) { // y = Σ scores · v
            int end = Math.min(position + 1, (j / pages.blockTokens() + 1) * pages.blockTokens());
            read(pages, span, j, end, pages.values(kvHead), row, worker);
            for (int k = 0; j < end; j++, k += pages.paddedHead()) {
                for (int h = 0; h < group; h++) {
                    float p = scores[h * seen + j - first];
                    for (int i = 0; i < size; i++) {
                        sum[h * size + i] += p * row[k + i];
                    }
                }
            }
        }
        MemorySegment.copy(sum, 0, y.data(), JAVA_FLOAT, DType.F32.bytes(at), group * size);
    }

    /** Decodes one head's rows of the positions from {@code from} to {@code to}, all of one block. */
    private void read(Pages pages, Span span, int from, int to, long offset, float[] rows, int worker) {
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
        int n = (int) gate.columns();
        split((int) gate.rows(), n, (from, to, _) -> {
            for (long i = (long) from * n; i < (long) to * n; i++) {
                float g = get(gate, i);
                set(y, i, g / (1 + (float) Math.exp(-g)) * get(up, i));
            }
        });
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
        int strip = Math.max(Math.ceilDiv(rows, workers.threads() * 8), Math.ceilDiv(SMALL / 4, cost));
        workers.run(
                Math.ceilDiv(rows, strip), (i, worker) -> body.run(i * strip, Math.min(rows, (i + 1) * strip), worker));
    }

    private static float get(Tensor tensor, long index) {
        return tensor.data().getAtIndex(JAVA_FLOAT, index);
    }

    private static void set(Tensor tensor, long index, float value) {
        tensor.data().setAtIndex(JAVA_FLOAT, index, value);
    }
}
