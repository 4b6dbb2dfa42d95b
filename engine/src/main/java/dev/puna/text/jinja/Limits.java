package dev.puna.text.jinja;

/**
 * What one template may use up. A template comes with a model file, so it is as little trusted as the file: whatever it
 * does ends, soon, and in bounded memory. Each limit that is hit is named in the error.
 *
 * @param sourceChars longest template source, in characters
 * @param nesting deepest nesting of brackets, and of blocks, in the source
 * @param height highest tree of one expression: a chain of operators counts each
 * @param steps evaluated nodes, loop rounds and processed elements of one rendering; 64 processed characters count as
 *     one step
 * @param depth deepest nesting of calls while rendering (macros, recursive loops, blocks, nested values), in levels of
 *     syntax
 * @param textChars longest single text, the output included, in characters
 * @param builtChars characters of all texts that one rendering builds; an element of a list or dictionary counts as 16
 * @param integerBits longest integer, in bits
 * @param millis time of one rendering, in milliseconds
 */
public record Limits(
        int sourceChars,
        int nesting,
        int height,
        long steps,
        int depth,
        int textChars,
        long builtChars,
        int integerBits,
        long millis) {

    /** What chat templates get. The longest conversation of today's models stays far below each of these. */
    public static final Limits DEFAULT =
            new Limits(1 << 20, 100, 200, 20_000_000, 2_500, 1 << 24, 1 << 27, 1 << 16, 10_000);
}
