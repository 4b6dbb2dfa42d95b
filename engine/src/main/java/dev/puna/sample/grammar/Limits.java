package dev.puna.sample.grammar;

/**
 * How much a grammar may ask for. A stranger's schema that goes beyond ends in {@link GrammarRefused}.
 *
 * @param depth schemas, groups and values inside one another
 * @param forms parts of a schema, or elements of a grammar's rules after its repetitions are spelt out
 * @param nodes different values that a schema can come to, after everything that holds of them is taken together
 * @param branches ways in which one value can fulfil all that is asked of it
 * @param patternChars characters of a regular expression
 * @param patternStates states of the automaton that a text's patterns and lengths together become
 * @param patternCells ways from state to state in one automaton: states times kinds of characters; 4 bytes each
 * @param patternSteps terms of an expression looked at to build one automaton; some 50 ns each
 * @param threads readings of a text so far that are followed at once
 * @param textBytes bytes of a text that is checked
 * @param masks masks of allowed tokens kept for a vocabulary
 */
public record Limits(
        int depth,
        int forms,
        int nodes,
        int branches,
        int patternChars,
        int patternStates,
        int patternCells,
        int patternSteps,
        int threads,
        int textBytes,
        int masks) {
    public static final Limits DEFAULT =
            new Limits(250, 200_000, 20_000, 4_000, 10_000, 60_000, 16_000_000, 10_000_000, 5_000, 16 << 20, 1_000);
}
