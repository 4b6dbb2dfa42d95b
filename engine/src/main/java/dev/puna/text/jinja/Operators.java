package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** What operators do to values: truth, equality, order, membership, and arithmetic where it is not about numbers. */
final class Operators {
    private Operators() {}

    /** An operator between two values. */
    @FunctionalInterface
    interface Binary {
        Value apply(Value left, Value right, Meter meter);
    }

    /** A comparison of two values. */
    @FunctionalInterface
    interface Comparison {
        boolean holds(Value left, Value right, Meter meter);
    }

    static Binary binary(String operator) {
        return switch (operator) {
            case "+" -> Operators::add;
            case "*" -> Operators::multiply;
            case "%" ->
                (left, right, meter) -> left instanceof Str format
                        ? PercentFormat.format(format, right, meter)
                        : numeric(operator, left, right, meter);
            default -> (left, right, meter) -> numeric(operator, left, right, meter);
        };
    }

    static Comparison comparison(String operator) {
        return switch (operator) {
            case "==" -> Operators::equal;
            case "!=" -> (left, right, meter) -> !equal(left, right, meter);
            case "in" -> Operators::contains;
            case "not in" -> (left, right, meter) -> !contains(left, right, meter);
            default -> (left, right, meter) -> ordered(operator, left, right, meter);
        };
    }

    static boolean truth(Value value) {
        return switch (value) {
            case Bool bool -> bool == Bool.TRUE;
            case None _, Undefined _ -> false;
            case Int number -> number.signum() != 0;
            case Real(double real) -> real != 0;
            default -> length(value) != 0;
        };
    }

    /** Python's {@code len}, or -1 where the value has none. */
    static int length(Value value) {
        return switch (value) {
            case Str str -> str.length() == 0 ? 0 : str.size();
            case Sequence sequence -> sequence.items().size();
            case Dict dict -> dict.size();
            case DictView view -> view.dict().size();
            case Range range -> range.size();
            case Undefined _ -> 0;
            case Loop loop -> loop.length();
            default -> -1;
        };
    }

    private static Fault unsupported(String operator, Value left, Value right) {
        if (left instanceof Undefined undefined) {
            return undefined.fault();
        }
        if (right instanceof Undefined undefined) {
            return undefined.fault();
        }
        String shown = operator.equals("**") ? "** or pow()" : operator;
        return Fault.type("unsupported operand type(s) for " + shown + ": '" + left.typeName() + "' and '"
                + right.typeName() + "'");
    }

    private static Value numeric(String operator, Value left, Value right, Meter meter) {
        if (Arithmetic.isNumber(left) && Arithmetic.isNumber(right)) {
            return Arithmetic.apply(operator, left, right, meter);
        }
        if (left instanceof DictView || right instanceof DictView) {
            throw Fault.unsupported("sets are not supported");
        }
        throw unsupported(operator, left, right);
    }

    static Value add(Value left, Value right, Meter meter) {
        if (Arithmetic.isNumber(left) && Arithmetic.isNumber(right)) {
            return Arithmetic.apply("+", left, right, meter);
        }
        return switch (left) {
            case Str first
            when right instanceof Str second ->
                first.isMarkup() || second.isMarkup() ? Html.join(first, second, meter) : first.concat(second, meter);
            case Sequence.ListOf first
            when right instanceof Sequence.ListOf second ->
                new Sequence.ListOf(joined(first.items(), second.items(), meter));
            case Sequence.Tuple first
            when right instanceof Sequence.Tuple second ->
                Sequence.Tuple.of(joined(first.items(), second.items(), meter));
            case Str first
            when !(right instanceof Undefined) && !first.isMarkup() ->
                throw Fault.type("can only concatenate str (not \"" + right.typeName() + "\") to str");
            case Sequence first
            when !(right instanceof Undefined) ->
                throw Fault.type("can only concatenate " + first.typeName() + " (not \"" + right.typeName() + "\") to "
                        + first.typeName());
            default -> throw unsupported("+", left, right);
        };
    }

