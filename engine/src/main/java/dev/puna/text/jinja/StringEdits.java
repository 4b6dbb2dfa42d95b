package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The methods of texts that give new texts. Each keeps the marks of the characters that it keeps. */
final class StringEdits {
    static final Map<String, StringMethods.Method> ALL = Map.ofEntries(
            changed("capitalize", StringEdits::capitalize),
            changed("casefold", text -> each(text, Chars::fold)),
            changed("lower", Chars::lower),
            changed("swapcase", StringEdits::swapCase),
            changed("title", StringEdits::title),
            changed("upper", Chars::upper),
            Map.entry("strip", (str, run, arguments) -> strip(str, arguments, true, true, run.meter())),
            Map.entry("lstrip", (str, run, arguments) -> strip(str, arguments, true, false, run.meter())),
            Map.entry("rstrip", (str, run, arguments) -> strip(str, arguments, false, true, run.meter())),
            Map.entry("split", (str, run, arguments) -> split(str, arguments, "split", run.meter())),
            Map.entry("rsplit", (str, run, arguments) -> split(str, arguments, "rsplit", run.meter())),
            Map.entry("splitlines", (str, run, arguments) -> {
                Value keep = arguments.bind("splitlines", "keepends?")[0];
                return kept(lines(str, keep != null && Operators.truth(keep), run.meter()));
            }),
            Map.entry("partition", (str, run, arguments) -> partition(str, arguments, "partition", run.meter())),
            Map.entry("rpartition", (str, run, arguments) -> partition(str, arguments, "rpartition", run.meter())),
            Map.entry("replace", (str, run, arguments) -> {
                Value[] bound = arguments.bind("replace", 2, 3);
                Str old = StringMethods.string(bound[0], "replace() argument 1");
                Str with = StringMethods.string(bound[1], "replace() argument 2");
                Str safe = str.isMarkup() ? Html.escape(with, run.meter()) : with;
                return replace(
                        str,
                        old,
                        safe,
                        bound[2] == null ? -1 : StringMethods.integer(bound[2]).clamped(),
                        run.meter());
            }),
            Map.entry("join", StringEdits::join),
            Map.entry("removeprefix", (str, run, arguments) -> {
                Str prefix = StringMethods.string(arguments.bind("removeprefix", 1, 1)[0], "removeprefix() argument");
                boolean there = str.text().startsWith(prefix.text());
                return there ? str.slice(prefix.length(), str.length(), run.meter()) : str;
            }),
            Map.entry("removesuffix", (str, run, arguments) -> {
                Str suffix = StringMethods.string(arguments.bind("removesuffix", 1, 1)[0], "removesuffix() argument");
                boolean there = suffix.length() > 0 && str.text().endsWith(suffix.text());
                return there ? str.slice(0, str.length() - suffix.length(), run.meter()) : str;
            }),
            Map.entry("center", (str, run, arguments) -> padded(str, arguments, "center", run.meter())),
            Map.entry("ljust", (str, run, arguments) -> padded(str, arguments, "ljust", run.meter())),
            Map.entry("rjust", (str, run, arguments) -> padded(str, arguments, "rjust", run.meter())),
            Map.entry("zfill", StringEdits::zeroFill),
            Map.entry("expandtabs", StringEdits::expandTabs),
            Map.entry("translate", StringEdits::translate));

    private StringEdits() {}

    private static Map.Entry<String, StringMethods.Method> changed(String name, UnaryOperator<String> change) {
        return Map.entry(name, (str, run, arguments) -> {
            arguments.none("str." + name);
            run.meter().text(str.length());
            return str.withText(change.apply(str.text()));
        });
    }

    private interface PointChange {
        String of(int point);
    }

    private static String each(String text, PointChange change) {
        var out = new StringBuilder(text.length());
        text.codePoints().forEach(point -> out.append(change.of(point)));
        return out.toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        // Lower the whole, so that the letters' neighbours count (a sigma at the end of a word).
        String lower = Chars.lower(text);
        String lowerFirst = Chars.lower(Character.toString(first));
        return Chars.title(first) + lower.substring(lowerFirst.length());
    }

