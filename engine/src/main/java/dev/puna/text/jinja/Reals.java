package dev.puna.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/** Floating-point numbers as text and as integers, the way Python does it. */
final class Reals {
    private Reals() {}

    /** The shortest digits that read back as the same number. */
    static String repr(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = shortest(value);
        String digits = shortest.unscaledValue().abs().toString();
        int exponent = digits.length() - shortest.scale() - 1; // of the first digit
        String sign = value < 0 ? "-" : "";
        if (exponent < -4 || exponent >= 16) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            return sign + digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+")
                    + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        }
        String plain = new BigDecimal(new BigInteger(digits), shortest.scale()).toPlainString();
        return sign + (plain.indexOf('.') < 0 ? plain + ".0" : plain);
    }

    /** The decimal with the fewest digits that reads back as the same number. */
    static BigDecimal shortest(double value) {
        BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        if (decimal.precision() == 2) {
            // Double.toString gives two digits at least, also where one would do.
            BigDecimal one = decimal.round(new java.math.MathContext(1, RoundingMode.HALF_EVEN));
            if (one.doubleValue() == value) {
                return one.stripTrailingZeros();
            }
        }
        return decimal;
    }

    /** The integer part; infinities and NaN are errors. */
    static Int truncated(double value) {
        if (Double.isNaN(value)) {
            throw Fault.value("cannot convert float NaN to integer");
        }
        if (Double.isInfinite(value)) {
            throw Fault.of(Fault.Kind.OVERFLOW, "cannot convert float infinity to integer");
        }
        if (Math.abs(value) < 0x1p62) {
            return Int.of((long) value);
        }
        return Int.of(new BigDecimal(value).toBigInteger());
    }

    /** The nearest double, or an overflow error. */
    static double of(Int number) {
        double value = number.isSmall() ? (double) number.small() : number.big().doubleValue();
        if (Double.isInfinite(value)) {
            throw Fault.of(Fault.Kind.OVERFLOW, "int too large to convert to float");
        }
        return value;
    }

    /** Python's {@code float(text)}; null where it is no number. */
    static Double parse(String source) {
        String text = Chars.strip(source);
        String lower = text.toLowerCase(java.util.Locale.ROOT);
        String sign = lower.startsWith("-") ? "-" : "";
        String unsigned = lower.startsWith("+") || lower.startsWith("-") ? lower.substring(1) : lower;
        if (unsigned.equals("inf") || unsigned.equals("infinity")) {
            return sign.isEmpty() ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
        }
        if (unsigned.equals("nan")) {
            return Double.NaN;
        }
        String digits = plainDigits(unsigned, 10);
        if (digits == null || !isNumber(digits)) {
            return null;
        }
        return Double.parseDouble(sign + digits);
    }

    /** Without the underscores between digits and with ASCII digits; null where an underscore stands wrong. */
    static String plainDigits(String text, int radix) {
        var out = new StringBuilder();
        int before = ' ';
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            i += Character.charCount(point);
            if (point == '_') {
                boolean between = isDigit(before, radix) && i < text.length() && isDigit(text.codePointAt(i), radix);
                if (!between) {
                    return null;
                }
            } else {
                int digit = Chars.isDecimal(point) ? Chars.digit(point) : -1;
                out.appendCodePoint(digit >= 0 ? '0' + digit : point);
            }
            before = point;
        }
        return out.toString();
    }

    private static boolean isDigit(int point, int radix) {
        return Chars.isDecimal(point) || point < 128 && Character.digit(point, radix) >= 0;
    }

    private static boolean isNumber(String text) {
        int at = 0;
        int digits = 0;
        while (at < text.length() && isAsciiDigit(text.charAt(at))) {
            at++;
            digits++;
        }
        if (at < text.length() && text.charAt(at) == '.') {
            at++;
            while (at < text.length() && isAsciiDigit(text.charAt(at))) {
                at++;
                digits++;
            }
        }
        if (digits == 0) {
            return false;
        }
        if (at < text.length() && text.charAt(at) == 'e') {
            at++;
            if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
                at++;
            }
            int first = at;
            while (at < text.length() && isAsciiDigit(text.charAt(at))) {
                at++;
            }
            if (at == first) {
                return false;
            }
        }
        return at == text.length();
    }

    private static boolean isAsciiDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** Python's {@code int(text, base)}; null where it is no integer. */
    static Int parseInt(String source, int base) {
        String text = Chars.strip(source);
        boolean negative = text.startsWith("-");
        String digits = negative || text.startsWith("+") ? text.substring(1) : text;
        int radix = base;
        int prefixed = digits.length() < 2 || digits.charAt(0) != '0'
                ? 0
                : switch (digits.charAt(1) | 0x20) {
                    case 'x' -> 16;
                    case 'o' -> 8;
                    case 'b' -> 2;
                    default -> 0;
                };
        if (prefixed != 0 && (base == 0 || base == prefixed)) {
            radix = prefixed;
            digits = digits.substring(digits.startsWith("_", 2) ? 3 : 2);
        } else if (base == 0) {
            radix = 10;
            if (digits.startsWith("0")
                    && !digits.replace("_", "").replace("0", "").isEmpty()) {
                return null;
            }
        }
        String plain = plainDigits(digits, radix);
        if (plain == null || plain.isEmpty()) {
            return null;
        }
        for (int i = 0; i < plain.length(); i++) {
            if (plain.charAt(i) > 127 || Character.digit(plain.charAt(i), radix) < 0) {
                return null;
            }
        }
        if (plain.length() > 4300) {
            if (Integer.bitCount(radix) == 1) {
                throw Fault.limit("an integer of more than 4300 digits");
            }
            throw Fault.value("Exceeds the limit (4300 digits) for integer string conversion");
        }
        var value = new BigInteger(plain, radix);
        return Int.of(negative ? value.negate() : value);
    }

    /** Rounded to a number of decimals, halves to even. */
    static double round(double value, int decimals) {
        if (Double.isNaN(value) || Double.isInfinite(value) || decimals > 323) {
            return value;
        }
        if (decimals < -309) {
            return 0.0 * value;
        }
        double rounded =
                new BigDecimal(value).setScale(decimals, RoundingMode.HALF_EVEN).doubleValue();
        if (Double.isInfinite(rounded)) {
            throw Fault.of(Fault.Kind.OVERFLOW, "rounded value too large to represent");
        }
        return rounded == 0 ? Math.copySign(0.0, value) : rounded;
    }
}
