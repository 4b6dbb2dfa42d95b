package dev.puna.engine;

import dev.puna.kernel.Span;
import dev.puna.kernel.Span.Outputs;
import dev.puna.model.Batch;
import dev.puna.model.KvCache;
import dev.puna.model.Llama;
import dev.puna.model.Workspace;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Sampler;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** How likely a model finds a text that is there already. Serves one thread; close it before the model. */
public final class Scorer implements AutoCloseable {
    private static final int BLOCK_TOKENS = 32;
    private static final long LOGIT_BYTES = 32 << 20; // of one pass, so that memory does not grow with the text

    /** Takes logits as they come. */
    @FunctionalInterface
    public interface Rows {
        /** @param logits f32 [some tokens, vocabulary], of the tokens after those of the call before; valid in this call */
        void accept(MemorySegment logits);
    }

    private final Llama llama;
    private final Machine machine;
    private final int context;
    private final KvCache cache;
    private final Workspace work = new Workspace();
    private final int[] blocks;
    private final int chunk;

    /** @param context the most tokens of one window */
    public Scorer(Llama llama, Machine machine, DType cacheType, int context) {
        this.llama = llama;
        this.machine = machine;
        this.context = context;
        blocks = IntStream.range(0, Math.ceilDiv(context, BLOCK_TOKENS)).toArray();
        cache = new KvCache(llama.config(), cacheType, blocks.length, BLOCK_TOKENS);
        chunk = (int) Math.clamp(LOGIT_BYTES / (4L * llama.config().vocab()), 1, 256);
    }

    /**
     * The natural logarithm of the probability of each token, given the tokens before it in the window. The first has
     * none before it: NaN.
     *
     * @param window token ids, at least one
     * @throws BadRequest if there are more than the context holds, or one is no token id
     */
    public double[] score(int[] window, Rows rows) {
        int vocabulary = llama.config().vocab();
        if (window.length == 0) {
            throw new BadRequest("text", "is empty: there is nothing to score");
        }
        if (window.length > context) {
            throw new BadRequest("text", "has " + window.length + " tokens, more than the context holds: " + context);
        }
        for (int id : window) {
            if (id < 0 || id >= vocabulary) {
                throw new BadRequest("text", "holds the token id " + id + "; ids go from 0 to " + (vocabulary - 1));
            }
        }
        var sampler = new Sampler(vocabulary);
        double[] scores = new double[window.length];
        scores[0] = Double.NaN;
        for (int start = 0; start < window.length; start += chunk) {
            int count = Math.min(chunk, window.length - start);
            int[] ids = Arrays.copyOfRange(window, start, start + count);
            var batch = new Batch(ids, List.of(new Span(blocks, start, count, Outputs.EVERY)));
            Tensor logits = llama.forward(machine.kernels(), batch, cache, work); // [count, vocabulary]
            for (int i = 0; i < count && start + i + 1 < window.length; i++) {
                MemorySegment row = logits.data().asSlice(i * logits.rowBytes(), logits.rowBytes());
                scores[start + i + 1] = sampler.logprob(row, window[start + i + 1]);
            }
            rows.accept(logits.data());
        }
        return scores;
    }

    @Override
    public void close() {
        work.close();
        cache.close();
    }
}