    private static String title(String text) {
        String lower = Chars.lower(text);
        boolean aligned = lower.length() == text.length();
        var out = new StringBuilder(text.length());
        boolean inWord = false;
        int next;
        for (int at = 0; at < text.length(); at = next) {
            int point = text.codePointAt(at);
            next = at + Character.charCount(point);
            if (!inWord) {
                out.append(Chars.title(point));
            } else {
                out.append(aligned ? lower.substring(at, next) : Chars.lower(Character.toString(point)));
            }
            inWord = Chars.isCased(point);
        }
        return out.toString();
    }

    private static String swapCase(String text) {
        String lower = Chars.lower(text);
        boolean aligned = lower.length() == text.length();
        var out = new StringBuilder(text.length());
        int next;
        for (int at = 0; at < text.length(); at = next) {
            int point = text.codePointAt(at);
            next = at + Character.charCount(point);
            String one = text.substring(at, next);
            if (Character.isUpperCase(point)) {
                out.append(aligned ? lower.substring(at, next) : Chars.lower(one));
            } else {
                out.append(Character.isLowerCase(point) ? Chars.upper(one) : one);
            }
        }
        return out.toString();
    }

    private static Str strip(Str str, Arguments arguments, boolean start, boolean end, Meter meter) {
        String name = start && end ? "strip" : start ? "lstrip" : "rstrip";
        return strip(str, arguments.bind(name, 0, 1)[0], start, end, meter);
    }

    /** Without the characters at its ends that are among {@code chars} (null or None: white space). */
    static Str strip(Str str, Value chars, boolean start, boolean end, Meter meter) {
        Set<Integer> set = null;
        if (chars != null && chars != None.NONE) {
            set = new HashSet<>();
            StringMethods.string(chars, "strip arg").text().codePoints().forEach(set::add);
        }
        String text = str.text();
        int from = 0;
        int to = text.length();
        while (start && from < to && stripped(text.codePointAt(from), set)) {
            from += Character.charCount(text.codePointAt(from));
        }
        while (end && from < to && stripped(text.codePointBefore(to), set)) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return str.slice(from, to, meter);
    }

    private static boolean stripped(int point, Set<Integer> chars) {
        return chars == null ? Chars.isSpace(point) : chars.contains(point);
    }

    private static Value kept(List<Str> parts) {
        return Sequence.ListOf.of(List.copyOf(parts));
    }

    private static Value split(Str str, Arguments arguments, String name, Meter meter) {
        Value[] bound = arguments.bind(name, "sep?", "maxsplit?");
        long most = bound[1] == null ? -1 : StringMethods.integer(bound[1]).clamped();
        long limit = most < 0 ? Long.MAX_VALUE : most;
        boolean backwards = name.equals("rsplit");
        if (bound[0] == null || bound[0] == None.NONE) {
            return kept(backwards ? wordsFromEnd(str, limit, meter) : words(str, limit, meter));
        }
        Str separator = StringMethods.string(bound[0], "separator");
        if (separator.length() == 0) {
            throw Fault.value("empty separator");
        }
        return kept(backwards ? splitFromEnd(str, separator, limit, meter) : split(str, separator, limit, meter));
    }

    private static List<Str> words(Str str, long limit, Meter meter) {
        String text = str.text();
        var parts = new ArrayList<Str>();
        int at = Chars.skipSpace(text, 0);
        while (at < text.length()) {
            meter.elements(1);
            if (parts.size() == limit) {
                parts.add(str.slice(at, text.length(), meter));
                break;
            }
            int end = at;
            while (end < text.length() && !Chars.isSpace(text.charAt(end))) {
                end++;
            }
            parts.add(str.slice(at, end, meter));
            at = Chars.skipSpace(text, end);
        }
        return parts;
    }

