package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** The {@code pprint} filter: Python's {@code pprint.pformat} at a width of 80. */
final class PrettyText {
    private static final int WIDTH = 80;

    private final Meter meter;
    private final MarkedBuilder out;

    private PrettyText(Meter meter) {
        this.meter = meter;
        this.out = new MarkedBuilder(meter);
    }

    static Str of(Value value, Meter meter) {
        var pretty = new PrettyText(meter);
        pretty.append(value, 0, 0, 1);
        return pretty.out.build();
    }

    /** On one line, with dictionaries in the order of their keys. */
    private Str oneLine(Value value) {
        return Repr.repr(sorted(value), meter);
    }

    private Value sorted(Value value) {
        meter.enter(4);
        Value result = switch (value) {
            case Dict dict -> {
                var copy = new Dict();
                entries(dict).forEach(entry -> copy.put(entry.key(), sorted(entry.value())));
                yield copy;
            }
            case Sequence.ListOf list -> Sequence.ListOf.of(all(list.items()));
            case Sequence.Tuple tuple -> Sequence.Tuple.of(all(tuple.items()));
            default -> value;
        };
        meter.leave(4);
        return result;
    }

    private List<Value> all(List<Value> items) {
        meter.elements(items.size());
        return items.stream().map(this::sorted).toList();
    }

    private List<Dict.Entry> entries(Dict dict) {
        try {
            return Sorting.sorted(new ArrayList<>(dict.entries()), Dict.Entry::key, false, meter);
        } catch (Fault fault) {
            throw fault.kind() == Fault.Kind.TYPE
                    ? Fault.unsupported("pprint of a dictionary whose keys have no order")
                    : fault;
        }
    }

    private void append(Value value, int indent, int allowance, int level) {
        Str line = oneLine(value);
        if (line.size() <= WIDTH - indent - allowance) {
            out.append(line);
            return;
        }
        meter.enter(4);
        switch (value) {
            case Dict dict -> {
                out.plain("{");
                pairs(entries(dict), indent + 1, allowance + 1, level + 1);
                out.plain("}");
            }
            case Sequence.ListOf list -> {
                out.plain("[");
                items(list.items(), indent + 1, allowance + 1, level + 1);
                out.plain("]");
            }
            case Sequence.Tuple tuple -> {
                String end = tuple.items().size() == 1 ? ",)" : ")";
                out.plain("(");
                items(tuple.items(), indent + 1, allowance + end.length(), level + 1);
                out.plain(end);
            }
            case Str text when !text.isMarkup() -> text(text, line, indent, allowance, level);
            default -> out.append(line);
        }
        meter.leave(4);
    }

    private void newline(int indent) {
        out.plain("\n").repeat(Str.of(" "), indent);
    }

    private void pairs(List<Dict.Entry> entries, int indent, int allowance, int level) {
        for (int i = 0; i < entries.size(); i++) {
            boolean last = i == entries.size() - 1;
            Str key = oneLine(entries.get(i).key());
            out.append(key).plain(": ");
            append(entries.get(i).value(), indent + key.size() + 2, last ? allowance : 1, level);
            if (!last) {
                out.plain(",");
                newline(indent);
            }
        }
    }

    private void items(List<Value> items, int indent, int allowance, int level) {
        for (int i = 0; i < items.size(); i++) {
            if (i > 0) {
                out.plain(",");
                newline(indent);
            }
            append(items.get(i), indent, i == items.size() - 1 ? allowance : 1, level);
        }
    }

    /** A long text as several literals, cut at its line ends and between its words. */
    private void text(Str text, Str whole, int indentBefore, int allowanceBefore, int level) {
        boolean outermost = level == 1;
        int indent = indentBefore + (outermost ? 1 : 0);
        int allowance = allowanceBefore + (outermost ? 1 : 0);
        int most = WIDTH - indent;
        var chunks = new ArrayList<Str>();
        List<Str> lines = StringEdits.lines(text, true, meter);
        Str shown = whole;
        for (int i = 0; i < lines.size(); i++) {
            boolean lastLine = i == lines.size() - 1;
            shown = Repr.repr(lines.get(i), meter);
            if (shown.size() <= most - (lastLine ? allowance : 0)) {
                chunks.add(shown);
            } else {
                words(lines.get(i), most, lastLine ? allowance : 0, chunks);
            }
        }
        if (chunks.size() == 1) {
            out.append(shown);
            return;
        }
        out.plain(outermost ? "(" : "");
        for (int i = 0; i < chunks.size(); i++) {
            if (i > 0) {
                newline(indent);
            }
            out.append(chunks.get(i));
        }
        out.plain(outermost ? ")" : "");
    }

    private void words(Str line, int most, int allowance, List<Str> chunks) {
        String text = line.text();
        int start = 0; // of the literal
        int at = 0;
        while (at < text.length()) {
            int end = at;
            while (end < text.length() && !Chars.isSpace(text.charAt(end))) {
                end++;
            }
            end = Chars.skipSpace(text, end);
            int room = most - (end == text.length() ? allowance : 0);
            if (Repr.repr(line.slice(start, end, meter), meter).size() > room) {
                if (at > start) {
                    chunks.add(Repr.repr(line.slice(start, at, meter), meter));
                }
                start = at;
            }
            at = end;
        }
        if (start < text.length()) {
            chunks.add(Repr.repr(line.slice(start, text.length(), meter), meter));
        }
    }
}
