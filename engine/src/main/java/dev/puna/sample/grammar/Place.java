package dev.puna.sample.grammar;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a text has come in a grammar: all readings of it that are left. Never changed; safe between threads.
 *
 * @param whole whether the text may end here
 */
record Place(List<Stack> stacks, boolean whole, int most) {
    static Place of(Threads threads, int most) {
        return new Place(List.copyOf(threads.stacks()), !threads.ended().isEmpty(), most);
    }

    static GrammarRefused tooDeep() {
        return new GrammarRefused("grammar", "rules too many of which begin or end in one place");
    }

    /** After one more byte; null if it cannot come here. */
    @Nullable
    Place after(int b) {
        var out = new Threads(most);
        return goesOn(b, out) ? of(out, most) : null;
    }

    /** Whether this byte can come here. */
    boolean goesOn(int b, Threads scratch) {
        scratch.clear();
        try {
            for (Stack stack : stacks) {
                stack.frame.step(b, stack.below, scratch);
            }
        } catch (StackOverflowError e) {
            throw tooDeep();
        }
        return !scratch.stacks().isEmpty() || !scratch.ended().isEmpty();
    }
}
