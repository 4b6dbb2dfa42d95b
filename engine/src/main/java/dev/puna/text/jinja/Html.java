package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Markup: texts that escape what is added to them, and the ways back. */
final class Html {
    private static final Map<String, String> NAMED =
            Map.of("amp", "&", "lt", "<", "gt", ">", "quot", "\"", "apos", "'", "nbsp", "\u00a0");

    private Html() {}

    /** The text of a value with HTML's special characters escaped; markup stays as it is. */
    static Str escape(Value value, Meter meter) {
        Str text = Repr.str(value, meter);
        if (text.isMarkup()) {
            return text;
        }
        meter.scanned(text.length());
        MarkedBuilder out = null;
        int done = 0;
        for (int at = 0; at < text.length(); at++) {
            String escaped = switch (text.text().charAt(at)) {
                case '&' -> "&amp;";
                case '<' -> "&lt;";
                case '>' -> "&gt;";
                case '\'' -> "&#39;";
                case '"' -> "&#34;";
                default -> null;
            };
            if (escaped != null) {
                out = out == null ? new MarkedBuilder(meter) : out;
                out.append(text, done, at).append(escaped, text.isMarked(at));
                done = at + 1;
            }
        }
        return (out == null ? text : out.append(text, done, text.length()).build()).markup();
    }

    /** The text of a value, taken for markup as it stands. */
    static Str markup(Value value, Meter meter) {
        return Repr.str(value, meter).markup();
    }

    /** One text behind the other; if one is markup, the other gets escaped. */
    static Str join(Str first, Str second, Meter meter) {
        return first.isMarkup() || second.isMarkup()
                ? escape(first, meter).concat(escape(second, meter), meter)
                : first.concat(second, meter);
    }

    /** A method that only markup has. */
    static Value method(Str str, String name, Run run, Arguments arguments) {
        return switch (name) {
            case "escape" -> escape(arguments.bind("escape", 1, 1)[0], run.meter());
            case "striptags" -> {
                arguments.none("striptags");
                yield stripTags(str, run.meter());
            }
            default -> {
                arguments.none("unescape");
                yield unescape(str, run.meter()).plain();
            }
        };
    }

    /** Without tags and comments, with white space collapsed and character references resolved. */
    static Str stripTags(Str value, Meter meter) {
        String text = value.text();
        var kept = new MarkedBuilder(meter);
        int at = 0;
        for (int start = text.indexOf('<'); start >= 0; start = text.indexOf('<', at)) {
            boolean comment = text.startsWith("<!--", start);
            int end = comment ? text.indexOf("-->", start + 4) : text.indexOf('>', start);
            if (end < 0) {
                break;
            }
            kept.append(value, at, start);
            at = end + (comment ? 3 : 1);
        }
        kept.append(value, at, text.length());
        Str without = kept.build();
        var words = new MarkedBuilder(meter);
        int word = Chars.skipSpace(without.text(), 0);
        while (word < without.length()) {
            int end = word;
            while (end < without.length() && !Chars.isSpace(without.text().charAt(end))) {
                end++;
            }
            if (words.length() > 0) {
                words.plain(" ");
            }
            words.append(without, word, end);
            word = Chars.skipSpace(without.text(), end);
        }
        return unescape(words.build(), meter);
    }

    private static Str unescape(Str value, Meter meter) {
        String text = value.text();
        var out = new MarkedBuilder(meter);
        int done = 0;
        for (int at = text.indexOf('&'); at >= 0; at = text.indexOf('&', Math.max(at + 1, done))) {
            int end = at + 1;
            while (end < text.length() && end <= at + 32 && "\t\n\f <&;".indexOf(text.charAt(end)) < 0) {
                end++;
            }
            boolean closed = end < text.length() && text.charAt(end) == ';';
            String name = text.substring(at + 1, end);
            boolean anyMarked = value.slice(at, end, meter).hasMarks();
            if (name.startsWith("#")) {
                int digits = 1;
                int radix = name.length() > 1 && (name.charAt(1) | 0x20) == 'x' ? 16 : 10;
                digits += radix == 16 ? 1 : 0;
                int last = digits;
                while (last < name.length() && Character.digit(name.charAt(last), radix) >= 0) {
                    last++;
                }
                if (last > digits) {
                    out.append(value, done, at);
                    String number = name.substring(digits, Math.min(last, digits + 9));
                    reference(Long.parseLong(number, radix), anyMarked, out);
                    done = at + 1 + last + (last == name.length() && closed ? 1 : 0);
                }
            } else if (closed && NAMED.containsKey(name)) {
                out.append(value, done, at).append(NAMED.get(name), anyMarked);
                done = end + 1;
            } else if (!name.isEmpty() && Character.isLetter(name.charAt(0))) {
                throw Fault.unsupported("the character reference '&" + name + "' is not supported");
            }
        }
        return out.append(value, done, text.length()).build();
    }

    private static void reference(long number, boolean fromInput, MarkedBuilder out) {
        if (number == 0 || number > Character.MAX_CODE_POINT || number >= 0xd800 && number <= 0xdfff) {
            out.append("\ufffd", fromInput);
        } else if (number == 0x0d) {
            out.append("\r", fromInput);
        } else if (number >= 0x80 && number <= 0x9f) {
            // Numbers that old pages wrote for characters of Windows-1252.
            String windows = new String(new byte[] {(byte) number}, java.nio.charset.Charset.forName("windows-1252"));
            out.append(windows.equals("\ufffd") ? Character.toString((int) number) : windows, fromInput);
        } else if (number >= 9 && number <= 12 && number != 11 || number >= 32 && !isInvalid(number)) {
            out.codePoint((int) number, fromInput);
        }
    }

    private static boolean isInvalid(long number) {
        return number == 0x7f || number >= 0xfdd0 && number <= 0xfdef || (number & 0xfffe) == 0xfffe;
    }

    /** {@code name="value"} pairs for a tag. */
    static Str attributes(Dict dict, boolean spaceFirst, Meter meter) {
        List<Str> parts = new ArrayList<>();
        for (Dict.Entry entry : dict.entries()) {
            if (entry.value() == None.NONE || entry.value() instanceof Undefined) {
                continue;
            }
            Str key = StringMethods.string(entry.key(), "attribute name");
            boolean invalid = key.text().chars().anyMatch(c -> " \t\n\r\f\u000b/>=".indexOf(c) >= 0);
            if (invalid) {
                throw Fault.value("Invalid character in attribute name: " + Repr.quoted(key.text()));
            }
            parts.add(new MarkedBuilder(meter)
                    .append(escape(key, meter))
                    .plain("=\"")
                    .append(escape(entry.value(), meter))
                    .plain("\"")
                    .build());
        }
        var out = new MarkedBuilder(meter);
        for (Str part : parts) {
            if (out.length() > 0 || spaceFirst) {
                out.plain(" ");
            }
            out.append(part);
        }
        return out.build();
    }
}
