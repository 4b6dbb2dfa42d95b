package dev.puna.text.jinja;

import java.util.Locale;

/**
 * Python's format specification: {@code [[fill]align][sign][z][#][0][width][,_][.precision][type]}.
 *
 * @param align 0 where none is given
 * @param sign {@code -}, {@code +} or a blank; 0 where none is given
 * @param width -1 where none is given, as {@code precision}
 * @param grouping 0, a comma or an underscore
 * @param type 0 where none is given
 */
record FormatSpec(
        String fill,
        char align,
        char sign,
        boolean noNegativeZero,
        boolean alternate,
        boolean zero,
        long width,
        char grouping,
        long precision,
        int type) {

    static FormatSpec parse(String spec, String typeName) {
        int at = 0;
        String fill = " ";
        char align = 0;
        int fillEnd = spec.isEmpty() ? 0 : spec.offsetByCodePoints(0, 1);
        if (fillEnd < spec.length() && isAlign(spec.charAt(fillEnd)) && fillEnd > 0) {
            fill = spec.substring(0, fillEnd);
            align = spec.charAt(fillEnd);
            at = fillEnd + 1;
        } else if (!spec.isEmpty() && isAlign(spec.charAt(0))) {
            align = spec.charAt(0);
            at = 1;
        }
        boolean fillGiven = at > 1;
        char sign = at < spec.length() && "+- ".indexOf(spec.charAt(at)) >= 0 ? spec.charAt(at++) : 0;
        boolean noNegativeZero = at < spec.length() && spec.charAt(at) == 'z';
        at += noNegativeZero ? 1 : 0;
        boolean alternate = at < spec.length() && spec.charAt(at) == '#';
        at += alternate ? 1 : 0;
        boolean zero = !fillGiven && at < spec.length() && spec.charAt(at) == '0';
        if (zero) {
            fill = "0";
            at++;
        }
        int start = at;
        while (at < spec.length() && isDigit(spec.charAt(at))) {
            at++;
        }
        long width = at > start ? number(spec.substring(start, at)) : -1;
        char grouping = at < spec.length() && ",_".indexOf(spec.charAt(at)) >= 0 ? spec.charAt(at++) : 0;
        if (grouping != 0 && at < spec.length() && ",_".indexOf(spec.charAt(at)) >= 0) {
            throw Fault.value(
                    spec.charAt(at) == grouping
                            ? "Cannot specify '" + grouping + "' with '" + grouping + "'."
                            : "Cannot specify both ',' and '_'.");
        }
        long precision = -1;
        if (at < spec.length() && spec.charAt(at) == '.') {
            int first = ++at;
            while (at < spec.length() && isDigit(spec.charAt(at))) {
                at++;
            }
            if (at == first) {
                throw Fault.value("Format specifier missing precision");
            }
            precision = number(spec.substring(first, at));
        }
        int left = spec.codePointCount(at, spec.length());
        if (left > 1) {
            throw Fault.value("Invalid format specifier '" + spec + "' for object of type '" + typeName + "'");
        }
        int type = left == 1 ? spec.codePointAt(at) : 0;
        return new FormatSpec(fill, align, sign, noNegativeZero, alternate, zero, width, grouping, precision, type);
    }

    private static boolean isAlign(char c) {
        return "<>=^".indexOf(c) >= 0;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static long number(String digits) {
        if (digits.length() > 18) {
            throw Fault.value("Too many decimal digits in format string");
        }
        return Long.parseLong(digits);
    }

    /** Python's {@code format(value, spec)}. */
    static Str format(Value value, Str spec, Meter meter) {
        if (spec.length() == 0) {
            return Repr.str(value, meter).plain();
        }
        Str text = switch (value) {
            case Str str -> parse(spec.text(), "str").text(str.plain(), meter);
            case Int _, Bool _ ->
                parse(spec.text(), value.typeName()).integer(Arithmetic.integer(value), value.typeName(), meter);
            case Real real -> parse(spec.text(), "float").real(real.value(), "float", meter);
            default -> throw Fault.type("unsupported format string passed to " + value.typeName() + ".__format__");
        };
        // A specification that the caller's text chose may have put its own characters in.
        return spec.hasMarks() ? Str.of(text.text(), true) : text;
    }

    private Fault unknown(String typeName) {
        return Fault.value(
                "Unknown format code '" + Character.toString(type) + "' for object of type '" + typeName + "'");
    }

    private Str text(Str str, Meter meter) {
        if (type != 0 && type != 's') {
            throw unknown("str");
        }
        if (sign != 0) {
            throw Fault.value(
                    sign == ' '
                            ? "Space not allowed in string format specifier"
                            : "Sign not allowed in string format specifier");
        }
        if (noNegativeZero) {
            throw Fault.value("Negative zero coercion (z) not allowed in string format specifier");
        }
        if (alternate) {
            throw Fault.value("Alternate form (#) not allowed in string format specifier");
        }
        if (align == '=') {
            throw Fault.value("'=' alignment not allowed in string format specifier");
        }
        if (grouping != 0) {
            throw Fault.value("Cannot specify '" + grouping + "' with 's'.");
        }
        Str shown = precision >= 0 && precision < str.size() ? str.slice(0, str.offset((int) precision), meter) : str;
        return pad(shown, align == 0 ? '<' : align, meter);
    }

    private Str pad(Str text, char how, Meter meter) {
        long missing = width - text.size();
        if (missing <= 0) {
            return text;
        }
        long left = how == '<' ? 0 : how == '^' ? missing / 2 : missing;
        Str filling = Str.of(fill);
        return new MarkedBuilder(meter)
                .repeat(filling, left)
                .append(text)
                .repeat(filling, missing - left)
                .build();
    }

    private Str integer(Int number, String typeName, Meter meter) {
        switch (type) {
            case 'e', 'E', 'f', 'F', 'g', 'G', '%' -> {
                return real(Reals.of(number), typeName, meter);
            }
            case 0, 'd', 'n', 'b', 'o', 'x', 'X', 'c' -> {}
            default -> throw unknown(typeName);
        }
        if (precision >= 0) {
            throw Fault.value("Precision not allowed in integer format specifier");
        }
        if (noNegativeZero) {
            throw Fault.value("Negative zero coercion (z) not allowed in format specifier with integer format code '"
                    + Character.toString(type) + "'");
        }
        if (type == 'c') {
            if (sign != 0) {
                throw Fault.value("Sign not allowed with integer format specifier 'c'");
            }
            if (alternate) {
                throw Fault.value("Alternate form (#) not allowed with integer format specifier 'c'");
            }
            if (grouping != 0) {
                throw Fault.value("Cannot specify '" + grouping + "' with 'c'.");
            }
            if (!number.isSmall() || !Character.isValidCodePoint((int) number.small()) || number.small() < 0) {
                throw Fault.of(Fault.Kind.OVERFLOW, "%c arg not in range(0x110000)");
            }
            // The number may be the caller's, and then so is the character.
            Str character = Str.of(Character.toString((int) number.small()), true);
            return pad(character, align == 0 || align == '=' ? '>' : align, meter);
        }
        if (grouping == ',' && type != 0 && type != 'd' || grouping != 0 && type == 'n') {
            throw Fault.value("Cannot specify '" + grouping + "' with '" + Character.toString(type) + "'.");
        }
        int radix = switch (type) {
            case 'b' -> 2;
            case 'o' -> 8;
            case 'x', 'X' -> 16;
            default -> 10;
        };
        String digits = radix == 10
                ? Repr.digits(Int.of(number.wide().abs()))
                : number.wide().abs().toString(radix);
        String prefix = alternate && radix != 10 ? "0" + Character.toString(type) : "";
        if (type == 'X') {
            digits = digits.toUpperCase(Locale.ROOT);
        }
        return number(number.signum() < 0, prefix, digits, "", radix == 10 ? 3 : 4, meter);
    }

    private Str real(double value, String typeName, Meter meter) {
        int code = type == 0 ? 0 : type | 0x20;
        switch (type) {
            case 0, 'e', 'E', 'f', 'F', 'g', 'G', 'n', '%' -> {}
            default -> throw unknown(typeName);
        }
        if (grouping != 0 && type == 'n') {
            throw Fault.value("Cannot specify '" + grouping + "' with 'n'.");
        }
        if (precision > Integer.MAX_VALUE) {
            throw Fault.value("precision too big");
        }
        char style =
                code == 'n' || code == 0 && precision >= 0 ? 'g' : code == 0 ? 'r' : type == '%' ? '%' : (char) code;
        int decimals = precision < 0 ? 6 : (int) precision;
        boolean negative = value < 0 || 1 / value < 0;
        String shown = NumberText.of(Math.abs(value), style, decimals, alternate, code == 0 && precision >= 0, meter);
        if (noNegativeZero && shown.matches("[0.]*(e.*|%)?")) {
            negative = false;
        }
        if (type == 'E' || type == 'F' || type == 'G') {
            shown = shown.toUpperCase(Locale.ROOT);
        }
        int whole = 0;
        while (whole < shown.length() && isDigit(shown.charAt(whole))) {
            whole++;
        }
        return number(
                negative && !Double.isNaN(value), "", shown.substring(0, whole), shown.substring(whole), 3, meter);
    }

    /** Sign, prefix, grouped digits and the rest, filled up to the width. */
    private Str number(boolean negative, String prefix, String digits, String rest, int groupSize, Meter meter) {
        String lead = (negative ? "-" : sign == '+' ? "+" : sign == ' ' ? " " : "") + prefix;
        char how = align != 0 ? align : zero ? '=' : '>';
        boolean zeros = how == '=' && fill.equals("0");
        if (width > 0) {
            meter.text(width);
        }
        String grouped =
                grouping == 0 ? digits : grouped(digits, groupSize, zeros ? width - lead.length() - rest.length() : 0);
        if (how != '=') {
            return pad(Str.of(lead + grouped + rest), how, meter);
        }
        long missing = width - lead.length() - grouped.length() - rest.length();
        return Str.of(lead + (missing > 0 ? fill.repeat((int) missing) : "") + grouped + rest);
    }

    /** Digits in groups, with zeros in front until this many characters are there. */
    private String grouped(String digits, int groupSize, long least) {
        var out = new StringBuilder();
        for (int i = 0; i < digits.length() || out.length() < least; i++) {
            if (i > 0 && i % groupSize == 0) {
                out.append(grouping);
            }
            out.append(i < digits.length() ? digits.charAt(digits.length() - 1 - i) : '0');
        }
        return out.reverse().toString();
    }
}
