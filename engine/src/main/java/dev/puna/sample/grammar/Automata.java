package dev.puna.sample.grammar;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The automata of one grammar's terms, each made once. Absent where no text is in a term. */
final class Automata {
    private final Work work;
    private final Map<Regex, Optional<Dfa>> made = new HashMap<>();

    Automata(Work work) {
        this.work = work;
    }

    Optional<Dfa> of(Regex term, String where) {
        if (term.equals(Regex.ALL)) {
            return Optional.of(Dfa.ANY);
        }
        Optional<Dfa> known = made.get(term);
        if (known == null) {
            Dfa format = Formats.automaton(term);
            known = format != null
                    ? Optional.of(format)
                    : switch (term) {
                        case Regex.Every every -> every(every, where);
                        case Regex.Not(Regex other) -> {
                            Optional<Dfa> opposite = of(other, where);
                            yield opposite.isEmpty()
                                    ? Optional.of(Dfa.ANY)
                                    : opposite.get().not(work);
                        }
                        default -> Dfa.of(term, where, work);
                    };
            made.put(term, known);
        }
        return known;
    }

    /** Each part for itself and then together, which is far less work; all at once where a part alone is too large. */
    private Optional<Dfa> every(Regex.Every term, String where) {
        try {
            Optional<Dfa> all = Optional.of(Dfa.ANY);
            for (Regex part : term.of()) {
                Optional<Dfa> one = of(part, where);
                all = all.isEmpty() || one.isEmpty()
                        ? Optional.empty()
                        : all.get() == Dfa.ANY ? one : Dfa.both(all.get(), one.get(), where, work);
            }
            return all;
        } catch (GrammarRefused tooLarge) {
            return Dfa.of(term, where, work);
        }
    }
}
