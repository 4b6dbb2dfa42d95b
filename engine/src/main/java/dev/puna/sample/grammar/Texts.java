package dev.puna.sample.grammar;

import java.util.function.Predicate;

/**
 * A set of texts. Automata bound it from both sides; between them a test decides. What a model writes stays on the sure
 * side.
 *
 * @param sure all of these are in the set
 * @param perhaps no others are
 * @param test whether a text of {@code perhaps} is in the set
 */
record Texts(Regex sure, Regex perhaps, Predicate<String> test) {
    /** A test that nobody needs to make. */
    static final Predicate<String> PASSED = _ -> true;

    static Texts of(Regex texts) {
        return new Texts(texts, texts, PASSED);
    }

    /** Whether automata say all. */
    boolean exact() {
        return test == PASSED;
    }

    Texts not() {
        return exact() ? of(Regex.not(sure)) : new Texts(Regex.not(perhaps), Regex.not(sure), test.negate());
    }
}
