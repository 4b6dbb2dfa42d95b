package dev.puna.engine;

/** The numbers of {@link Statistics}: written by the engine's thread, read by any. */
@SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
final class Counters {
    private final int blocks;
    private volatile int running;
    private volatile int waiting;
    private volatile int freeBlocks;
    private volatile long steps;
    private volatile long computedTokens;
    private volatile long promptTokens;
    private volatile long cachedTokens;
    private volatile long newTokens;
    private volatile long prefixHits;
    private volatile long preemptions;
    private volatile long draftsAccepted;
    private volatile long draftsRejected;
    private volatile long planNanos;
    private volatile long passNanos;
    private volatile long chooseNanos;

    Counters(int blocks) {
        this.blocks = blocks;
        freeBlocks = blocks;
    }

    void now(int running, int waiting, int freeBlocks) {
        this.running = running;
        this.waiting = waiting;
        this.freeBlocks = freeBlocks;
    }

    void stepped(int tokens) {
        steps++;
        computedTokens += tokens;
    }

    /** A request was begun for the first time. */
    void began(int prompt, int cached) {
        promptTokens += prompt;
        cachedTokens += cached;
        prefixHits += cached > 0 ? 1 : 0;
    }

    void grew() {
        newTokens++;
    }

    void preempted() {
        preemptions++;
    }

    void guessed(int accepted, int rejected) {
        draftsAccepted += accepted;
        draftsRejected += rejected;
    }

    /** Time went to planning, to the model, and to choosing and telling. */
    void spent(long plan, long pass, long choose) {
        planNanos += plan;
        passNanos += pass;
        chooseNanos += choose;
    }

    Statistics read() {
        return new Statistics(
                running,
                waiting,
                blocks,
                freeBlocks,
                steps,
                computedTokens,
                promptTokens,
                cachedTokens,
                newTokens,
                prefixHits,
                preemptions,
                draftsAccepted,
                draftsRejected,
                planNanos,
                passNanos,
                chooseNanos);
    }
}
