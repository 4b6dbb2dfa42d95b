package dev.puna.kernel;

import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The operations of a forward pass. Activations are F32 {@code [tokens, width]}; weights are {@code [rows, columns]} of
 * any type that {@link dev.puna.tensor.DType} decodes.
 *
 * <p>Each operation writes the whole of its last argument, which shares no memory with the others unless it says so.
 * The order of every sum depends on its length alone, never on the number of tokens, of threads or of companions: see
 * the package's comment. Kernels are used by one thread at a time; they spread the work over their {@link Workers}.
 */
public interface Kernels {

    /** The tier's name, as {@code --tier} takes it. */
    String tier();

    /** How products with weights of this type are computed here, in one line for people. */
    String how(DType type);

    /**
     * Memory for the pages of a cache, all zero: at least that many bytes, aligned to 64, until the arena is closed. It
     * may be more, of which what is not touched costs nothing.
     */
    default MemorySegment memory(Arena arena, long bytes) {
        return arena.allocate(bytes, 64);
    }

    /** Picks rows, decoded: {@code y[i] = table[rows[i]]}. */
    void gather(Tensor table, int[] rows, Tensor y);

    /**
     * Root mean square norm of rows as long as {@code weight}: {@code y[i] = weight[i] · x[i] / √(mean(x²) + epsilon)}.
     * A weight of one head's size norms each head by itself. {@code y} may be {@code x}.
     */
    void rmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y);

    /**
     * Products of one input with several weights, in one go so that the input is prepared once and the threads meet
     * once: {@code ys[i][t, r] = Σ_c weights[i][r, c] · x[t, c]}.
     */
    void matmul(Tensor x, List<Tensor> weights, List<Tensor> ys);

    /**
     * The same; threads that have nothing else to do meanwhile fetch what comes next.
     *
     * @param next what the next input will be multiplied with
     */
    default void matmul(Tensor x, List<Tensor> weights, List<Tensor> ys, List<Tensor> next) {
        matmul(x, weights, ys);
    }

    /** {@code y[t, i] += b[t, i]}; a {@code b} of one row is added to every row of {@code y}. */
    void add(Tensor b, Tensor y);

    /**
     * Turns pairs of numbers of each head of {@code x [tokens, heads · headSize]} by the angles of the token's position,
     * in place: {@code (a, b)} becomes {@code (a·cos − b·sin, b·cos + a·sin)}. Pair {@code i} is numbers {@code 2i} and
     * {@code 2i + 1} of a head where the rotation is interleaved, else {@code i} and {@code i + pairs}; what lies beyond
     * the pairs stays as it is.
     */
    void rotate(Rotation rotation, int headSize, Tensor x);

    /** Writes the keys and values {@code [tokens, kvHeads · headSize]} of the spans' tokens to their places in the pages. */
    void store(Tensor keys, Tensor values, List<Span> spans, Pages pages);

    /**
     * Attention of each query to its own sequence. Query head {@code h} of a token at position {@code p} reads the keys
     * and values of head {@code h / (heads / kvHeads)} at positions {@code j} from {@code reach.first(p)} to {@code p}:
     * {@code y[h] = Σ_j softmax_j(scale · q[h]·k[j]) · v[j]}.
     *
     * @param queries {@code [tokens, heads · headSize]}
     */
    void attention(Tensor queries, List<Span> spans, Pages pages, Reach reach, float scale, Tensor y);

    /** {@code y = gate / (1 + e^−gate) · up}; {@code y} may be {@code gate} or {@code up}. */
    void swiGlu(Tensor gate, Tensor up, Tensor y);

    /** One product. */
    default void matmul(Tensor x, Tensor weight, Tensor y) {
        matmul(x, List.of(weight), List.of(y));
    }
}
