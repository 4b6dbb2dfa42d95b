package dev.puna.text.jinja;

import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/** The methods of texts that look at them; {@link StringEdits} has those that change and cut them. */
final class StringMethods {
    private static final Set<String> UNSUPPORTED = Set.of("encode", "maketrans");
    private static final Set<String> OF_MARKUP = Set.of("striptags", "unescape", "escape");

    private static final Map<String, Method> ALL = Map.ofEntries(
            test("isalpha", text -> every(text, Chars::isAlpha)),
            test("isalnum", text -> every(text, Chars::isAlnum)),
            test("isascii", text -> text.chars().allMatch(c -> c < 128)),
            test("isdecimal", text -> every(text, Chars::isDecimal)),
            test("isdigit", text -> every(text, Chars::isDigit)),
            test("isidentifier", Chars::isIdentifier),
            test("islower", text -> cased(text, Character::isLowerCase)),
            test("isnumeric", text -> every(text, Chars::isNumeric)),
            test("isprintable", text -> text.codePoints().allMatch(Chars::isPrintable)),
            test("isspace", text -> every(text, Chars::isSpace)),
            test("istitle", StringMethods::isTitle),
            test("isupper", text -> cased(text, Character::isUpperCase)),
            Map.entry("find", (str, run, arguments) -> Int.of(position(str, arguments, "find", false, run))),
            Map.entry("rfind", (str, run, arguments) -> Int.of(position(str, arguments, "rfind", true, run))),
            Map.entry("index", (str, run, arguments) -> found(position(str, arguments, "index", false, run))),
            Map.entry("rindex", (str, run, arguments) -> found(position(str, arguments, "rindex", true, run))),
            Map.entry("count", StringMethods::count),
            Map.entry("startswith", (str, run, arguments) -> affix(str, arguments, "startswith", run)),
            Map.entry("endswith", (str, run, arguments) -> affix(str, arguments, "endswith", run)),
            Map.entry("format", (str, run, arguments) -> BraceFormat.format(str, arguments, run)),
            Map.entry("format_map", (str, run, arguments) -> BraceFormat.formatMap(str, arguments, run)));

    private StringMethods() {}

    /** One method of a text. */
    @FunctionalInterface
    interface Method {
        Value call(Str str, Run run, Arguments arguments);
    }

    /** The method, bound to the text; or null. */
    static Function of(Str str, String name) {
        Method method = ALL.getOrDefault(name, StringEdits.ALL.get(name));
        if (method != null) {
            return new Function(name, (run, arguments) -> {
                run.meter().scanned(str.length());
                return method.call(str, run, arguments);
            });
        }
        if (str.isMarkup() && OF_MARKUP.contains(name)) {
            return new Function(name, (run, arguments) -> Html.method(str, name, run, arguments));
        }
        return UNSUPPORTED.contains(name) ? Attributes.unsupported(str, name) : null;
    }

    private interface Test {
        boolean holds(String text);
    }

    private static Map.Entry<String, Method> test(String name, Test test) {
        return Map.entry(name, (str, _, arguments) -> {
            arguments.none("str." + name);
            return Bool.of(test.holds(str.text()));
        });
    }

    private static boolean every(String text, IntPredicate test) {
        return !text.isEmpty() && text.codePoints().allMatch(test);
    }

    /** At least one letter with case, and all of them of this one. */
    static boolean cased(String text, IntPredicate test) {
        return text.codePoints().anyMatch(Chars::isCased)
                && text.codePoints().filter(Chars::isCased).allMatch(test);
    }

    private static boolean isTitle(String text) {
        boolean found = false;
        boolean inWord = false;
        for (int at = 0; at < text.length(); ) {
            int point = text.codePointAt(at);
            at += Character.charCount(point);
            if (Character.isUpperCase(point) || Chars.isTitle(point)) {
                if (inWord) {
                    return false;
                }
                inWord = true;
                found = true;
            } else if (Character.isLowerCase(point)) {
                if (!inWord) {
                    return false;
                }
                found = true;
            } else {
                inWord = false;
            }
        }
        return found;
    }

