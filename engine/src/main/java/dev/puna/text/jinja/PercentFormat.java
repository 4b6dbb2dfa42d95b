package dev.puna.text.jinja;

import java.util.List;
import java.util.Locale;

/** Python's {@code format % values}. */
final class PercentFormat {
    private final Str format;
    private final String text;
    private final Value values;
    private final Meter meter;
    private final MarkedBuilder out;
    private final List<Value> items;
    private final boolean named;
    private int at;
    private int taken;

    private PercentFormat(Str format, Value values, Meter meter) {
        this.format = format;
        this.text = format.text();
        this.values = values;
        this.meter = meter;
        this.out = new MarkedBuilder(meter);
        this.items = values instanceof Sequence.Tuple tuple ? tuple.items() : List.of(values);
        this.named = switch (values) {
            case Dict _, Sequence.ListOf _, Range _, Undefined _ -> true;
            default -> false;
        };
    }

    static Str format(Str format, Value values, Meter meter) {
        return format.like(new PercentFormat(format, values, meter).run());
    }

    private Str run() {
        int done = 0;
        for (at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at)) {
            meter.step();
            out.append(format, done, at);
            at++;
            directive();
            done = at;
        }
        out.append(format, done, text.length());
        if (taken < items.size() && !named) {
            throw Fault.type("not all arguments converted during string formatting");
        }
        return out.build();
    }

    private char next() {
        if (at >= text.length()) {
            throw Fault.value("incomplete format");
        }
        return text.charAt(at++);
    }

    private Value take() {
        if (taken >= items.size()) {
            throw Fault.type("not enough arguments for format string");
        }
        return items.get(taken++);
    }

    private void directive() {
        if (text.startsWith("%", at)) {
            at++;
            out.plain("%");
            return;
        }
        Value value = null;
        if (at < text.length() && text.charAt(at) == '(') {
            value = byName();
        }
        boolean left = false;
        boolean plus = false;
        boolean blank = false;
        boolean alternate = false;
        boolean zero = false;
        char c = next();
        for (; "-+ #0".indexOf(c) >= 0; c = next()) {
            left |= c == '-';
            plus |= c == '+';
            blank |= c == ' ';
            alternate |= c == '#';
            zero |= c == '0';
        }
        long width = 0;
        if (c == '*') {
            width = star();
            left |= width < 0;
            width = Math.abs(width);
            c = next();
        } else {
            for (; c >= '0' && c <= '9'; c = next()) {
                width = limited(width * 10 + c - '0', "width");
            }
        }
        long precision = -1;
        if (c == '.') {
            precision = 0;
            c = next();
            if (c == '*') {
                precision = Math.max(0, star());
                c = next();
            } else {
                for (; c >= '0' && c <= '9'; c = next()) {
                    precision = limited(precision * 10 + c - '0', "precision");
                }
            }
        }
        if (c == 'h' || c == 'l' || c == 'L') {
            c = next();
        }
        value = value == null ? take() : value;
        meter.text(Math.max(width, precision));
        String sign = plus ? "+" : blank ? " " : "";
        switch (c) {
            case 's', 'r', 'a' -> pad(cut(shown(value, c), precision), width, left);
            case 'd', 'i', 'u', 'o', 'x', 'X' -> {
                String digits = integer(value, c, precision, alternate);
                boolean negative = digits.startsWith("-");
                String prefix = alternate && "oxX".indexOf(c) >= 0 ? "0" + c : "";
                number((negative ? "-" : sign) + prefix, negative ? digits.substring(1) : digits, width, left, zero);
            }
            case 'e', 'E', 'f', 'F', 'g', 'G' -> {
                if (!Arithmetic.isNumber(value)) {
                    throw value instanceof Undefined undefined
                            ? undefined.fault()
                            : Fault.type("must be real number, not " + value.typeName());
                }
                double real = Arithmetic.real(value);
                char style = (char) (c | 0x20);
                int decimals = precision < 0 ? 6 : (int) precision;
                String digits = NumberText.of(Math.abs(real), style, decimals, alternate, false, meter);
                boolean negative = !Double.isNaN(real) && (real < 0 || 1 / real < 0);
                String cased = c < 'a' ? digits.toUpperCase(Locale.ROOT) : digits;
                number(negative ? "-" : sign, cased, width, left, zero);
            }
            case 'c' -> pad(character(value), width, left);
            default ->
                throw Fault.value("unsupported format character '" + (c > 31 && c < 127 ? c : '?') + "' (0x"
                        + Integer.toHexString(c) + ") at index " + format.point(at - 1));
        }
    }

    private static long limited(long number, String what) {
        if (number > Integer.MAX_VALUE) {
            throw Fault.value(what + " too big");
        }
        return number;
    }

    private Value byName() {
        if (!named) {
            throw Fault.type("format requires a mapping");
        }
        int start = ++at;
        for (int open = 1; open > 0; ) {
            if (at >= text.length()) {
                throw Fault.value("incomplete format key");
            }
            char c = text.charAt(at++);
            open += c == '(' ? 1 : c == ')' ? -1 : 0;
        }
        String name = text.substring(start, at - 1);
        if (values instanceof Undefined undefined) {
            throw undefined.fault();
        }
        if (!(values instanceof Dict dict)) {
            throw Fault.type("list indices must be integers or slices, not str");
        }
        Value value = dict.get(name);
        if (value == null) {
            throw Fault.of(Fault.Kind.LOOKUP, Repr.quoted(name));
        }
        return value;
    }

    private long star() {
        if (!(take() instanceof Int number)) {
            throw Fault.type("* wants int");
        }
        return number.isSmall() && Math.abs(number.small()) <= Integer.MAX_VALUE
                ? number.small()
                : limited(Long.MAX_VALUE, "width");
    }

    private Str shown(Value value, char how) {
        if (how == 's') {
            return format.isMarkup() ? Html.escape(value, meter) : Repr.str(value, meter);
        }
        Str repr = Repr.repr(value, meter);
        Str shown = how == 'a' ? ascii(repr, meter) : repr;
        return format.isMarkup() ? Html.escape(shown, meter) : shown;
    }

    /** With everything beyond ASCII escaped. */
    static Str ascii(Str repr, Meter meter) {
        var out = new MarkedBuilder(meter);
        int done = 0;
        int next;
        for (int i = 0; i < repr.length(); i = next) {
            int point = repr.text().codePointAt(i);
            next = i + Character.charCount(point);
            if (point > 126) {
                out.append(repr, done, i).append(Repr.escape(point), repr.isMarked(i));
                done = next;
            }
        }
        return out.append(repr, done, repr.length()).build();
    }

    private Str cut(Str shown, long precision) {
        return precision >= 0 && precision < shown.size()
                ? shown.slice(0, shown.offset((int) precision), meter)
                : shown;
    }

    private void pad(Str shown, long width, boolean left) {
        long missing = Math.max(0, width - shown.size());
        Str blank = Str.of(" ");
        out.repeat(blank, left ? 0 : missing).append(shown).repeat(blank, left ? missing : 0);
    }

    private void number(String lead, String digits, long width, boolean left, boolean zero) {
        long missing = Math.max(0, width - lead.length() - digits.length());
        if (zero && !left && !digits.isEmpty()) {
            out.plain(lead).repeat(Str.of("0"), missing).plain(digits);
        } else {
            pad(Str.of(lead + digits), width, left);
        }
    }

    private String integer(Value value, char code, long precision, boolean alternate) {
        Int number = Arithmetic.integer(value);
        if (number == null && value instanceof Real(double real) && "diu".indexOf(code) >= 0) {
            number = Reals.truncated(real);
        }
        if (number == null) {
            if (value instanceof Undefined undefined && "diu".indexOf(code) >= 0) {
                throw undefined.fault();
            }
            String wanted = "diu".indexOf(code) >= 0 ? "a real number" : "an integer";
            throw Fault.type("%" + code + " format: " + wanted + " is required, not " + value.typeName());
        }
        int radix = code == 'o' ? 8 : code == 'x' || code == 'X' ? 16 : 10;
        String digits = radix == 10
                ? Repr.digits(Int.of(number.wide().abs()))
                : number.wide().abs().toString(radix);
        if (code == 'X') {
            digits = digits.toUpperCase(Locale.ROOT);
        }
        if (precision > digits.length()) {
            digits = "0".repeat((int) precision - digits.length()) + digits;
        }
        return number.signum() < 0 ? "-" + digits : digits;
    }

    private static Str character(Value value) {
        if (value instanceof Str str && str.size() == 1) {
            return str;
        }
        if (!(Arithmetic.integer(value) instanceof Int number)) {
            throw Fault.type("%c requires int or char");
        }
        if (!number.isSmall() || number.small() < 0 || number.small() > Character.MAX_CODE_POINT) {
            throw Fault.of(Fault.Kind.OVERFLOW, "%c arg not in range(0x110000)");
        }
        // The number may be the caller's, and then so is the character.
        return Str.of(Character.toString((int) number.small()), true);
    }
}
