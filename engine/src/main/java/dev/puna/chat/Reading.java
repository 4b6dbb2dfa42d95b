package dev.puna.chat;

import java.util.function.Consumer;

/** Makes deltas of an answer's text as it comes. For one answer and one thread. */
interface Reading {
    /** More text, cut anywhere. */
    void text(String piece);

    /** A control token that does not end the answer, by its spelling. */
    void control(String spelling);

    /**
     * The answer is over.
     *
     * @param cut whether the model would have gone on
     */
    void end(boolean cut);

    /** Whether the answer needs no more: all calls that are allowed have been made. */
    default boolean full() {
        return false;
    }

    /** Text is text, and control tokens are nothing. */
    static Reading plain(Consumer<Delta> out) {
        return new Reading() {
            @Override
            public void text(String piece) {
                if (!piece.isEmpty()) {
                    out.accept(new Delta.Text(piece));
                }
            }

            @Override
            public void control(String spelling) {}

            @Override
            public void end(boolean cut) {}
        };
    }
}
