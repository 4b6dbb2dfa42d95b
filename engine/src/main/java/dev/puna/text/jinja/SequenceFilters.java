package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;

/** Filters on lists and their like. */
final class SequenceFilters {
    static final Map<String, Filters.Filter> ALL = Map.ofEntries(
            Map.entry("batch", SequenceFilters::batch),
            Map.entry("dictsort", SequenceFilters::dictSort),
            Map.entry("first", SequenceFilters::first),
            Map.entry("groupby", SequenceFilters::groupBy),
            Map.entry("items", SequenceFilters::items),
            Map.entry("join", SequenceFilters::join),
            Map.entry("last", SequenceFilters::last),
            Map.entry("list", (run, input, arguments) -> {
                arguments.none("list");
                return new Sequence.ListOf(Iteration.toList(input, run.meter()));
            }),
            Map.entry("map", SequenceFilters::map),
            Map.entry("max", (run, input, arguments) -> extreme(run, input, arguments, true)),
            Map.entry("min", (run, input, arguments) -> extreme(run, input, arguments, false)),
            Map.entry("random", SequenceFilters::random),
            Map.entry("reject", (run, input, arguments) -> select(run, input, arguments, false, false)),
            Map.entry("rejectattr", (run, input, arguments) -> select(run, input, arguments, false, true)),
            Map.entry("reverse", SequenceFilters::reverse),
            Map.entry("select", (run, input, arguments) -> select(run, input, arguments, true, false)),
            Map.entry("selectattr", (run, input, arguments) -> select(run, input, arguments, true, true)),
            Map.entry("slice", SequenceFilters::slice),
            Map.entry("sort", SequenceFilters::sort),
            Map.entry("sum", SequenceFilters::sum),
            Map.entry("unique", SequenceFilters::unique));

    private SequenceFilters() {}

    private static boolean isTrue(Value value) {
        return value != null && Operators.truth(value);
    }

    /** Looks up a path like {@code a.b.0} in a value, and then changes what it found. */
    private static UnaryOperator<Value> getter(Value path, Value otherwise, boolean ignoreCase, Meter meter) {
        List<Value> parts = new ArrayList<>();
        if (path instanceof Str text) {
            for (String part : text.text().split("\\.", -1)) {
                boolean number = !part.isEmpty() && part.codePoints().allMatch(Chars::isDecimal) && part.length() < 10;
                parts.add(number ? Int.of(Long.parseLong(Chars.asciiDigits(part))) : Str.of(part));
            }
        } else if (path != null && path != None.NONE) {
            parts.add(path);
        }
        boolean hasDefault = otherwise != null && otherwise != None.NONE;
        return item -> {
            Value value = item;
            for (Value part : parts) {
                value = Attributes.item(value, part, meter);
                if (hasDefault && value instanceof Undefined) {
                    value = otherwise;
                }
            }
            return ignoreCase && value instanceof Str text ? text.withText(Chars.lower(text.text())) : value;
        };
    }

    private static Value batch(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("batch", "linecount", "fill_with?");
        Meter meter = run.meter();
        var elements = new Iteration[1];
        var row = new ArrayList<Value>();
        var done = new boolean[1];
        return Generator.of(() -> {
            if (elements[0] == null) {
                elements[0] = Iteration.of(input, meter);
            }
            while (!done[0]) {
                Value item = elements[0].next();
                meter.elements(1);
                if (item == null) {
                    done[0] = true;
                    if (row.isEmpty()) {
                        return null;
                    }
                    if (bound[1] != null && bound[1] != None.NONE) {
                        long missing = StringMethods.integer(bound[0]).clamped() - row.size();
                        meter.elements(Math.max(0, missing));
                        for (long i = 0; i < missing; i++) {
                            row.add(bound[1]);
                        }
                    }
                    return Sequence.ListOf.of(row);
                }
                boolean full = Operators.equal(Int.of(row.size()), bound[0], meter);
                Value batch = full ? Sequence.ListOf.of(row) : null;
                if (full) {
                    row.clear();
                }
                row.add(item);
                if (full) {
                    return batch;
                }
            }
            return null;
        });
    }

