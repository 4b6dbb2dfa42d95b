package dev.puna.kernel;

/** Consecutive tokens of one sequence within a batch. Prefill, decode and verification differ only in their spans. */
public final class Span {

    /** Which tokens of a span get logits. */
    public enum Outputs {
        /** None: a piece of a prompt that goes on. */
        NONE,
        /** The last token. */
        LAST,
        /** Every token. */
        EVERY
    }

    private int[] blocks = {};
    private int start;
    private int length;
    private Outputs outputs = Outputs.NONE;

    /** A span as {@link #set} makes it. */
    public Span(int[] blocks, int start, int length, Outputs outputs) {
        set(blocks, start, length, outputs);
    }

    /**
     * Makes this span another one, so that a step of decoding makes none anew. Not while a forward pass runs.
     *
     * @param blocks the cache blocks of the sequence in order: position {@code p} lies in {@code blocks[p / blockTokens]}.
     *     Not copied; it may be longer than needed, and must not change while a forward pass runs
     * @param start position of the first token
     * @param length number of tokens, at least 1
     * @param outputs whose logits are wanted
     */
    public void set(int[] blocks, int start, int length, Outputs outputs) {
        if (start < 0 || length < 1 || start > Integer.MAX_VALUE - length) {
            throw new IllegalArgumentException("a span of " + length + " tokens from position " + start);
        }
        this.blocks = blocks;
        this.start = start;
        this.length = length;
        this.outputs = outputs;
    }

    public int[] blocks() {
        return blocks;
    }

    public int start() {
        return start;
    }

    public int length() {
        return length;
    }

    /** The position after the last token. */
    public int end() {
        return start + length;
    }

    /** How many rows of logits this span gets. */
    public int outputRows() {
        return switch (outputs) {
            case NONE -> 0;
            case LAST -> 1;
            case EVERY -> length;
        };
    }
}