    private static ArrayList<Value> joined(List<Value> first, List<Value> second, Meter meter) {
        meter.elements((long) first.size() + second.size());
        var all = new ArrayList<Value>(first.size() + second.size());
        all.addAll(first);
        all.addAll(second);
        return all;
    }

    private static Value multiply(Value left, Value right, Meter meter) {
        if (Arithmetic.isNumber(left) && Arithmetic.isNumber(right)) {
            return Arithmetic.apply("*", left, right, meter);
        }
        boolean forwards = left instanceof Str || left instanceof Sequence;
        Value repeated = forwards ? left : right;
        Value count = forwards ? right : left;
        if (!(repeated instanceof Str) && !(repeated instanceof Sequence)) {
            throw unsupported("*", left, right);
        }
        Int times = Arithmetic.integer(count);
        if (times == null) {
            throw count instanceof Undefined undefined
                    ? undefined.fault()
                    : Fault.type("can't multiply sequence by non-int of type '" + count.typeName() + "'");
        }
        if (!times.isSmall()) {
            throw Fault.of(Fault.Kind.OVERFLOW, "cannot fit 'int' into an index-sized integer");
        }
        long copies = Math.max(0, times.small());
        return switch (repeated) {
            case Str str ->
                str.like(new MarkedBuilder(meter).repeat(str, copies).build());
            case Sequence.ListOf list -> new Sequence.ListOf(repeated(list.items(), copies, meter));
            case Sequence.Tuple tuple -> Sequence.Tuple.of(repeated(tuple.items(), copies, meter));
            default -> throw new IllegalStateException();
        };
    }

    private static ArrayList<Value> repeated(List<Value> items, long times, Meter meter) {
        var all = new ArrayList<Value>();
        if (!items.isEmpty()) {
            meter.elements(times > Integer.MAX_VALUE ? Long.MAX_VALUE : items.size() * times);
            List<Value> once = List.copyOf(items);
            for (long i = 0; i < times; i++) {
                all.addAll(once);
            }
        }
        return all;
    }

    static boolean equal(Value left, Value right, Meter meter) {
        if (Arithmetic.isNumber(left) && Arithmetic.isNumber(right)) {
            return !isNan(left) && !isNan(right) && Arithmetic.compare(left, right) == 0;
        }
        return switch (left) {
            case Str first -> {
                if (!(right instanceof Str second) || first.length() != second.length()) {
                    yield false;
                }
                meter.scanned(first.length());
                yield first.text().equals(second.text());
            }
            case Undefined _ -> right instanceof Undefined;
            case Sequence.ListOf first -> right instanceof Sequence.ListOf second && sameItems(first, second, meter);
            case Sequence.Tuple first -> right instanceof Sequence.Tuple second && sameItems(first, second, meter);
            case Dict first -> right instanceof Dict second && sameEntries(first, second, meter);
            case Range first -> first.equals(right);
            case DictView first -> {
                if (right instanceof DictView second
                        && first.kind() != DictView.Kind.VALUES
                        && second.kind() != DictView.Kind.VALUES) {
                    throw Fault.unsupported("comparing views of dictionaries is not supported");
                }
                yield left == right;
            }
            default -> left == right;
        };
    }

    private static boolean isNan(Value value) {
        return value instanceof Real(double real) && Double.isNaN(real);
    }

    /** Python's lists look at identity first, so that NaN equals itself in them. */
    static boolean same(Value left, Value right, Meter meter) {
        return left == right || equal(left, right, meter);
    }

    private static boolean sameItems(Sequence first, Sequence second, Meter meter) {
        int size = first.items().size();
        if (size != second.items().size()) {
            return false;
        }
        meter.enter(3);
        boolean same = true;
        for (int i = 0; i < size && same; i++) {
            meter.step();
            same = same(first.items().get(i), second.items().get(i), meter);
        }
        meter.leave(3);
        return same;
    }

