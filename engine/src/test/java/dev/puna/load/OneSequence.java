package dev.puna.load;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Span;
import dev.puna.kernel.Workers;
import dev.puna.model.Batch;
import dev.puna.model.KvCache;
import dev.puna.model.Llama;
import dev.puna.model.Workspace;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** One sequence of one model on kernels of one kind, with all that it needs. */
final class OneSequence implements AutoCloseable {
    /** The windows that a text is cut into; a window's first token is not scored. */
    static final int WINDOW = 1024;

    private static final int BLOCK = 32;

    private final Llama llama;
    private final Workers workers = new Workers();
    private final Kernels kernels;
    private final KvCache cache;
    private final Workspace work = new Workspace();
    private final int[] blocks;

    OneSequence(Llama llama, Function<Workers, Kernels> kernels, DType cacheType, int tokens) {
        this.llama = llama;
        this.kernels = kernels.apply(workers);
        blocks = IntStream.range(0, Math.ceilDiv(tokens, BLOCK)).toArray();
        cache = new KvCache(llama.config(), cacheType, blocks.length, BLOCK);
    }

    /** Logits, valid until the next call. */
    Tensor forward(int[] ids, int start, Span.Outputs outputs) {
        var span = new Span(blocks, start, ids.length, outputs);
        return llama.forward(kernels, new Batch(ids, List.of(span)), cache, work);
    }

    /** Reads a prompt, some tokens at once: the logits behind it. */
    Tensor read(int[] prompt, int atOnce) {
        for (int at = 0; ; at += atOnce) {
            int to = Math.min(prompt.length, at + atOnce);
            Tensor logits = forward(Arrays.copyOfRange(prompt, at, to), at, Span.Outputs.LAST);
            if (to == prompt.length) {
                return logits;
            }
        }
    }

    /** The likeliest token, again and again, behind so many that were read. */
    int[] greedy(Tensor logits, int start, int tokens) {
        int[] followed = new int[tokens];
        for (int i = 0; i < tokens; i++) {
            followed[i] = Golden.best(logits, 0);
            logits = forward(new int[] {followed[i]}, start + i, Span.Outputs.LAST);
        }
        return followed;
    }

    /**
     * The perplexity of a text in windows, each token but a window's first given those before it in the window.
     *
     * @param atOnce tokens of a forward pass
     */
    double perplexity(int[] ids, int atOnce) {
        double sum = 0;
        int scored = 0;
        for (int from = 0; from < ids.length; from += WINDOW) {
            int end = Math.min(ids.length, from + WINDOW);
            for (int at = from; at < end; at += atOnce) {
                int to = Math.min(end, at + atOnce);
                Tensor logits = forward(Arrays.copyOfRange(ids, at, to), at - from, Span.Outputs.EVERY);
                for (int i = at; i < to && i + 1 < end; i++) {
                    sum += surprise(logits, i - at, ids[i + 1]);
                    scored++;
                }
            }
        }
        return Math.exp(sum / scored);
    }

    private static double surprise(Tensor logits, int row, int id) {
        long vocab = logits.columns();
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < vocab; i++) {
            max = Math.max(max, logits.data().getAtIndex(JAVA_FLOAT, row * vocab + i));
        }
        double sum = 0;
        for (int i = 0; i < vocab; i++) {
            sum += Math.exp(logits.data().getAtIndex(JAVA_FLOAT, row * vocab + i) - max);
        }
        return max + Math.log(sum) - logits.data().getAtIndex(JAVA_FLOAT, row * vocab + id);
    }

    @Override
    public void close() {
        cache.close();
        work.close();
        workers.close();
    }
}
