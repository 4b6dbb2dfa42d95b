package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** One walk over a value. */
@FunctionalInterface
interface Iteration {
    /** The next element, or null behind the last. */
    Value next();

    /** Python's {@code iter(value)}. */
    static Iteration of(Value value, Meter meter) {
        return switch (value) {
            case Str str -> characters(str, meter);
            case Sequence sequence -> items(sequence.items());
            case Dict dict -> from(dict.entries().iterator(), Dict.Entry::key);
            case DictView view -> from(view.dict().entries().iterator(), view::of);
            case Range range -> {
                int size = range.size();
                int[] at = {0};
                yield () -> at[0] < size ? Int.of(range.at(at[0]++)) : null;
            }
            case Generator generator -> generator.iteration();
            case Undefined _ -> () -> null;
            case Loop _ -> throw Fault.unsupported("iterating over the loop variable is not supported");
            default -> throw Fault.type("'" + value.typeName() + "' object is not iterable");
        };
    }

    static boolean possible(Value value) {
        return switch (value) {
            case Str _, Sequence _, Dict _, DictView _, Range _, Generator _, Undefined _, Loop _ -> true;
            default -> false;
        };
    }

    private static Iteration items(List<Value> items) {
        // By index: a list may grow while it is walked, and the walk sees what was appended.
        int[] at = {0};
        return () -> at[0] < items.size() ? items.get(at[0]++) : null;
    }

    private static <T> Iteration from(Iterator<T> iterator, java.util.function.Function<T, Value> value) {
        return () -> iterator.hasNext() ? value.apply(iterator.next()) : null;
    }

    private static Iteration characters(Str str, Meter meter) {
        int[] at = {0};
        Str plain = str.plain();
        return () -> {
            if (at[0] >= plain.length()) {
                return null;
            }
            int start = at[0];
            at[0] = plain.text().offsetByCodePoints(start, 1);
            return plain.slice(start, at[0], meter);
        };
    }

    /** Python's {@code list(value)}: a new list of all elements. */
    static ArrayList<Value> toList(Value value, Meter meter) {
        return toList(of(value, meter), meter);
    }

    static ArrayList<Value> toList(Iteration iteration, Meter meter) {
        var list = new ArrayList<Value>();
        for (Value item = iteration.next(); item != null; item = iteration.next()) {
            meter.elements(1);
            list.add(item);
        }
        return list;
    }
}