    private static boolean sameEntries(Dict first, Dict second, Meter meter) {
        if (first.size() != second.size()) {
            return false;
        }
        meter.enter(3);
        boolean same = true;
        for (Dict.Entry entry : first.entries()) {
            meter.step();
            Value other = second.get(entry.key());
            same = other != null && same(entry.value(), other, meter);
            if (!same) {
                break;
            }
        }
        meter.leave(3);
        return same;
    }

    private static boolean ordered(String operator, Value left, Value right, Meter meter) {
        if (isNan(left) && Arithmetic.isNumber(right) || isNan(right) && Arithmetic.isNumber(left)) {
            return false;
        }
        if (left instanceof Sequence first && right instanceof Sequence second && sameKind(first, second)) {
            return orderedItems(operator, first, second, meter);
        }
        int order = compare(operator, left, right, meter);
        return switch (operator) {
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    private static boolean sameKind(Sequence first, Sequence second) {
        return first instanceof Sequence.ListOf == second instanceof Sequence.ListOf;
    }

    private static boolean orderedItems(String operator, Sequence first, Sequence second, Meter meter) {
        int shared = Math.min(first.items().size(), second.items().size());
        meter.enter(3);
        try {
            for (int i = 0; i < shared; i++) {
                meter.step();
                Value left = first.items().get(i);
                Value right = second.items().get(i);
                if (!same(left, right, meter)) {
                    return ordered(operator, left, right, meter);
                }
            }
        } finally {
            meter.leave(3);
        }
        return ordered(
                operator, Int.of(first.items().size()), Int.of(second.items().size()), meter);
    }

    private static int compare(String operator, Value left, Value right, Meter meter) {
        if (Arithmetic.isNumber(left) && Arithmetic.isNumber(right)) {
            return Arithmetic.compare(left, right);
        }
        if (left instanceof Str first && right instanceof Str second) {
            meter.scanned(Math.min(first.length(), second.length()));
            return Chars.compare(first.text(), second.text());
        }
        if (left instanceof Undefined undefined) {
            throw undefined.fault();
        }
        if (right instanceof Undefined undefined) {
            throw undefined.fault();
        }
        if (left instanceof DictView && right instanceof DictView) {
            throw Fault.unsupported("comparing views of dictionaries is not supported");
        }
        throw Fault.type("'" + operator + "' not supported between instances of '" + left.typeName() + "' and '"
                + right.typeName() + "'");
    }

    static boolean less(Value left, Value right, Meter meter) {
        return ordered("<", left, right, meter);
    }

    static boolean contains(Value item, Value container, Meter meter) {
        return switch (container) {
            case Str text -> {
                if (!(item instanceof Str part)) {
                    throw Fault.type("'in <string>' requires string as left operand, not " + item.typeName());
                }
                meter.scanned(text.length());
                yield Search.indexOf(text.text(), part.text(), 0) >= 0;
            }
            case Dict dict -> dict.contains(item);
            case DictView view
            when view.kind() == DictView.Kind.KEYS -> view.dict().contains(item);
            case DictView view
            when view.kind() == DictView.Kind.ITEMS -> {
                if (!(item instanceof Sequence.Tuple tuple) || tuple.items().size() != 2) {
                    yield false;
                }
                Value value = view.dict().get(tuple.items().getFirst());
                yield value != null && same(value, tuple.items().getLast(), meter);
            }
            case Range range when Arithmetic.integer(item) instanceof Int number -> range.indexOf(number) >= 0;
            default -> {
                if (!Iteration.possible(container)) {
                    throw Fault.type("argument of type '" + container.typeName() + "' is not iterable");
                }
                Iteration elements = Iteration.of(container, meter);
                for (Value element = elements.next(); element != null; element = elements.next()) {
                    meter.step();
                    if (same(element, item, meter)) {
                        yield true;
                    }
                }
                yield false;
            }
        };
    }
}
