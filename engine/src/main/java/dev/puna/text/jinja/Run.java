package dev.puna.text.jinja;

import java.time.Clock;

/** One rendering of a template. */
final class Run {
    private final Meter meter;
    private final Clock clock;
    private boolean escape;

    Run(Meter meter, Clock clock) {
        this.meter = meter;
        this.clock = clock;
    }

    Meter meter() {
        return meter;
    }

    Clock clock() {
        return clock;
    }

    /** Whether an {@code autoescape} block is in force. */
    boolean escapes() {
        return escape;
    }

    void escape(boolean now) {
        escape = now;
    }
}
