package dev.puna.text.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Python's {@code text.format(...)}; what a field names is found by the rules of the template language. */
final class BraceFormat {
    private final List<Value> positional;
    private final Map<String, Value> named;
    private final Run run;
    private final boolean escaped;
    private int nextIndex;
    private boolean automatic;
    private boolean manual;

    private BraceFormat(List<Value> positional, Map<String, Value> named, Run run, boolean escaped) {
        this.positional = positional;
        this.named = named;
        this.run = run;
        this.escaped = escaped;
    }

    static Str format(Str format, Arguments arguments, Run run) {
        var formatting = new BraceFormat(arguments.positional(), arguments.named(), run, format.isMarkup());
        return format.like(formatting.format(format, 2));
    }

    static Str formatMap(Str format, Arguments arguments, Run run) {
        Value mapping = arguments.bind("format_map", 1, 1)[0];
        var named = new HashMap<String, Value>();
        if (mapping instanceof Dict dict) {
            for (Dict.Entry entry : dict.entries()) {
                if (entry.key() instanceof Str name) {
                    named.put(name.text(), entry.value());
                }
            }
        }
        return format.like(new BraceFormat(List.of(), named, run, format.isMarkup()).format(format, 2));
    }

    private Str format(Str format, int depth) {
        if (depth < 0) {
            throw Fault.value("Max string recursion exceeded");
        }
        Meter meter = run.meter();
        String text = format.text();
        var out = new MarkedBuilder(meter);
        int at = 0;
        while (at < text.length()) {
            int brace = at;
            while (brace < text.length() && text.charAt(brace) != '{' && text.charAt(brace) != '}') {
                brace++;
            }
            out.append(format, at, brace);
            if (brace == text.length()) {
                break;
            }
            char c = text.charAt(brace);
            if (brace + 1 < text.length() && text.charAt(brace + 1) == c) {
                out.append(format, brace, brace + 1);
                at = brace + 2;
                continue;
            }
            if (c == '}' || brace + 1 == text.length()) {
                throw Fault.value("Single '" + c + "' encountered in format string");
            }
            at = closing(text, brace + 1);
            meter.step();
            out.append(field(format.slice(brace + 1, at, meter), depth));
            at++;
        }
        return out.build();
    }

    /** Where the brace is that closes the field which starts here. */
    private static int closing(String text, int start) {
        int open = 1;
        boolean inIndex = false;
        boolean inSpec = false;
        for (int at = start; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '[' && !inSpec) {
                inIndex = true;
            } else if (c == ']' && !inSpec) {
                inIndex = false;
            } else if (!inIndex && (c == ':' || c == '!') && open == 1) {
                inSpec = true;
            } else if (!inIndex && c == '{') {
                open++;
            } else if (!inIndex && c == '}' && --open == 0) {
                return at;
            }
        }
        throw Fault.value("expected '}' before end of string");
    }

    private Str field(Str field, int depth) {
        Meter meter = run.meter();
        String text = field.text();
        int nameEnd = 0;
        boolean inIndex = false;
        while (nameEnd < text.length() && (inIndex || text.charAt(nameEnd) != ':' && text.charAt(nameEnd) != '!')) {
            char c = text.charAt(nameEnd);
            if (c == '{') {
                throw Fault.value("unexpected '{' in field name");
            }
            inIndex = c == '[' || inIndex && c != ']';
            nameEnd++;
        }
        char conversion = 0;
        int at = nameEnd;
        if (at < text.length() && text.charAt(at) == '!') {
            if (at + 1 >= text.length()) {
                throw Fault.value("unmatched '{' in format spec");
            }
            conversion = text.charAt(at + 1);
            at += 2;
            if (at < text.length() && text.charAt(at) != ':') {
                throw Fault.value("expected ':' after conversion specifier");
            }
        }
        Str spec = at < text.length() ? field.slice(at + 1, text.length(), meter) : Str.EMPTY;
        Value value = lookUp(text.substring(0, nameEnd));
        Value converted = switch (conversion) {
            case 0 -> value;
            case 's' -> Repr.str(value, meter);
            case 'r' -> Repr.repr(value, meter);
            case 'a' -> PercentFormat.ascii(Repr.repr(value, meter), meter);
            default -> throw Fault.value("Unknown conversion specifier " + conversion);
        };
        Str expanded = format(spec, depth - 1);
        if (!escaped) {
            return FormatSpec.format(converted, expanded, meter);
        }
        if (converted instanceof Str str && str.isMarkup()) {
            if (expanded.length() > 0) {
                throw Fault.value("Unsupported format specification for Markup.");
            }
            return str.plain();
        }
        return Html.escape(FormatSpec.format(converted, expanded, meter), meter).plain();
    }

    private Value lookUp(String name) {
        int first = 0;
        while (first < name.length() && name.charAt(first) != '.' && name.charAt(first) != '[') {
            first++;
        }
        Value value = root(name, name.substring(0, first));
        int at = first;
        while (at < name.length()) {
            if (name.charAt(at) == '.') {
                int end = at + 1;
                while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
                    end++;
                }
                if (end == at + 1) {
                    throw Fault.value("Empty attribute in format string");
                }
                value = Attributes.attribute(value, name.substring(at + 1, end));
                at = end;
            } else if (name.charAt(at) == '[') {
                int end = name.indexOf(']', at);
                if (end < 0) {
                    throw Fault.value("Missing ']' in format string");
                }
                String index = name.substring(at + 1, end);
                if (index.isEmpty()) {
                    throw Fault.value("Empty attribute in format string");
                }
                Value key = isNumber(index) ? Int.of(Long.parseLong(index)) : Str.of(index);
                value = Attributes.item(value, key, run.meter());
                at = end + 1;
            } else {
                throw Fault.value("Only '.' or '[' may follow ']' in format field specifier");
            }
        }
        return value;
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() < 19 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private Value root(String whole, String first) {
        if (whole.isEmpty()) {
            if (manual) {
                throw Fault.value("cannot switch from manual field specification to automatic field numbering");
            }
            automatic = true;
            return positional(nextIndex++);
        }
        if (isNumber(first)) {
            if (isNumber(whole)) {
                if (automatic) {
                    throw Fault.value("cannot switch from manual field specification to automatic field numbering");
                }
                manual = true;
            }
            return positional(Long.parseLong(first));
        }
        Value value = named.get(first);
        if (value == null) {
            throw Fault.of(Fault.Kind.LOOKUP, Repr.quoted(first));
        }
        return value;
    }

    private Value positional(long index) {
        if (index >= positional.size()) {
            throw Fault.of(Fault.Kind.LOOKUP, "Replacement index " + index + " out of range for positional args tuple");
        }
        return positional.get((int) index);
    }
}
