package dev.puna.sample.grammar;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The readings that come of one byte, each once; and the ends of the outermost frame. Used for one step at a time. */
final class Threads {
    /** What ended with a byte that nothing waited for. */
    record Ended(@Nullable Object value) {}

    private static final int FEW = 8;
    private static final int STEPS = 4; // for each reading that there may be: many steps can lead to the same reading

    private final int most;
    private final List<Stack> stacks = new ArrayList<>();
    private final List<Ended> ended = new ArrayList<>(1);
    private final Set<Stack> entered = new HashSet<>();
    private @Nullable Set<Stack> seen;
    private int steps; // since the last byte
    private long done; // before it

    /** @param most readings at once; one more is refused */
    Threads(int most) {
        this.most = most;
    }

    void clear() {
        stacks.clear();
        ended.clear();
        entered.clear();
        seen = null;
        done += steps;
        steps = 0;
    }

    /** A reading that may go on with another byte. */
    void add(Frame frame, @Nullable Stack below) {
        add(new Stack(frame, below));
    }

    void add(Stack stack) {
        step();
        if (stacks.size() < FEW ? stacks.contains(stack) : !seen().add(stack)) {
            return;
        }
        if (stacks.size() >= most) {
            throw tooMany();
        }
        stacks.add(stack);
    }

    /** Whether a place that needs no byte is reached for the first time in this step; it leads nowhere new again. */
    boolean enter(Stack place) {
        step();
        return entered.add(place);
    }

    private void step() {
        if (++steps > (long) STEPS * most) {
            throw tooMany();
        }
    }

    private GrammarRefused tooMany() {
        return new GrammarRefused("grammar", "a text that can be read in more than %d ways".formatted(most));
    }

    /** What all bytes so far have cost. */
    long done() {
        return done + steps;
    }

    private Set<Stack> seen() {
        if (seen == null) {
            seen = new LinkedHashSet<>(stacks);
        }
        return seen;
    }

    /** A frame has ended; what was below it goes on. */
    void pop(@Nullable Stack below, @Nullable Object value) {
        if (below != null) {
            below.frame.resume(value, below.below, this);
            return;
        }
        var end = new Ended(value);
        if (!ended.contains(end)) {
            ended.add(end);
        }
    }

    List<Stack> stacks() {
        return stacks;
    }

    List<Ended> ended() {
        return ended;
    }
}
