package dev.puna.sample.grammar;

import org.jspecify.annotations.Nullable;

/**
 * One thing being read: a string, an object, a rule. A value that is never changed; frames that read the rest of a text
 * alike are equal. What contains it lies below it on a {@link Stack} and waits.
 */
interface Frame {
    /**
     * Reads a byte: hands {@code out} every stack that the reading may go on with, each ready for another byte. None, if
     * the byte cannot come here.
     *
     * @param below what waits for this frame to end; null if nothing does
     */
    void step(int b, @Nullable Stack below, Threads out);

    /** Puts the frame on top of what waits for it: what it is before its first byte. */
    default void begin(@Nullable Stack below, Threads out) {
        out.add(this, below);
    }

    /**
     * The frame above has ended; this one goes on.
     *
     * @param value what was read, if anybody had asked
     */
    default void resume(@Nullable Object value, @Nullable Stack below, Threads out) {
        throw new IllegalStateException("nothing is read above a " + this);
    }

    /**
     * A frame that allows the same next tokens as this one and is equal for more places in a text.
     *
     * @param horizon the most bytes that a token has
     */
    default Frame alike(int horizon) {
        return this;
    }
}
