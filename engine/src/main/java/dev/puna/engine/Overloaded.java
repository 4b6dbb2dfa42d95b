package dev.puna.engine;

import java.time.Duration;

/** The queue is full; the caller may try again later. */
public final class Overloaded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    public Overloaded(int waiting, Duration retryAfter) {
        super(waiting + " requests wait already; try again in " + retryAfter.toSeconds() + " s");
        this.retryAfter = retryAfter;
    }

    public Duration retryAfter() {
        return retryAfter;
    }
}
