package dev.puna.engine;

/**
 * What an {@link Engine} does and has done, for whoever watches it. The counts go up from its start; the others are of
 * the moment.
 *
 * @param running sequences that have a place in the cache
 * @param waiting requests that have none yet, or have none for the time being
 * @param blocks blocks of the cache
 * @param freeBlocks those that no sequence uses; some of them hold what may be used again
 * @param steps forward passes
 * @param computedTokens tokens that went through the model
 * @param promptTokens tokens of the prompts that were begun
 * @param cachedTokens of these, the ones that were taken from the cache
 * @param newTokens tokens of answers
 * @param prefixHits prompts of which some tokens were taken from the cache
 * @param preemptions how often a sequence lost its place and was put off
 * @param draftsAccepted guessed tokens that were right
 * @param draftsRejected guessed tokens that were wrong
 * @param planNanos spent on deciding what to compute, and on keeping what was computed for others
 * @param passNanos spent in the model
 * @param chooseNanos spent on choosing tokens and telling callers
 */
public record Statistics(
        int running,
        int waiting,
        int blocks,
        int freeBlocks,
        long steps,
        long computedTokens,
        long promptTokens,
        long cachedTokens,
        long newTokens,
        long prefixHits,
        long preemptions,
        long draftsAccepted,
        long draftsRejected,
        long planNanos,
        long passNanos,
        long chooseNanos) {}
