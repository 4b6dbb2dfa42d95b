package dev.puna.text.jinja;

import java.util.List;

/** The {@code loop} variable of one loop, which also walks its elements. */
final class Loop implements Callable {
    private final Meter meter;
    private final Value iterable;
    private final Recursion recursion;
    private final long depth0;
    private Iteration iteration;
    private int length = -1;
    private int index0 = -1;
    private Value before;
    private Value current;
    private Value after;
    private boolean peeked;
    private List<Value> lastChanged;

    /** Renders the loop's body for the elements of an inner value. */
    @FunctionalInterface
    interface Recursion {
        Str render(Run run, Value inner, long depth);
    }

    /**
     * @param iterable what is walked
     * @param iteration the walk, filtered where the loop has a condition
     * @param recursion null where the loop is not recursive
     */
    Loop(Meter meter, Value iterable, Iteration iteration, Recursion recursion, long depth0) {
        this.meter = meter;
        this.iterable = iterable;
        this.iteration = iteration;
        this.recursion = recursion;
        this.depth0 = depth0;
    }

    /** Goes on to the next element, or returns null behind the last. */
    Value advance() {
        Value next = peek();
        if (next == null) {
            return null;
        }
        peeked = false;
        after = null;
        index0++;
        before = current;
        current = next;
        return next;
    }

    private Value peek() {
        if (!peeked) {
            after = iteration.next();
            peeked = after != null;
        }
        return after;
    }

    int length() {
        if (length < 0) {
            length = Operators.length(iterable);
            if (length < 0) {
                List<Value> rest = Iteration.toList(iteration, meter);
                int[] next = {0};
                iteration = () -> next[0] < rest.size() ? rest.get(next[0]++) : null;
                length = rest.size() + index0 + 1 + (peeked ? 1 : 0);
            }
        }
        return length;
    }

    Value attribute(String name) {
        return switch (name) {
            case "index" -> Int.of(index0 + 1L);
            case "index0" -> Int.of(index0);
            case "revindex" -> Int.of(length() - (long) index0);
            case "revindex0" -> Int.of(length() - index0 - 1L);
            case "first" -> Bool.of(index0 == 0);
            case "last" -> Bool.of(peek() == null);
            case "length" -> Int.of(length());
            case "depth" -> Int.of(depth0 + 1);
            case "depth0" -> Int.of(depth0);
            case "previtem" -> index0 == 0 ? Undefined.because("there is no previous item") : before;
            case "nextitem" -> peek() == null ? Undefined.because("there is no next item") : after;
            case "cycle" ->
                new Function("cycle", (_, arguments) -> {
                    List<Value> items = arguments.positional();
                    if (items.isEmpty()) {
                        throw Fault.type("no items for cycling given");
                    }
                    return items.get(index0 % items.size());
                });
            case "changed" ->
                new Function("changed", (run, arguments) -> {
                    List<Value> values = arguments.positional();
                    boolean changed = lastChanged == null
                            || !Operators.equal(Sequence.Tuple.of(lastChanged), Sequence.Tuple.of(values), run.meter());
                    lastChanged = values;
                    return Bool.of(changed);
                });
            default -> null;
        };
    }

    @Override
    public Value call(Run run, Arguments arguments) {
        Value inner = arguments.bind("loop", "iterable")[0];
        if (recursion == null) {
            throw Fault.type("The loop must have the 'recursive' marker to be called recursively.");
        }
        return recursion.render(run, inner, depth0 + 1);
    }

    /** How it prints. */
    String shown() {
        return "<LoopContext " + (index0 + 1) + "/" + length() + ">";
    }

    @Override
    public String typeName() {
        return "LoopContext";
    }
}