    private static Value slice(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("slice", "slices", "fill_with?");
        Meter meter = run.meter();
        var number = new long[1];
        var items = new ArrayList<List<Value>>();
        return Generator.of(() -> {
            if (items.isEmpty()) {
                items.add(Iteration.toList(input, meter));
            }
            List<Value> all = items.getFirst();
            long slices = StringMethods.integer(bound[0]).clamped();
            if (slices == 0) {
                throw Fault.of(Fault.Kind.ZERO_DIVISION, "integer division or modulo by zero");
            }
            if (number[0] >= slices) {
                return null;
            }
            long at = number[0]++;
            long size = all.size() / slices;
            long extra = all.size() % slices;
            int start = (int) (at * size + Math.min(at, extra));
            int end = (int) ((at + 1) * size + Math.min(at + 1, extra));
            meter.elements(end - start + 1L);
            var part = Sequence.ListOf.of(all.subList(start, end));
            if (bound[1] != null && bound[1] != None.NONE && at >= extra) {
                part.items().add(bound[1]);
            }
            return part;
        });
    }

    private static Dict dict(Value input) {
        return switch (input) {
            case Dict dict -> dict;
            case Undefined undefined -> throw undefined.fault();
            default -> throw Fault.type("'" + input.typeName() + "' object has no attribute 'items'");
        };
    }

    private static Value dictSort(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("dictsort", "case_sensitive?", "by?", "reverse?");
        String by = bound[1] == null ? "key" : bound[1] instanceof Str text ? text.text() : "";
        if (!by.equals("key") && !by.equals("value")) {
            throw Fault.value("You can only sort by either \"key\" or \"value\"");
        }
        UnaryOperator<Value> plain = getter(null, null, !isTrue(bound[0]), run.meter());
        var sorted = Sorting.sorted(
                new ArrayList<>(dict(input).entries()),
                entry -> plain.apply(by.equals("key") ? entry.key() : entry.value()),
                isTrue(bound[2]),
                run.meter());
        var pairs = new ArrayList<Value>();
        sorted.forEach(entry -> pairs.add(Sequence.Tuple.of(entry.key(), entry.value())));
        return new Sequence.ListOf(pairs);
    }

    private static Value items(Run run, Value input, Arguments arguments) {
        arguments.none("items");
        var pairs = new Iteration[1];
        return Generator.of(() -> {
            if (input instanceof Undefined) {
                return null;
            }
            if (!(input instanceof Dict dict)) {
                throw Fault.type("Can only get item pairs from a mapping.");
            }
            if (pairs[0] == null) {
                pairs[0] = Iteration.of(new DictView(dict, DictView.Kind.ITEMS), run.meter());
            }
            return pairs[0].next();
        });
    }

    private static Value first(Run run, Value input, Arguments arguments) {
        arguments.none("first");
        Value first = Iteration.of(input, run.meter()).next();
        return first != null ? first : Undefined.because("No first item, sequence was empty.");
    }

    private static Value last(Run run, Value input, Arguments arguments) {
        arguments.none("last");
        Value reversed = reversed(input, run.meter());
        if (reversed == null) {
            throw Fault.type("'" + input.typeName() + "' object is not reversible");
        }
        Value last = Iteration.of(reversed, run.meter()).next();
        return last != null ? last : Undefined.because("No last item, sequence was empty.");
    }

    private static Value reverse(Run run, Value input, Arguments arguments) {
        arguments.none("reverse");
        Meter meter = run.meter();
        if (input instanceof Str) {
            return Slices.slice(input, None.NONE, None.NONE, Int.of(-1), meter);
        }
        Value reversed = reversed(input, meter);
        if (reversed != null) {
            return reversed;
        }
        if (!Iteration.possible(input)) {
            throw Fault.value("argument must be iterable");
        }
        return new Sequence.ListOf(
                new ArrayList<>(Iteration.toList(input, meter).reversed()));
    }

    /** Python's {@code reversed}, or null where it is a type error. */
    private static Value reversed(Value input, Meter meter) {
        return switch (input) {
            case Str str -> {
                Str backwards = (Str) Slices.slice(str, None.NONE, None.NONE, Int.of(-1), meter);
                yield new Generator(Iteration.of(backwards, meter), "reversed");
            }
            case Sequence sequence -> {
                List<Value> items = sequence.items();
                int[] at = {items.size()};
                String type = sequence instanceof Sequence.ListOf ? "list_reverseiterator" : "reversed";
                yield new Generator(() -> --at[0] >= 0 && at[0] < items.size() ? items.get(at[0]) : null, type);
            }
            case Range range -> {
                int[] at = {range.size()};
                yield new Generator(() -> --at[0] >= 0 ? Int.of(range.at(at[0])) : null, "range_iterator");
            }
            case Dict dict -> backwards(dict, DictView.Kind.KEYS, "dict_reversekeyiterator");
            case DictView view -> backwards(view.dict(), view.kind(), "dict_reverseitemiterator");
            case Undefined _ -> new Generator(() -> null, "reversed");
            default -> null;
        };
    }

