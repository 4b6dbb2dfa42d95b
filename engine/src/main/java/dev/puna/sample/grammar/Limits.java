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
 * @param patternSteps terms of an expression looked at to build one automaton; some 50 ns each
 * @param cells ways from state to state in all automata of a grammar: states times kinds of characters; 4 bytes each
 * @param steps of all kinds to compile one grammar
 * @param threads readings of a text so far that are followed at once
 * @param textBytes bytes of a text that is checked
 * @param readSteps readings begun or carried on while a text is checked; some 50 ns each
 * @param maskSteps the same while one mask is worked out
 * @param masks masks of allowed tokens kept for a vocabulary
 */
public record Limits(
        int depth,
        int forms,
        int nodes,
        int branches,
        int patternChars,
        int patternStates,
        int patternSteps,
        int cells,
        int steps,
        int threads,
        int textBytes,
        int readSteps,
        int maskSteps,
        int masks) {
    public static final Limits DEFAULT = new Limits(
            250,
            50_000,
            20_000,
            4_000,
            10_000,
            60_000,
            2_000_000,
            2_000_000,
            5_000_000,
            2_000,
            16 << 20,
            100_000_000,
            10_000_000,
            1_000);

    /** For what is written here and by no stranger. */
    static final Limits OURS =
            new Limits(250, 0, 0, 0, 10_000, 60_000, 50_000_000, 16_000_000, 50_000_000, 0, 0, 0, 0, 0);
}
