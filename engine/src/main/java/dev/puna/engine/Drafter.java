package dev.puna.engine;

import java.util.List;

/** Guesses how sequences go on. A guess costs less than the tokens that it saves where it is right. */
interface Drafter extends AutoCloseable {
    /**
     * Guesses at most {@link Sequence#drafts} tokens of each sequence, whose answer grows by one token in this step: puts
     * them where its next tokens will be, and their number into {@code drafts}.
     */
    void guess(List<Sequence> sequences);

    @Override
    default void close() {}
}
