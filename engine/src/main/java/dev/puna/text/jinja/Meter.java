package dev.puna.text.jinja;

/** Counts what one rendering uses up and stops it at its {@link Limits}. */
final class Meter {
    private static final int STEPS_PER_CLOCK_LOOK = 1 << 13;
    private static final int CHARS_PER_STEP = 64;
    private static final int CHARS_PER_ELEMENT = 16;

    private final Limits limits;
    private final long deadlineNanos;
    private long steps;
    private long nextClockLook = STEPS_PER_CLOCK_LOOK;
    private long built;
    private int depth;

    Meter(Limits limits) {
        this.limits = limits;
        this.deadlineNanos = System.nanoTime() + limits.millis() * 1_000_000;
    }

    Limits limits() {
        return limits;
    }

    void step() {
        steps(1);
    }

    void steps(long count) {
        steps += count;
        if (steps >= nextClockLook) {
            look();
        }
    }

    private void look() {
        nextClockLook = steps + STEPS_PER_CLOCK_LOOK;
        if (steps > limits.steps()) {
            throw Fault.limit("more than " + limits.steps() + " steps in one rendering");
        }
        if (System.nanoTime() - deadlineNanos > 0) {
            throw Fault.limit("more than " + limits.millis() + " ms for one rendering");
        }
    }

    /** Reading or comparing this many characters. */
    void scanned(long chars) {
        steps(chars / CHARS_PER_STEP);
    }

    /** A text of this length is about to be built: asked before the memory is taken. */
    void text(long chars) {
        if (chars > limits.textChars()) {
            throw Fault.limit("a text of more than " + limits.textChars() + " characters");
        }
        built(chars);
        scanned(chars);
    }

    /** A list, tuple or dictionary gets this many more elements: asked before the memory is taken. */
    void elements(long count) {
        if (count > limits.builtChars() / CHARS_PER_ELEMENT) {
            built(limits.builtChars() + 1);
        }
        built(count * CHARS_PER_ELEMENT);
        steps(count);
    }

    private void built(long chars) {
        built += chars;
        if (built > limits.builtChars()) {
            throw Fault.limit("more than " + limits.builtChars() + " characters built in one rendering");
        }
    }

    /** An integer of this length is about to be computed. */
    void integer(long bits) {
        if (bits > limits.integerBits()) {
            throw Fault.limit("an integer of more than " + limits.integerBits() + " bits");
        }
        steps(bits / CHARS_PER_STEP);
    }

    /** A call goes {@code levels} deeper; {@link #leave} undoes it. */
    void enter(int levels) {
        depth += levels;
        if (depth > limits.depth()) {
            throw Fault.limit("calls and values nested deeper than " + limits.depth() + " levels");
        }
        step();
    }

    void leave(int levels) {
        depth -= levels;
    }
}
