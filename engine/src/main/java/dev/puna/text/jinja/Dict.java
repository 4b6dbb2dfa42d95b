package dev.puna.text.jinja;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A dictionary in the order of insertion. Python's keys are equal across types (1, 1.0 and True are one key), and the
 * first spelling of a key stays.
 */
final class Dict implements Value {
    private final Map<Object, Entry> entries;

    /** One key with its value. */
    record Entry(Value key, Value value) {}

    private record TupleKey(List<Object> parts) {}

    Dict() {
        entries = new LinkedHashMap<>();
    }

    static Dict of(Map<String, Value> named) {
        var dict = new Dict();
        named.forEach((name, value) -> dict.put(Str.of(name), value));
        return dict;
    }

    /** An object that equals the key of every equal value; unhashable values are a type error. */
    static Object key(Value value) {
        return key(value, 0);
    }

    private static Object key(Value value, int depth) {
        if (depth > 200) {
            throw Fault.limit("a key of tuples nested deeper than 200 levels");
        }
        return switch (value) {
            case Str str -> str.text();
            case Bool bool -> (long) bool.ordinal();
            case Int number -> number.isSmall() ? (Object) number.small() : number.big();
            case Real real -> realKey(real.value());
            case Sequence.Tuple tuple -> {
                var parts = new ArrayList<Object>();
                for (Value item : tuple.items()) {
                    parts.add(key(item, depth + 1));
                }
                yield new TupleKey(parts);
            }
            case Undefined _ -> Undefined.class;
            case Sequence.ListOf _, Dict _ -> throw unhashable(value);
            case DictView view when view.kind() != DictView.Kind.VALUES -> throw unhashable(value);
            default -> value;
        };
    }

    private static Object realKey(double value) {
        if (value == Math.rint(value) && !Double.isInfinite(value)) {
            return Math.abs(value) < 0x1p63 ? (Object) (long) value : new BigDecimal(value).toBigIntegerExact();
        }
        return value;
    }

    private static Fault unhashable(Value value) {
        return Fault.type("unhashable type: '" + value.typeName() + "'");
    }

    int size() {
        return entries.size();
    }

    Value get(Value key) {
        Entry entry = entries.get(key(key));
        return entry == null ? null : entry.value();
    }

    Value get(String key) {
        Entry entry = entries.get(key);
        return entry == null ? null : entry.value();
    }

    boolean contains(Value key) {
        return entries.containsKey(key(key));
    }

    void put(Value key, Value value) {
        entries.merge(key(key), new Entry(key, value), (old, now) -> new Entry(old.key(), now.value()));
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    @Override
    public String typeName() {
        return "dict";
    }
}
