package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** The methods of lists, tuples and ranges. */
final class SequenceMethods {
    private SequenceMethods() {}

    static Value of(Sequence.ListOf list, String name) {
        return switch (name) {
            case "append" ->
                new Function(name, (run, arguments) -> {
                    run.meter().elements(1);
                    list.items().add(arguments.bind("list.append", 1, 1)[0]);
                    return None.NONE;
                });
            case "pop" ->
                new Function(name, (_, arguments) -> pop(list, arguments.bind("pop", 0, 1)[0]));
            case "copy" ->
                new Function(name, (run, arguments) -> {
                    arguments.none("list.copy");
                    run.meter().elements(list.items().size());
                    return Sequence.ListOf.of(list.items());
                });
            default -> common(list, name);
        };
    }

    static Value of(Sequence.Tuple tuple, String name) {
        if (tuple.named() && name.equals("grouper")) {
            return tuple.items().getFirst();
        }
        if (tuple.named() && name.equals("list")) {
            return tuple.items().getLast();
        }
        return common(tuple, name);
    }

    private static Value common(Sequence sequence, String name) {
        return switch (name) {
            case "count" ->
                new Function(name, (run, arguments) -> {
                    Value wanted = arguments.bind("count", 1, 1)[0];
                    long count = sequence.items().stream()
                            .filter(item -> same(item, wanted, run.meter()))
                            .count();
                    return Int.of(count);
                });
            case "index" ->
                new Function(name, (run, arguments) -> {
                    Value[] bound = arguments.bind("index", 1, 3);
                    List<Value> items = sequence.items();
                    int start = bound(bound[1], 0, items.size());
                    int stop = bound(bound[2], items.size(), items.size());
                    for (int i = start; i < stop; i++) {
                        if (same(items.get(i), bound[0], run.meter())) {
                            return Int.of(i);
                        }
                    }
                    throw Fault.value(
                            sequence instanceof Sequence.ListOf
                                    ? Repr.brief(bound[0], run.meter()) + " is not in list"
                                    : "tuple.index(x): x not in tuple");
                });
            default -> null;
        };
    }

    private static boolean same(Value item, Value wanted, Meter meter) {
        meter.step();
        return Operators.same(item, wanted, meter);
    }

    private static int bound(Value value, int otherwise, int size) {
        if (value == null) {
            return otherwise;
        }
        Int number = Arithmetic.integer(value);
        if (number == null) {
            throw Fault.type("slice indices must be integers or have an __index__ method");
        }
        long at = number.clamped();
        return Math.clamp(at < 0 ? at + size : at, 0, size);
    }

    private static Value pop(Sequence.ListOf list, Value index) {
        ArrayList<Value> items = list.items();
        Int number = index == null ? Int.of(-1) : Arithmetic.integer(index);
        if (number == null) {
            throw Fault.type("'" + index.typeName() + "' object cannot be interpreted as an integer");
        }
        if (items.isEmpty()) {
            throw Fault.of(Fault.Kind.LOOKUP, "pop from empty list");
        }
        long at = number.clamped();
        if (at < 0) {
            at += items.size();
        }
        if (at < 0 || at >= items.size()) {
            throw Fault.of(Fault.Kind.LOOKUP, "pop index out of range");
        }
        return items.remove((int) at);
    }

    static Value of(Range range, String name) {
        return switch (name) {
            case "start" -> Int.of(range.start());
            case "stop" -> Int.of(range.stop());
            case "step" -> Int.of(range.step());
            case "count" ->
                new Function(
                        name,
                        (run, arguments) -> Int.of(
                                Operators.contains(arguments.bind("range.count", 1, 1)[0], range, run.meter())
                                        ? 1
                                        : 0));
            case "index" ->
                new Function(name, (run, arguments) -> {
                    Value wanted = arguments.bind("range.index", 1, 1)[0];
                    int at = wanted instanceof Int number ? range.indexOf(number) : -1;
                    if (at < 0) {
                        throw Fault.value(Repr.brief(wanted, run.meter()) + " is not in range");
                    }
                    return Int.of(at);
                });
            default -> null;
        };
    }
}
