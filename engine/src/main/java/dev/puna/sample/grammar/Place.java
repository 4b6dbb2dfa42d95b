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

    /** After one more byte; null if it cannot come here. */
    @Nullable
    Place after(int b) {
        var out = new Threads(most);
        for (Stack stack : stacks) {
            stack.frame.step(b, stack.below, out);
        }
        return out.stacks().isEmpty() && out.ended().isEmpty() ? null : of(out, most);
    }
}
