package dev.puna.text.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The {@code tojson} of chat templates: Python's {@code json.dumps} without escaping beyond ASCII unless asked for. */
final class JsonText {
    private final Meter meter;
    private final MarkedBuilder out;
    private final boolean ascii;
    private final boolean sorted;
    private final Str indent;
    private final Str itemSeparator;
    private final Str keySeparator;
    private final Deque<Value> inside = new ArrayDeque<>();

    private JsonText(Meter meter, boolean ascii, boolean sorted, Str indent, Str itemSeparator, Str keySeparator) {
        this.meter = meter;
        this.out = new MarkedBuilder(meter);
        this.ascii = ascii;
        this.sorted = sorted;
        this.indent = indent;
        this.itemSeparator = itemSeparator;
        this.keySeparator = keySeparator;
    }

    static Value filter(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("tojson", "ensure_ascii?", "indent?", "separators?", "sort_keys?");
        Meter meter = run.meter();
        boolean ascii = bound[0] != null && Operators.truth(bound[0]);
        // A text alone is written without a look at the indentation.
        Str indent = input instanceof Str ? null : indent(bound[1], meter);
        Str itemSeparator = Str.of(indent == null ? ", " : ",");
        Str keySeparator = Str.of(": ");
        if (bound[2] != null && bound[2] != None.NONE) {
            List<Value> both = Iteration.toList(bound[2], meter);
            if (both.size() != 2) {
                throw Fault.value("separators must be two texts");
            }
            itemSeparator = StringMethods.string(both.getFirst(), "item separator");
            keySeparator = StringMethods.string(both.getLast(), "key separator");
        }
        boolean sorted = bound[3] != null && Operators.truth(bound[3]);
        var json = new JsonText(meter, ascii, sorted, indent, itemSeparator, keySeparator);
        json.append(input);
        return json.out.build();
    }

    private static Str indent(Value value, Meter meter) {
        return switch (value) {
            case null -> null;
            case None _ -> null;
            case Str text -> text;
            default -> {
                Int number = Arithmetic.integer(value);
                if (number == null) {
                    throw Fault.type("can't multiply sequence by non-int of type '" + value.typeName() + "'");
                }
                yield new MarkedBuilder(meter)
                        .repeat(Str.of(" "), number.clamped())
                        .build();
            }
        };
    }

    private void append(Value value) {
        switch (value) {
            case Str str -> quote(str);
            case None _ -> out.plain("null");
            case Bool bool -> out.plain(bool == Bool.TRUE ? "true" : "false");
            case Int number -> out.plain(Repr.digits(number));
            case Real(double real) -> out.plain(real(real));
            case Sequence sequence -> {
                if (sequence.items().isEmpty()) {
                    out.plain("[]");
                } else {
                    nested(sequence, "[", "]", () -> items(sequence.items()));
                }
            }
            case Dict dict -> {
                if (dict.size() == 0) {
                    out.plain("{}");
                } else {
                    nested(dict, "{", "}", () -> entries(dict));
                }
            }
            default -> throw Fault.type("Object of type " + value.typeName() + " is not JSON serializable");
        }
    }

    private void nested(Value value, String start, String end, Runnable content) {
        for (Value outer : inside) {
            if (outer == value) {
                throw Fault.value("Circular reference detected");
            }
        }
        meter.enter(3);
        inside.push(value);
        out.plain(start);
        content.run();
        inside.pop();
        newline();
        out.plain(end);
        meter.leave(3);
    }

    private void newline() {
        if (indent != null) {
            out.plain("\n").repeat(indent, inside.size());
        }
    }

    private void items(List<Value> items) {
        boolean first = true;
        for (Value item : items) {
            next(first);
            first = false;
            append(item);
        }
    }

    private void next(boolean first) {
        meter.step();
        if (!first) {
            out.append(itemSeparator);
        }
        newline();
    }

    private void entries(Dict dict) {
        Iterable<Dict.Entry> entries = dict.entries();
        if (sorted) {
            entries = Sorting.sorted(new ArrayList<>(dict.entries()), Dict.Entry::key, false, meter);
        }
        boolean first = true;
        for (Dict.Entry entry : entries) {
            next(first);
            first = false;
            key(entry.key());
            out.append(keySeparator);
            append(entry.value());
        }
    }

    private void key(Value key) {
        switch (key) {
            case Str str -> quote(str);
            case Bool bool -> out.plain(bool == Bool.TRUE ? "\"true\"" : "\"false\"");
            case None _ -> out.plain("\"null\"");
            case Int number -> out.plain("\"" + Repr.digits(number) + "\"");
            case Real(double real) -> out.plain("\"" + real(real) + "\"");
            default -> throw Fault.type("keys must be str, int, float, bool or None, not " + key.typeName());
        }
    }

    private static String real(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        return Double.isInfinite(value) ? value > 0 ? "Infinity" : "-Infinity" : Reals.repr(value);
    }

    private void quote(Str str) {
        out.plain("\"");
        String text = str.text();
        int done = 0;
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            String escape = switch (c) {
                case '"' -> "\\\"";
                case '\\' -> "\\\\";
                case '\n' -> "\\n";
                case '\r' -> "\\r";
                case '\t' -> "\\t";
                case '\f' -> "\\f";
                case '\b' -> "\\b";
                default -> c < ' ' || ascii && c > '~' ? "\\u%04x".formatted((int) c) : null;
            };
            if (escape != null) {
                out.append(str, done, at).append(escape, str.isMarked(at));
                done = at + 1;
            }
        }
        out.append(str, done, text.length()).plain("\"");
    }
}