    static Str string(Value value, String what) {
        if (value instanceof Str str) {
            return str;
        }
        throw Fault.type(what + " must be str, not " + value.typeName());
    }

    static Int integer(Value value) {
        Int number = Arithmetic.integer(value);
        if (number == null) {
            throw Fault.type("'" + value.typeName() + "' object cannot be interpreted as an integer");
        }
        return number;
    }

    /** The part of a text that {@code start} and {@code end} arguments choose, in offsets; null where start lies behind. */
    private record Part(int from, int to, boolean valid) {
        static Part of(Str str, Value start, Value end) {
            int size = str.size();
            long first = bound(start, 0, size);
            long last = Math.min(bound(end, size, size), size);
            if (first > last) {
                return new Part(0, 0, false);
            }
            return new Part(str.offset((int) first), str.offset((int) last), true);
        }

        private static long bound(Value value, long otherwise, int size) {
            if (value == null || value == None.NONE) {
                return otherwise;
            }
            Int number = Arithmetic.integer(value);
            if (number == null) {
                throw Fault.type("slice indices must be integers or None or have an __index__ method");
            }
            long at = number.clamped();
            return at < 0 ? Math.max(0, at + size) : at;
        }
    }

    private static int position(Str str, Arguments arguments, String name, boolean last, Run run) {
        Value[] bound = arguments.bind(name, 1, 3);
        Str wanted = string(bound[0], "argument 1");
        Part part = Part.of(str, bound[1], bound[2]);
        if (!part.valid) {
            return -1;
        }
        run.meter().scanned(str.length());
        int at;
        if (last) {
            at = Search.lastIndexOf(str.text(), wanted.text(), part.from, part.to);
        } else {
            at = Search.indexOf(str.text(), wanted.text(), part.from);
            if (at >= 0 && at + wanted.length() > part.to) {
                at = -1;
            }
        }
        return at < 0 ? -1 : str.point(at);
    }

    private static Value found(int position) {
        if (position < 0) {
            throw Fault.value("substring not found");
        }
        return Int.of(position);
    }

    private static Value count(Str str, Run run, Arguments arguments) {
        Value[] bound = arguments.bind("count", 1, 3);
        Str wanted = string(bound[0], "argument 1");
        Part part = Part.of(str, bound[1], bound[2]);
        if (!part.valid) {
            return Int.ZERO;
        }
        if (wanted.length() == 0) {
            return Int.of(str.point(part.to) - str.point(part.from) + 1L);
        }
        var search = new Search(wanted.text());
        long count = 0;
        int at = search.in(str.text(), part.from);
        while (at >= 0 && at + wanted.length() <= part.to) {
            count++;
            at = search.in(str.text(), at + wanted.length());
        }
        return Int.of(count);
    }

    private static Value affix(Str str, Arguments arguments, String name, Run run) {
        Value[] bound = arguments.bind(name, 1, 3);
        Part part = Part.of(str, bound[1], bound[2]);
        if (bound[0] instanceof Sequence.Tuple choices) {
            for (Value choice : choices.items()) {
                run.meter().step();
                Str text =
                        string(choice, "tuple for " + name + " must only contain str, not " + choice.typeName() + ":");
                if (hasAffix(str, text, part, name)) {
                    return Bool.TRUE;
                }
            }
            return Bool.FALSE;
        }
        if (!(bound[0] instanceof Str text)) {
            throw Fault.type(name + " first arg must be str or a tuple of str, not " + bound[0].typeName());
        }
        return Bool.of(hasAffix(str, text, part, name));
    }

    private static boolean hasAffix(Str str, Str affix, Part part, String name) {
        if (!part.valid || affix.length() > part.to - part.from) {
            return false;
        }
        int at = name.equals("startswith") ? part.from : part.to - affix.length();
        return str.text().startsWith(affix.text(), at);
    }
}