    private static Value backwards(Dict dict, DictView.Kind kind, String typeName) {
        var view = new DictView(dict, kind);
        var entries = List.copyOf(dict.entries()).reversed().iterator();
        return new Generator(() -> entries.hasNext() ? view.of(entries.next()) : null, typeName);
    }

    private static Value random(Run run, Value input, Arguments arguments) {
        arguments.none("random");
        int length = Operators.length(input);
        if (length == 0) {
            return Undefined.because("No random item, sequence was empty.");
        }
        return switch (input) {
            case Str _, Sequence _, Range _ ->
                Slices.element(input, Int.of(ThreadLocalRandom.current().nextInt(length)), run.meter());
            default -> throw Fault.type("'" + input.typeName() + "' object is not subscriptable");
        };
    }

    private static Value join(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("join", "d?", "attribute?");
        Meter meter = run.meter();
        UnaryOperator<Value> attribute = getter(bound[1], null, false, meter);
        Str separator = bound[0] == null ? Str.EMPTY : Repr.str(bound[0], meter);
        List<Value> items = Iteration.toList(input, meter);
        items.replaceAll(attribute);
        boolean markup = run.escapes()
                && (separator.isMarkup()
                        || items.stream().anyMatch(item -> item instanceof Str text && text.isMarkup()));
        if (markup) {
            separator = Html.escape(separator, meter);
        }
        var out = new MarkedBuilder(meter);
        for (int i = 0; i < items.size(); i++) {
            if (i > 0) {
                out.append(separator);
            }
            out.append(markup ? Html.escape(items.get(i), meter) : Repr.str(items.get(i), meter));
        }
        return markup ? out.build().markup() : out.build();
    }

    private static Value map(Run run, Value input, Arguments arguments) {
        Meter meter = run.meter();
        var elements = new Iteration[1];
        var change = new ArrayList<UnaryOperator<Value>>();
        return Generator.of(() -> {
            if (elements[0] == null) {
                if (!Operators.truth(input)) {
                    return null;
                }
                change.add(mapping(run, arguments));
                elements[0] = Iteration.of(input, meter);
            }
            Value item = next(elements[0], meter);
            return item == null ? null : change.getFirst().apply(item);
        });
    }

    /** The next element; generators may stand in generators, as deep as the limits allow. */
    private static Value next(Iteration elements, Meter meter) {
        meter.enter(4);
        Value item = elements.next();
        meter.leave(4);
        return item;
    }

    private static UnaryOperator<Value> mapping(Run run, Arguments arguments) {
        Map<String, Value> named = arguments.named();
        if (arguments.positional().isEmpty() && named.containsKey("attribute")) {
            for (String name : named.keySet()) {
                if (!name.equals("attribute") && !name.equals("default")) {
                    throw Fault.value("Unexpected keyword argument " + Repr.quoted(name));
                }
            }
            return getter(named.get("attribute"), named.get("default"), false, run.meter());
        }
        if (arguments.positional().isEmpty()) {
            throw Fault.value("map requires a filter argument");
        }
        Value name = arguments.positional().getFirst();
        var rest = new Arguments(
                arguments.positional().subList(1, arguments.positional().size()), named);
        return item -> Filters.chosen(name, run.meter()).apply(run, item, rest);
    }

    private interface Choice {
        boolean takes(Value item);
    }

    private static Value select(Run run, Value input, Arguments arguments, boolean wanted, boolean byAttribute) {
        Meter meter = run.meter();
        var elements = new Iteration[1];
        var choice = new ArrayList<Choice>();
        return Generator.of(() -> {
            if (elements[0] == null) {
                if (!Operators.truth(input)) {
                    return null;
                }
                choice.add(choice(run, arguments, byAttribute));
                elements[0] = Iteration.of(input, meter);
            }
            Value item = next(elements[0], meter);
            while (item != null && choice.getFirst().takes(item) != wanted) {
                item = next(elements[0], meter);
            }
            return item;
        });
    }

