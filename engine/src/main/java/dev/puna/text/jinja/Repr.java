package dev.puna.text.jinja;

import java.util.ArrayDeque;
import java.util.Deque;

/** How values print: Python's {@code str} and {@code repr}. */
final class Repr {
    private final Meter meter;
    private final MarkedBuilder out;
    private final Deque<Value> inside = new ArrayDeque<>();

    private Repr(Meter meter) {
        this.meter = meter;
        this.out = new MarkedBuilder(meter);
    }

    /** The text of a value as a template prints it. */
    static Str str(Value value, Meter meter) {
        return switch (value) {
            case Str str -> str;
            case Undefined _ -> Str.EMPTY;
            case Int number when number.isSmall() -> Str.of(Long.toString(number.small()));
            default -> repr(value, meter);
        };
    }

    /** The text of a value as it prints inside a list. */
    static Str repr(Value value, Meter meter) {
        var repr = new Repr(meter);
        repr.append(value);
        return repr.out.build();
    }

    private void append(Value value) {
        switch (value) {
            case Str str -> {
                if (str.isMarkup()) {
                    out.plain("Markup(");
                    quote(str, out);
                    out.plain(")");
                } else {
                    quote(str, out);
                }
            }
            case Int number -> out.plain(digits(number));
            case Real real -> out.plain(Reals.repr(real.value()));
            case Bool bool -> out.plain(bool == Bool.TRUE ? "True" : "False");
            case None _ -> out.plain("None");
            case Undefined _ -> out.plain("Undefined");
            case Sequence.ListOf list -> nested(list, "[", "]", () -> items(list.items()));
            case Sequence.Tuple tuple ->
                nested(tuple, "(", ")", () -> {
                    items(tuple.items());
                    if (tuple.items().size() == 1) {
                        out.plain(",");
                    }
                });
            case Dict dict -> nested(dict, "{", "}", () -> pairs(dict));
            case DictView view -> {
                out.plain(view.typeName()).plain("(");
                nested(
                        view,
                        "[",
                        "]",
                        () -> items(view.dict().entries().stream().map(view::of)::iterator));
                out.plain(")");
            }
            case Range range ->
                out.plain("range(" + range.start() + ", " + range.stop()
                        + (range.step() == 1 ? "" : ", " + range.step()) + ")");
            case Namespace namespace -> {
                out.plain("<Namespace ");
                nested(namespace, "{", "}", () -> pairs(Dict.of(namespace.attributes())));
                out.plain(">");
            }
            case Macro macro -> out.plain(macro.shown());
            case Loop loop -> out.plain(loop.shown());
            case BlockTable _ -> out.plain("<TemplateReference None>");
            case Generator _, Cycler _, Function _, Joiner _, BlockTable.Block _ ->
                throw Fault.unsupported("a " + value.typeName() + " has no text of its own");
        }
    }

    private void nested(Value value, String start, String end, Runnable content) {
        for (Value outer : inside) {
            if (outer == value) {
                out.plain(start).plain("...").plain(end);
                return;
            }
        }
        meter.enter(3);
        inside.push(value);
        out.plain(start);
        content.run();
        out.plain(end);
        inside.pop();
        meter.leave(3);
    }

    private void items(Iterable<Value> items) {
        boolean first = true;
        for (Value item : items) {
            if (!first) {
                out.plain(", ");
            }
            first = false;
            meter.step();
            append(item);
        }
    }

    private void pairs(Dict dict) {
        boolean first = true;
        for (Dict.Entry entry : dict.entries()) {
            if (!first) {
                out.plain(", ");
            }
            first = false;
            meter.step();
            append(entry.key());
            out.plain(": ");
            append(entry.value());
        }
    }

    static String digits(Int number) {
        if (number.isSmall()) {
            return Long.toString(number.small());
        }
        if (number.big().bitLength() > 14_285) { // 4300 digits have at least this many bits
            throw Fault.value("Exceeds the limit (4300 digits) for integer string conversion");
        }
        return number.big().toString();
    }

    /** A text in quotes, with what does not print escaped. */
    static void quote(Str str, MarkedBuilder out) {
        String text = str.text();
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        String mark = String.valueOf(quote);
        out.plain(mark);
        int done = 0;
        int next;
        for (int i = 0; i < text.length(); i = next) {
            int point = text.codePointAt(i);
            next = i + Character.charCount(point);
            if (point != quote && point != '\\' && Chars.isPrintable(point)) {
                continue;
            }
            out.append(str, done, i);
            out.append(point == quote ? "\\" + quote : escape(point), str.isMarked(i));
            done = next;
        }
        out.append(str, done, text.length());
        out.plain(mark);
    }

    /** A character as an escape: {@code \n}, {@code \x1b}, {@code \u200b}. */
    static String escape(int point) {
        return switch (point) {
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default ->
                point < 0x100
                        ? "\\x%02x".formatted(point)
                        : point < 0x10000 ? "\\u%04x".formatted(point) : "\\U%08x".formatted(point);
        };
    }

    /** A name in quotes, for messages. */
    static String quoted(String text) {
        var out = new MarkedBuilder(new Meter(Limits.DEFAULT));
        quote(Str.of(text), out);
        return out.build().text();
    }

    /** A value for messages, cut where it is long. */
    static String brief(Value value, Meter meter) {
        String text = repr(value, meter).text();
        return text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }
}
