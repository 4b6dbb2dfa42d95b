package dev.puna.text.jinja;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Filters on texts; other values are printed first. */
final class TextFilters {
    static final Map<String, Filters.Filter> ALL = Map.ofEntries(
            changed("capitalize", StringEdits::capitalize),
            changed("lower", Chars::lower),
            changed("title", TextFilters::title),
            changed("upper", Chars::upper),
            Map.entry("center", (run, input, arguments) -> {
                Value width = arguments.bind("center", "width?")[0];
                long wanted = width == null ? 80 : StringMethods.integer(width).clamped();
                return StringEdits.pad(Repr.str(input, run.meter()), wanted, Str.of(" "), "center", run.meter());
            }),
            Map.entry("e", TextFilters::escape),
            Map.entry("escape", TextFilters::escape),
            Map.entry("forceescape", (run, input, arguments) -> {
                arguments.none("forceescape");
                return Html.escape(Repr.str(input, run.meter()).plain(), run.meter());
            }),
            Map.entry("format", (run, input, arguments) -> {
                boolean named = !arguments.named().isEmpty();
                if (named && !arguments.positional().isEmpty()) {
                    throw Fault.value("can't handle positional and keyword arguments at the same time");
                }
                Value values = named ? Dict.of(arguments.named()) : Sequence.Tuple.of(arguments.positional());
                return PercentFormat.format(Repr.str(input, run.meter()), values, run.meter());
            }),
            Map.entry("indent", TextFilters::indent),
            Map.entry("replace", TextFilters::replace),
            Map.entry("safe", (run, input, arguments) -> {
                arguments.none("safe");
                return Html.markup(input, run.meter());
            }),
            Map.entry("striptags", (run, input, arguments) -> {
                arguments.none("striptags");
                return Html.stripTags(Repr.str(input, run.meter()).plain(), run.meter());
            }),
            Map.entry("trim", (run, input, arguments) -> {
                Value chars = arguments.bind("trim", "chars?")[0];
                Str text = Repr.str(input, run.meter());
                run.meter().scanned(text.length());
                return StringEdits.strip(text, chars, true, true, run.meter());
            }),
            Map.entry("truncate", TextFilters::truncate),
            Map.entry("urlencode", TextFilters::urlEncode),
            Map.entry("urlize", Links::filter),
            Map.entry("wordcount", TextFilters::wordCount),
            Map.entry("wordwrap", WordWrap::filter),
            Map.entry("xmlattr", (run, input, arguments) -> {
                Value space = arguments.bind("xmlattr", "autospace?")[0];
                if (!(input instanceof Dict dict)) {
                    throw input instanceof Undefined undefined
                            ? undefined.fault()
                            : Fault.type("'" + input.typeName() + "' object has no attribute 'items'");
                }
                Str text = Html.attributes(dict, space == null || Operators.truth(space), run.meter());
                return run.escapes() ? text.markup() : text;
            }));

    private TextFilters() {}

    private static Map.Entry<String, Filters.Filter> changed(String name, UnaryOperator<String> change) {
        return Map.entry(name, (run, input, arguments) -> {
            arguments.none(name);
            Str text = Repr.str(input, run.meter());
            run.meter().text(text.length());
            return text.withText(change.apply(text.text()));
        });
    }

    private static Value escape(Run run, Value input, Arguments arguments) {
        arguments.none("escape");
        return Html.escape(input, run.meter());
    }