    private static Choice choice(Run run, Arguments arguments, boolean byAttribute) {
        List<Value> positional = arguments.positional();
        int off = byAttribute ? 1 : 0;
        if (positional.size() < off) {
            throw Fault.value("Missing parameter for attribute name");
        }
        UnaryOperator<Value> attribute =
                byAttribute ? getter(positional.getFirst(), null, false, run.meter()) : UnaryOperator.identity();
        if (positional.size() == off) {
            return item -> Operators.truth(attribute.apply(item));
        }
        Value name = positional.get(off);
        var rest = new Arguments(positional.subList(off + 1, positional.size()), arguments.named());
        return item -> {
            Value value = attribute.apply(item);
            return Tests.chosen(name, run.meter()).holds(run, value, rest);
        };
    }

    private static Value sort(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("sort", "reverse?", "case_sensitive?", "attribute?");
        Meter meter = run.meter();
        var getters = new ArrayList<UnaryOperator<Value>>();
        boolean ignoreCase = !isTrue(bound[1]);
        if (bound[2] instanceof Str text) {
            for (String part : text.text().split(",", -1)) {
                getters.add(getter(Str.of(part), null, ignoreCase, meter));
            }
        } else {
            getters.add(getter(bound[2], null, ignoreCase, meter));
        }
        List<Value> items = Iteration.toList(input, meter);
        return new Sequence.ListOf(new ArrayList<>(Sorting.sorted(
                items,
                item -> Sequence.ListOf.of(
                        getters.stream().map(getter -> getter.apply(item)).toList()),
                isTrue(bound[0]),
                meter)));
    }

    private static Value unique(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("unique", "case_sensitive?", "attribute?");
        Meter meter = run.meter();
        UnaryOperator<Value> key = getter(bound[1], null, !isTrue(bound[0]), meter);
        var elements = new Iteration[1];
        var seen = new HashSet<Object>();
        return Generator.of(() -> {
            if (elements[0] == null) {
                elements[0] = Iteration.of(input, meter);
            }
            Value item = next(elements[0], meter);
            while (item != null && !seen.add(Dict.key(key.apply(item)))) {
                item = next(elements[0], meter);
            }
            meter.elements(1);
            return item;
        });
    }

    private static Value extreme(Run run, Value input, Arguments arguments, boolean greatest) {
        Value[] bound = arguments.bind(greatest ? "max" : "min", "case_sensitive?", "attribute?");
        Meter meter = run.meter();
        Iteration elements = Iteration.of(input, meter);
        Value best = elements.next();
        if (best == null) {
            return Undefined.because("No aggregated item, sequence was empty.");
        }
        UnaryOperator<Value> key = getter(bound[1], null, !isTrue(bound[0]), meter);
        Value bestKey = key.apply(best);
        Operators.Comparison better = Operators.comparison(greatest ? ">" : "<");
        for (Value item = elements.next(); item != null; item = elements.next()) {
            meter.step();
            Value itemKey = key.apply(item);
            if (better.holds(itemKey, bestKey, meter)) {
                best = item;
                bestKey = itemKey;
            }
        }
        return best;
    }

    private static Value groupBy(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("groupby", "attribute", "default?", "case_sensitive?");
        Meter meter = run.meter();
        boolean ignoreCase = !isTrue(bound[2]);
        UnaryOperator<Value> key = getter(bound[0], bound[1], ignoreCase, meter);
        UnaryOperator<Value> shownKey = getter(bound[0], bound[1], false, meter);
        Map<Integer, Sequence.ListOf> groups = new LinkedHashMap<>();
        Value current = null;
        for (Value item : Sorting.sorted(Iteration.toList(input, meter), key::apply, false, meter)) {
            Value itemKey = key.apply(item);
            if (current == null || !Operators.same(current, itemKey, meter)) {
                groups.put(groups.size(), new Sequence.ListOf(new ArrayList<>()));
                current = itemKey;
            }
            groups.get(groups.size() - 1).items().add(item);
        }
        var result = new ArrayList<Value>();
        for (Sequence.ListOf group : groups.values()) {
            result.add(new Sequence.Tuple(List.of(shownKey.apply(group.items().getFirst()), group), true));
        }
        return new Sequence.ListOf(result);
    }

    private static Value sum(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("sum", "attribute?", "start?");
        Meter meter = run.meter();
        UnaryOperator<Value> attribute = getter(bound[0], null, false, meter);
        Value total = bound[1] == null ? Int.ZERO : bound[1];
        if (total instanceof Str) {
            throw Fault.type("sum() can't sum strings [use ''.join(seq) instead]");
        }
        Iteration elements = Iteration.of(input, meter);
        for (Value item = elements.next(); item != null; item = elements.next()) {
            meter.step();
            total = Operators.add(total, attribute.apply(item), meter);
        }
        return total;
    }
}