    private static List<Str> wordsFromEnd(Str str, long limit, Meter meter) {
        String text = str.text();
        var parts = new ArrayList<Str>();
        int end = Chars.stripEnd(text).length();
        while (end > 0) {
            meter.elements(1);
            if (parts.size() == limit) {
                parts.add(str.slice(0, end, meter));
                break;
            }
            int at = end;
            while (at > 0 && !Chars.isSpace(text.charAt(at - 1))) {
                at--;
            }
            parts.add(str.slice(at, end, meter));
            end = at;
            while (end > 0 && Chars.isSpace(text.charAt(end - 1))) {
                end--;
            }
        }
        return parts.reversed();
    }

    private static List<Str> split(Str str, Str separator, long limit, Meter meter) {
        var search = new Search(separator.text());
        var parts = new ArrayList<Str>();
        int at = 0;
        for (int next = search.in(str.text(), 0); next >= 0 && parts.size() < limit; next = search.in(str.text(), at)) {
            meter.elements(1);
            parts.add(str.slice(at, next, meter));
            at = next + separator.length();
        }
        parts.add(str.slice(at, str.length(), meter));
        return parts;
    }

    private static List<Str> splitFromEnd(Str str, Str separator, long limit, Meter meter) {
        String backwards = new StringBuilder(str.text()).reverse().toString();
        var search = new Search(new StringBuilder(separator.text()).reverse().toString());
        var parts = new ArrayList<Str>();
        int at = 0; // how much of the end is done
        for (int next = search.in(backwards, 0); next >= 0 && parts.size() < limit; next = search.in(backwards, at)) {
            meter.elements(1);
            parts.add(str.slice(str.length() - next, str.length() - at, meter));
            at = next + separator.length();
        }
        parts.add(str.slice(0, str.length() - at, meter));
        return parts.reversed();
    }

    /** The lines of a text. */
    static List<Str> lines(Str str, boolean keepEnds, Meter meter) {
        String text = str.text();
        var lines = new ArrayList<Str>();
        int start = 0;
        for (int at = 0; at < text.length(); at++) {
            if (Chars.isLineEnd(text.charAt(at))) {
                int end = text.startsWith("\r\n", at) ? at + 2 : at + 1;
                meter.elements(1);
                lines.add(str.slice(start, keepEnds ? end : at, meter));
                start = end;
                at = end - 1;
            }
        }
        if (start < text.length()) {
            lines.add(str.slice(start, text.length(), meter));
        }
        return lines;
    }

    private static Value partition(Str str, Arguments arguments, String name, Meter meter) {
        Str separator = StringMethods.string(arguments.bind(name, 1, 1)[0], "separator");
        if (separator.length() == 0) {
            throw Fault.value("empty separator");
        }
        boolean last = name.equals("rpartition");
        int at = last
                ? Search.lastIndexOf(str.text(), separator.text(), 0, str.length())
                : Search.indexOf(str.text(), separator.text(), 0);
        Str empty = str.like(Str.EMPTY);
        if (at < 0) {
            return last ? Sequence.Tuple.of(empty, empty, str) : Sequence.Tuple.of(str, empty, empty);
        }
        return Sequence.Tuple.of(
                str.slice(0, at, meter), str.like(separator), str.slice(at + separator.length(), str.length(), meter));
    }

    /** At most {@code count} occurrences replaced; a negative count means all. */
    static Str replace(Str str, Str old, Str with, long count, Meter meter) {
        String text = str.text();
        long left = count < 0 ? Long.MAX_VALUE : count;
        var out = new MarkedBuilder(meter);
        int at = 0;
        if (old.length() == 0) {
            while (left-- > 0) {
                out.append(with);
                if (at == text.length()) {
                    break;
                }
                int next = text.offsetByCodePoints(at, 1);
                out.append(str, at, next);
                at = next;
            }
        } else {
            var search = new Search(old.text());
            for (int next = search.in(text, 0); next >= 0 && left-- > 0; next = search.in(text, at)) {
                meter.step();
                out.append(str, at, next).append(with);
                at = next + old.length();
            }
            if (at == 0) {
                return str;
            }
        }
        out.append(str, at, text.length());
        return str.like(out.build());
    }

