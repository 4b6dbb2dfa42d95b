package dev.puna.sample;

import org.jspecify.annotations.Nullable;

/**
 * What a text may still become, token by token: a grammar, and how far the answer has come in it. It knows tokens that
 * are text. The tokens that end an answer are the request's affair: they may be chosen exactly where {@link #mayEnd}.
 *
 * <p>The loop asks {@link Sampler#pick} for a token with the constraint, tells it what was chosen by {@link #accept},
 * appends {@link #forced} (telling it each of those too), and ends the answer where it is {@link #complete}.
 *
 * <p>An instance serves one thread and one answer; {@link #fork} makes another one that goes on from the same place.
 */
public interface Constraint {
    /**
     * Writes which tokens may come next: bit {@code id % 64} of word {@code id / 64}. Every word is written. Whatever is
     * allowed leads to a whole text some day; nothing at all is allowed only where the answer is {@link #complete}.
     *
     * @param mask at least as many bits as the vocabulary has tokens
     */
    void allowed(long[] mask);

    /**
     * What is left to do before {@link #allowed} can be answered at once, for another thread to do while this one goes on;
     * null where it is nothing. It does not hang on what happens to this constraint meanwhile.
     */
    default @Nullable Runnable ahead() {
        return null;
    }

    /** Whether this token may come next: what {@link #allowed} says of it, mostly at far less cost. */
    boolean allows(int token);

    /**
     * The answer goes on with this token.
     *
     * @throws IllegalArgumentException if the token is not allowed here; nothing has changed then
     */
    void accept(int token);

    /** Whether the text so far is whole: the answer may end here. */
    boolean mayEnd();

    /** Whether the text so far is whole and nothing can follow it. */
    boolean complete();

    /**
     * Tokens that come next whatever the model thinks, because the grammar leaves no choice: they need no sampling, and
     * one forward pass computes them all. Often none. Not accepted yet.
     */
    int[] forced();

    /** Another constraint at the same place; cheap. What happens to either is not seen by the other. */
    Constraint fork();
}
