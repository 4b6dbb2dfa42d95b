package dev.puna.engine;

import dev.puna.kernel.Span;
import dev.puna.model.Batch;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A model whose logits hang on every token before them, read back through the blocks of its cache: one wrong, stale or
 * shared block changes the answer.
 */
final class HashPass implements Loop.Pass {
    private final int vocabulary;
    private final int blockTokens;
    private final int[][] cache; // [block][token within it]
    int steps;
    int computedTokens;
    int failNext;

    HashPass(int vocabulary, Limits limits) {
        this.vocabulary = vocabulary;
        blockTokens = limits.blockTokens();
        cache = new int[limits.cacheBlocks()][blockTokens];
        for (int[] block : cache) {
            Arrays.fill(block, -1);
        }
    }

    @Override
    public Tensor logits(Batch batch) {
        steps++;
        if (failNext > 0 && --failNext == 0) {
            throw new IllegalStateException("the kernel broke");
        }
        computedTokens += batch.tokens();
        int at = 0;
        for (Span span : batch.spans()) {
            for (int p = span.start(); p < span.end(); p++) {
                cache[span.blocks()[p / blockTokens]][p % blockTokens] = batch.ids()[at++];
            }
        }
        int rows = batch.spans().stream().mapToInt(Span::outputRows).sum();
        Tensor logits = Tensor.allocate(Arena.ofAuto(), DType.F32, rows, vocabulary);
        int row = 0;
        for (Span span : batch.spans()) {
            for (int end = span.end() - span.outputRows() + 1; end <= span.end() && span.outputRows() > 0; end++) {
                int[] tokens = new int[end];
                for (int p = 0; p < end; p++) {
                    tokens[p] = cache[span.blocks()[p / blockTokens]][p % blockTokens];
                }
                float[] values = logits(tokens, vocabulary);
                for (int i = 0; i < vocabulary; i++) {
                    logits.data().setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * vocabulary + i, values[i]);
                }
                row++;
            }
        }
        return logits;
    }

    /** Its states are its logits. */
    @Override
    public Tensor states(Batch batch) {
        return logits(batch);
    }

    @Override
    public void copy(int from, int to) {
        cache[to] = cache[from].clone();
    }

    /** The logits after these tokens. */
    static float[] logits(int[] tokens, int vocabulary) {
        long hash = 1;
        for (int token : tokens) {
            hash = (hash + token + 1) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 29;
        }
        var random = new SplittableRandom(hash);
        float[] values = new float[vocabulary];
        for (int i = 0; i < vocabulary; i++) {
            values[i] = (float) (6 * random.nextDouble());
        }
        return values;
    }
}
