package dev.puna.chat;

/**
 * A piece of an answer as it comes. A call is a start, fragments of its arguments in order, and an end; calls do not
 * overlap, and text may stand before, between and after them.
 */
public sealed interface Delta {
    /** A piece of the answer's text, never empty. */
    record Text(String text) implements Delta {}

    /** A piece of what the model thinks before it answers, never empty. */
    record Reasoning(String text) implements Delta {}

    /**
     * A call begins.
     *
     * @param index 0 for the answer's first call, 1 for the next
     * @param id what the result must refer to
     */
    record CallStart(int index, String id, String name) implements Delta {}

    /** More of the arguments' JSON, never empty; all fragments of a call in a row are one JSON object. */
    record CallArguments(int index, String json) implements Delta {}

    /** The arguments are whole. Does not come where the answer was cut in the middle of a call. */
    record CallEnd(int index) implements Delta {}
}
