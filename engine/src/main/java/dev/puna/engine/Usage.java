package dev.puna.engine;

/**
 * What a request took.
 *
 * @param promptTokens tokens of the prompt
 * @param cachedTokens how many of these were in the cache already
 * @param newTokens tokens of the answer, an end token among them
 * @param predictedTokens of these, those that were guessed from the caller's prediction
 * @param rejectedTokens tokens of the prediction that were guessed and were wrong
 * @param waitNanos from the request to its first step
 * @param promptNanos from there to the first new token
 * @param newNanos from the first new token to the last
 */
public record Usage(
        int promptTokens,
        int cachedTokens,
        int newTokens,
        int predictedTokens,
        int rejectedTokens,
        long waitNanos,
        long promptNanos,
        long newNanos) {

    /** Prompt tokens computed in a second. */
    public double promptRate() {
        return promptNanos == 0 ? 0 : (promptTokens - cachedTokens) * 1e9 / promptNanos;
    }

    /** New tokens in a second, the first one left out since it comes with the prompt. */
    public double newRate() {
        return newNanos == 0 ? 0 : (newTokens - 1) * 1e9 / newNanos;
    }
}