    private static Value join(Str str, Run run, Arguments arguments) {
        Value items = arguments.bind("join", 1, 1)[0];
        if (!Iteration.possible(items)) {
            throw Fault.type("can only join an iterable");
        }
        var out = new MarkedBuilder(run.meter());
        Iteration parts = Iteration.of(items, run.meter());
        int number = 0;
        for (Value part = parts.next(); part != null; part = parts.next()) {
            run.meter().step();
            if (number > 0) {
                out.append(str);
            }
            if (str.isMarkup()) {
                out.append(Html.escape(part, run.meter()));
            } else if (part instanceof Str text) {
                out.append(text);
            } else {
                throw Fault.type("sequence item " + number + ": expected str instance, " + part.typeName() + " found");
            }
            number++;
        }
        return str.like(out.build());
    }

    private static Value padded(Str str, Arguments arguments, String name, Meter meter) {
        Value[] bound = arguments.bind(name, 1, 2);
        long width = StringMethods.integer(bound[0]).clamped();
        Str fill = bound[1] == null ? Str.of(" ") : StringMethods.string(bound[1], "The fill character");
        if (str.isMarkup()) {
            fill = Html.escape(fill, meter);
        }
        if (fill.size() != 1) {
            throw Fault.type("The fill character must be exactly one character long");
        }
        return pad(str, width, fill, name, meter);
    }

    /** Filled up to a width: text at the left ({@code ljust}), at the right ({@code rjust}) or centred. */
    static Str pad(Str str, long width, Str fill, String how, Meter meter) {
        long missing = width - str.size();
        if (missing <= 0) {
            return str;
        }
        long left = switch (how) {
            case "ljust" -> 0;
            case "rjust" -> missing;
            default -> missing / 2 + (missing & width & 1);
        };
        var out = new MarkedBuilder(meter);
        out.repeat(fill, left).append(str).repeat(fill, missing - left);
        return str.like(out.build());
    }

    private static Value zeroFill(Str str, Run run, Arguments arguments) {
        long width = StringMethods.integer(arguments.bind("zfill", 1, 1)[0]).clamped();
        if (width <= str.size()) {
            return str;
        }
        boolean signed = str.text().startsWith("-") || str.text().startsWith("+");
        int sign = signed ? 1 : 0;
        var out = new MarkedBuilder(run.meter());
        out.append(str, 0, sign).repeat(Str.of("0"), width - str.size()).append(str, sign, str.length());
        return str.like(out.build());
    }

    private static Value expandTabs(Str str, Run run, Arguments arguments) {
        Value size = arguments.bind("expandtabs", "tabsize?")[0];
        long width = size == null ? 8 : StringMethods.integer(size).clamped();
        var out = new MarkedBuilder(run.meter());
        long column = 0;
        int next;
        for (int at = 0; at < str.length(); at = next) {
            int point = str.text().codePointAt(at);
            next = at + Character.charCount(point);
            if (point == '\t') {
                long blanks = width > 0 ? width - column % width : 0;
                column += blanks;
                out.repeat(Str.of(" ", str.isMarked(at)), blanks);
            } else {
                column = point == '\n' || point == '\r' ? 0 : column + 1;
                out.append(str, at, next);
            }
        }
        return str.like(out.build());
    }

    private static Value translate(Str str, Run run, Arguments arguments) {
        Value table = arguments.bind("translate", 1, 1)[0];
        var out = new MarkedBuilder(run.meter());
        int next;
        for (int at = 0; at < str.length(); at = next) {
            int point = str.text().codePointAt(at);
            next = at + Character.charCount(point);
            Value with = table instanceof Dict dict ? dict.get(Int.of(point)) : null;
            if (!(table instanceof Dict)) {
                throw Fault.unsupported("translate with a table that is no dictionary");
            }
            switch (with) {
                case null -> out.append(str, at, next);
                case None _ -> {}
                case Str text -> out.append(text);
                case Int number
                when number.isSmall() && Character.isValidCodePoint((int) number.small()) ->
                    out.codePoint((int) number.small(), str.isMarked(at));
                default -> throw Fault.type("character mapping must return integer, None or str");
            }
        }
        return str.like(out.build());
    }
}