    private static String title(String text) {
        var out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            int end = at;
            while (end < text.length() && !startsWord(text.charAt(end))) {
                end++;
            }
            if (end > at) {
                int first = at + Character.charCount(text.codePointAt(at));
                out.append(Chars.upper(text.substring(at, first))).append(Chars.lower(text.substring(first, end)));
            }
            at = end;
            while (at < text.length() && startsWord(text.charAt(at))) {
                out.append(text.charAt(at++));
            }
        }
        return out.toString();
    }

    /** A new word starts behind such a character. */
    private static boolean startsWord(char c) {
        return "-({[<".indexOf(c) >= 0 || Chars.isSpace(c);
    }

    private static Value indent(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("indent", "width?", "first?", "blank?");
        Meter meter = run.meter();
        Str indention = switch (bound[0]) {
            case null -> Str.of("    ");
            case Str text -> text;
            default -> {
                Int width = Arithmetic.integer(bound[0]);
                if (width == null) {
                    throw Fault.type("can't multiply sequence by non-int of type '" + bound[0].typeName() + "'");
                }
                yield new MarkedBuilder(meter)
                        .repeat(Str.of(" "), width.clamped())
                        .build();
            }
        };
        Str text = switch (input) {
            case Str str -> str;
            case Undefined undefined -> throw undefined.fault();
            default -> throw Fault.type("indent needs a text, not '" + input.typeName() + "'");
        };
        if (text.isMarkup()) {
            indention = indention.markup();
        } else if (indention.isMarkup()) {
            text = Html.escape(text, meter);
        }
        boolean blank = bound[2] != null && Operators.truth(bound[2]);
        boolean first = bound[1] != null && Operators.truth(bound[1]);
        List<Str> lines = StringEdits.lines(text.concat(text.like(Str.of("\n")), meter), false, meter);
        var out = new MarkedBuilder(meter);
        for (int i = 0; i < lines.size(); i++) {
            if (i > 0) {
                out.plain("\n");
            }
            boolean indented = i == 0 ? first : blank || lines.get(i).length() > 0;
            if (indented) {
                out.append(indention);
            }
            out.append(lines.get(i));
        }
        return text.like(out.build());
    }

    private static Value replace(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("replace", "old", "new", "count?");
        Meter meter = run.meter();
        Str text = Repr.str(input, meter);
        Str old = Repr.str(bound[0], meter);
        Str with = Repr.str(bound[1], meter);
        long count = bound[2] == null || bound[2] == None.NONE
                ? -1
                : StringMethods.integer(bound[2]).clamped();
        meter.scanned(text.length());
        if (!run.escapes()) {
            return StringEdits.replace(text.plain(), old.plain(), with.plain(), count, meter);
        }
        if (old.isMarkup() || with.isMarkup() && !text.isMarkup()) {
            text = Html.escape(text, meter);
        }
        return StringEdits.replace(text, old, text.isMarkup() ? Html.escape(with, meter) : with, count, meter);
    }

    private static Value truncate(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("truncate", "length?", "killwords?", "end?", "leeway?");
        Meter meter = run.meter();
        long length = bound[0] == null ? 255 : StringMethods.integer(bound[0]).clamped();
        boolean cutsWords = bound[1] != null && Operators.truth(bound[1]);
        Str end = bound[2] == null ? Str.of("...") : StringMethods.string(bound[2], "end");
        long leeway = bound[3] == null || bound[3] == None.NONE
                ? 5
                : StringMethods.integer(bound[3]).clamped();
        if (length < end.size()) {
            throw Fault.value("expected length >= " + end.size() + ", got " + length);
        }
        if (leeway < 0) {
            throw Fault.value("expected leeway >= 0, got " + leeway);
        }
        int size = Operators.length(input);
        if (size < 0) {
            throw Fault.type("object of type '" + input.typeName() + "' has no len()");
        }
        if (size - leeway <= length) {
            return input;
        }
        if (!(input instanceof Str text)) {
            throw Fault.type("truncate needs a text, not '" + input.typeName() + "'");
        }
        Str kept = text.slice(0, text.offset((int) (length - end.size())), meter);
        if (!cutsWords) {
            int blank = kept.text().lastIndexOf(' ');
            kept = blank < 0 ? kept : kept.slice(0, blank, meter);
        }
        return Operators.add(kept, end, meter);
    }

    private static Value wordCount(Run run, Value input, Arguments arguments) {
        arguments.none("wordcount");
        String text = Repr.str(input, run.meter()).text();
        run.meter().scanned(text.length());
        long words = 0;
        boolean inWord = false;
        for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
            boolean word = Chars.isWordOnly(text.codePointAt(at));
            words += word && !inWord ? 1 : 0;
            inWord = word;
        }
        return Int.of(words);
    }

    private static Value urlEncode(Run run, Value input, Arguments arguments) {
        arguments.none("urlencode");
        Meter meter = run.meter();
        if (input instanceof Str || !Iteration.possible(input)) {
            return quoted(Repr.str(input, meter), false, meter);
        }
        Value pairs = input instanceof Dict dict ? new DictView(dict, DictView.Kind.ITEMS) : input;
        var out = new MarkedBuilder(meter);
        Iteration elements = Iteration.of(pairs, meter);
        for (Value pair = elements.next(); pair != null; pair = elements.next()) {
            if (!Iteration.possible(pair)) {
                throw Fault.type("cannot unpack non-iterable " + pair.typeName() + " object");
            }
            List<Value> both = Iteration.toList(pair, meter);
            if (both.size() != 2) {
                throw Fault.value("expected 2 values to unpack, got " + both.size());
            }
            if (out.length() > 0) {
                out.plain("&");
            }
            out.append(quoted(Repr.str(both.getFirst(), meter), true, meter))
                    .plain("=")
                    .append(quoted(Repr.str(both.getLast(), meter), true, meter));
        }
        return out.build();
    }

    private static Str quoted(Str text, boolean inQuery, Meter meter) {
        var out = new MarkedBuilder(meter);
        int next;
        for (int at = 0; at < text.length(); at = next) {
            int point = text.text().codePointAt(at);
            next = at + Character.charCount(point);
            boolean marked = text.isMarked(at);
            boolean safe = point < 128
                    && (Character.isLetterOrDigit(point) || "_.-~".indexOf(point) >= 0 || point == '/' && !inQuery);
            if (safe) {
                out.append(text, at, next);
            } else if (point == ' ' && inQuery) {
                out.append("+", marked);
            } else {
                for (byte b : Character.toString(point).getBytes(StandardCharsets.UTF_8)) {
                    out.append("%%%02X".formatted(b), marked);
                }
            }
        }
        return out.build();
    }
}
