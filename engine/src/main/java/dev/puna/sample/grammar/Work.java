package dev.puna.sample.grammar;

/**
 * What compiling one grammar has cost. Steps are counted, not timed, so that what is refused does not depend on the
 * machine or its neighbours; and they are counted together, so that a thousand parts that are each just within a limit
 * are not let through.
 */
final class Work {
    final Limits limits;
    private long steps;
    private long cells;

    Work(Limits limits) {
        this.limits = limits;
    }

    /** Counts steps, each about as long as looking at one term of a pattern. */
    void step(long more, String where) {
        steps += more;
        if (steps > limits.steps()) {
            throw new GrammarRefused(where, "takes more than %d steps to work out".formatted(limits.steps()));
        }
    }

    /** Counts ways between the states of automata. */
    void keep(long more, String where) {
        cells += more;
        if (cells > limits.cells()) {
            throw new GrammarRefused(
                    where, "needs more than %d ways between states of automata".formatted(limits.cells()));
        }
    }

    /** Counts one automaton. */
    final class Automaton {
        private final String where;
        private long own;

        Automaton(String where) {
            this.where = where;
        }

        void step(long more) {
            own += more;
            if (own > limits.patternSteps()) {
                throw new GrammarRefused(where, "the pattern takes too many steps to work out");
            }
            Work.this.step(more, where);
        }

        /** One more state. */
        void grow(int states, int classes) {
            if (states > limits.patternStates()) {
                throw new GrammarRefused(
                        where, "the pattern needs more than %d states".formatted(limits.patternStates()));
            }
            keep(classes, where);
        }
    }
}
