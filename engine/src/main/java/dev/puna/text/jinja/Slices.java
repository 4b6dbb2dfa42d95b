package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** Python's {@code value[start:stop:step]}. */
final class Slices {
    private Slices() {}

    /** The elements that a slice takes of a sequence of some length. */
    record Bounds(int start, int step, int count) {
        static Bounds of(Value start, Value stop, Value step, int length) {
            long by = index(step, 1);
            if (by == 0) {
                throw Fault.value("slice step cannot be zero");
            }
            boolean forwards = by > 0;
            long first = clamped(index(start, forwards ? 0 : length - 1L), start, length, forwards);
            long last = clamped(index(stop, forwards ? length : -1), stop, length, forwards);
            by = Math.clamp(by, -Integer.MAX_VALUE, Integer.MAX_VALUE);
            long count = forwards
                    ? last <= first ? 0 : (last - first - 1) / by + 1
                    : first <= last ? 0 : (first - last - 1) / -by + 1;
            return new Bounds((int) first, (int) by, (int) count);
        }

        private static long index(Value value, long otherwise) {
            if (value == None.NONE) {
                return otherwise;
            }
            Int number = Arithmetic.integer(value);
            if (number == null) {
                throw Fault.type("slice indices must be integers or None or have an __index__ method");
            }
            return Math.clamp(number.clamped(), -Long.MAX_VALUE / 2, Long.MAX_VALUE / 2);
        }

        private static long clamped(long index, Value given, int length, boolean forwards) {
            if (given == None.NONE) {
                return index;
            }
            long at = index < 0 ? index + length : index;
            return forwards ? Math.clamp(at, 0, length) : Math.clamp(at, -1, length - 1);
        }

        int at(int number) {
            return (int) (start + (long) number * step);
        }
    }

    static Value slice(Value value, Value start, Value stop, Value step, Meter meter) {
        return switch (value) {
            case Undefined undefined -> throw undefined.fault();
            case Str str -> text(str, Bounds.of(start, stop, step, str.size()), meter);
            case Sequence.ListOf list -> new Sequence.ListOf(items(list, start, stop, step, meter));
            case Sequence.Tuple tuple -> Sequence.Tuple.of(items(tuple, start, stop, step, meter));
            case Range range -> {
                Bounds bounds = Bounds.of(start, stop, step, range.size());
                long by = range.step() * bounds.step();
                long first = range.start() + bounds.start() * range.step();
                // An empty slice keeps the ends that it was asked for, as Python shows them.
                long end = stop == None.NONE && bounds.step() > 0
                        ? range.start() + range.size() * range.step()
                        : range.start() + stopOf(stop, bounds.step(), range.size()) * range.step();
                yield new Range(first, end, by);
            }
            case Dict _ -> throw Fault.type("unhashable type: 'slice'");
            default -> throw Fault.type("'" + value.typeName() + "' object is not subscriptable");
        };
    }

    private static long stopOf(Value stop, int step, int length) {
        return step > 0
                ? Bounds.clamped(Bounds.index(stop, length), stop, length, true)
                : Bounds.clamped(Bounds.index(stop, -1), stop, length, false);
    }

    private static ArrayList<Value> items(Sequence sequence, Value start, Value stop, Value step, Meter meter) {
        List<Value> items = sequence.items();
        Bounds bounds = Bounds.of(start, stop, step, items.size());
        meter.elements(bounds.count());
        if (bounds.step() == 1) {
            return new ArrayList<>(items.subList(bounds.start(), bounds.start() + bounds.count()));
        }
        var taken = new ArrayList<Value>(bounds.count());
        for (int i = 0; i < bounds.count(); i++) {
            taken.add(items.get(bounds.at(i)));
        }
        return taken;
    }

    private static Str text(Str str, Bounds bounds, Meter meter) {
        if (bounds.step() == 1) {
            return str.slice(str.offset(bounds.start()), str.offset(bounds.start() + bounds.count()), meter);
        }
        var out = new MarkedBuilder(meter);
        if (str.size() == str.length()) {
            for (int i = 0; i < bounds.count(); i++) {
                out.append(str, bounds.at(i), bounds.at(i) + 1);
            }
        } else {
            int[] offsets = new int[str.size() + 1];
            meter.elements(offsets.length / 4);
            for (int i = 0, at = 0; i < str.size(); i++) {
                offsets[i] = at;
                at += Character.charCount(str.text().codePointAt(at));
            }
            offsets[str.size()] = str.length();
            for (int i = 0; i < bounds.count(); i++) {
                out.append(str, offsets[bounds.at(i)], offsets[bounds.at(i) + 1]);
            }
        }
        return str.like(out.build());
    }

    /** Python's {@code value[index]} for sequences; null where the index is out of range. */
    static Value element(Value value, Int index, Meter meter) {
        int length = Operators.length(value);
        long at = index.clamped();
        if (at < 0) {
            at += length;
        }
        if (at < 0 || at >= length) {
            return null;
        }
        int position = (int) at;
        return switch (value) {
            case Str str -> str.slice(str.offset(position), str.offset(position + 1), meter);
            case Sequence sequence -> sequence.items().get(position);
            case Range range -> Int.of(range.at(position));
            default -> null;
        };
    }
}
