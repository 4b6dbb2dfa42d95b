package dev.puna.engine;

import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A request's tokens, where their keys and values lie in the cache, and how far they are computed. */
final class Sequence {
    final Request request;
    final Generation generation;
    final long seed;
    final long asked = System.nanoTime();
    final int most; // tokens, prompt and answer
    final @Nullable Constraint constraint;
    long started; // nanoTime of the first step, 0 before
    long firstToken; // nanoTime, 0 before
    long lastToken; // nanoTime, 0 before any
    int reused; // tokens taken over from the conversation

    private final int promptLength;
    private int[] tokens;
    private int length;
    private int computed;
    private int[] blocks = new int[4];
    private int blockCount;

    Sequence(Request request, Generation generation, long seed, int most) {
        this.request = request;
        this.generation = generation;
        this.seed = seed;
        this.most = most;
        constraint = request.constraint().orElse(null);
        tokens = request.prompt();
        promptLength = tokens.length;
        length = promptLength;
    }

    Sampling sampling() {
        return request.sampling();
    }

    int promptLength() {
        return promptLength;
    }

    /** Prompt and answer; {@link #length} of them count. */
    int[] tokens() {
        return tokens;
    }

    int length() {
        return length;
    }

    /** How many tokens' keys and values are in the cache. */
    int computed() {
        return computed;
    }

    /** Tokens still to compute before the next one can be chosen: 1 while the answer grows. */
    int left() {
        return length - computed;
    }

    Usage usage() {
        long now = System.nanoTime();
        long begun = started == 0 ? now : started;
        long first = firstToken == 0 ? now : firstToken;
        long last = firstToken == 0 ? now : lastToken;
        return new Usage(promptLength, reused, length - promptLength, begun - asked, first - begun, last - first);
    }

    void append(int token) {
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(16, length + length / 2));
        }
        tokens[length++] = token;
    }

    void advance(int count) {
        computed += count;
        assert computed <= length;
    }

    int blockCount() {
        return blockCount;
    }

    /** The first {@link #blockCount} count. */
    int[] blocks() {
        return blocks;
    }

    void addBlock(int block) {
        if (blockCount == blocks.length) {
            blocks = Arrays.copyOf(blocks, 2 * blockCount);
        }
        blocks[blockCount++] = block;
    }

    /** Gives the blocks after the first {@code keep} back. What they held must be computed again. */
    void release(BlockPool pool, int keep, int tokensKept) {
        while (blockCount > keep) {
            pool.give(blocks[--blockCount]);
        }
        computed = Math.min(computed, tokensKept);
    }

    /** Takes over all blocks of {@code other}, of which the first {@code common} tokens are this sequence's too. */
    void adopt(Sequence other, int common) {
        assert blockCount == 0 && computed == 0;
        blocks = other.blocks;
        blockCount = other.blockCount;
        other.blockCount = 0;
        computed = common;
        reused = common;
    }
}
