package dev.puna.engine;

/**
 * What an {@link Engine} may use.
 *
 * @param context the most tokens of one sequence, prompt and answer together
 * @param blockTokens tokens that one block of the cache holds
 * @param cacheBlocks blocks of the cache, shared by all sequences
 * @param keptBlocks of these the most that are kept filled for later while nobody uses them
 * @param stepTokens the most tokens of one forward pass, above {@code running} so that prompts always advance
 * @param running the most sequences computed at the same time
 * @param queue the most requests that wait for their turn
 * @param patience steps after which a request that waits counts as one of the next higher priority
 * @param drafts the most tokens of one sequence that are guessed ahead in one step; 0: none
 * @param unread the most events that a caller may leave unread before its sequence pauses
 */
public record Limits(
        int context,
        int blockTokens,
        int cacheBlocks,
        int keptBlocks,
        int stepTokens,
        int running,
        int queue,
        int patience,
        int drafts,
        int unread) {
    /**
     * The most tokens of prompts that are scored in one step: each has a row of logits, as wide as the vocabulary. 64 rows
     * of 128,256 are 32 MB.
     */
    static final int SCORED_TOKENS = 64;

    public Limits {
        positive("context", context);
        positive("blockTokens", blockTokens);
        positive("cacheBlocks", cacheBlocks);
        positive("running", running);
        positive("queue", queue);
        positive("patience", patience);
        if (drafts < 0 || keptBlocks < 0) {
            throw new IllegalArgumentException(
                    "drafts is " + drafts + " and keptBlocks " + keptBlocks + ", less than none");
        }
        positive("unread", unread);
        if (stepTokens <= running) {
            throw new IllegalArgumentException("stepTokens is " + stepTokens + ", not above running, " + running);
        }
    }

    private static void positive(String field, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(field + " is " + value + ", not at least 1");
        }
    }

    /** Limits for so many users at a time, who share a cache that holds one full context. */
    public static Limits of(int context, int users, int queue) {
        int blockTokens = 32;
        int cacheBlocks = Math.max(Math.ceilDiv(context, blockTokens), users);
        return new Limits(
                context, blockTokens, cacheBlocks, cacheBlocks, Math.max(256, 2 * users), users, queue, 500, 8, 256);
    }

    /** The same with so many tokens guessed ahead. */
    public Limits drafts(int drafts) {
        return new Limits(
                context, blockTokens, cacheBlocks, keptBlocks, stepTokens, running, queue, patience, drafts, unread);
    }

    /** The same with so many blocks kept for later. */
    public Limits keptBlocks(int keptBlocks) {
        return new Limits(
                context, blockTokens, cacheBlocks, keptBlocks, stepTokens, running, queue, patience, drafts, unread);
    }

    /** Blocks that {@code tokens} tokens fill or touch. */
    int blocks(int tokens) {
        return Math.ceilDiv(tokens, blockTokens);
    }

    /** The most tokens a sequence can have, by the context and by the cache. */
    int room() {
        return (int) Math.min(context, (long) cacheBlocks * blockTokens);
    }
}
