package dev.puna.sample.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** A JSON number that has begun. */
record NumberFrame(Numbers set, Style style, String text) implements Frame {
    private static final char[] FOLLOWERS = "0123456789.e".toCharArray();
    private static final int EXPONENT_DIGITS = 2; // that a model may write
    private static final int EXPONENT_LIMIT = 9; // that are read

    @Override
    public void step(int b, @Nullable Stack below, Threads out) {
        if (b >= 0x80 || !fits((char) b)) {
            return;
        }
        String longer = text + (char) b;
        if (style != Style.ANY && !hasFuture(longer)) {
            return;
        }
        char last = (char) b;
        boolean ends = last >= '0' && last <= '9';
        BigDecimal value = ends ? new BigDecimal(longer) : null;
        boolean odd = style != Style.ANY && value != null && value.signum() == 0 && longer.startsWith("-");
        if (value != null && !odd && set.has(value)) {
            out.pop(below, value);
        }
        var more = new NumberFrame(set, style, longer);
        if (style == Style.ANY || more.goesOn()) {
            out.add(more, below);
        }
    }

    private boolean goesOn() {
        for (char c : FOLLOWERS) {
            if (fits(c) && hasFuture(text + c)) {
                return true;
            }
        }
        return false;
    }

    /** Whether JSON lets a number that begins with the text go on with {@code c}, and this style too. */
    private boolean fits(char c) {
        boolean digit = c >= '0' && c <= '9';
        if (text.isEmpty()) {
            return digit || c == '-';
        }
        char last = text.charAt(text.length() - 1);
        int exponent = Math.max(text.indexOf('e'), text.indexOf('E'));
        int point = text.indexOf('.');
        if (exponent >= 0) {
            int digits = text.length() - exponent - 1 - (text.endsWith("+") || text.endsWith("-") ? 1 : 0);
            return digit
                    ? digits <= (style != Style.ANY ? EXPONENT_DIGITS - 1 : EXPONENT_LIMIT)
                    : (c == '+' || c == '-') && (last == 'e' || last == 'E');
        }
        boolean ended = last >= '0' && last <= '9';
        return switch (c) {
            case 'e', 'E' -> ended && (style == Style.ANY || set.free() && new BigDecimal(text).signum() != 0);
            case '.' -> ended && point < 0;
            default -> digit && (point >= 0 || !text.equals("0") && !text.equals("-0"));
        };
    }

    /** Whether a number of the set begins like this. */
    private boolean hasFuture(String begun) {
        if (begun.indexOf('e') >= 0 || begun.indexOf('E') >= 0) {
            return true; // only where every number will do
        }
        boolean negative = begun.startsWith("-");
        int places = set.places();
        int point = begun.indexOf('.');
        String digits = begun.substring(negative ? 1 : 0, point < 0 ? begun.length() : point);
        int room = set.digits() - digits.length();
        if (room < 0 || point >= 0 && places == 0) {
            return false;
        }
        if (point >= 0) {
            int written = begun.length() - point - 1;
            return written <= places
                    && within(negative, new BigInteger(digits + begun.substring(point + 1)), places - written, places);
        }
        if (digits.isEmpty()) {
            return set.some(null, BigInteger.ONE.negate(), places);
        }
        BigInteger value = new BigInteger(digits);
        int most = digits.equals("0") ? 0 : room;
        if (set.free() || set.equals(Numbers.WHOLE)) {
            return set.free() || !begun.equals("-0");
        }
        for (int more = 0; more <= most; more++) {
            if (within(negative, value, more + places, places)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the set has a number that begins with these digits and has {@code more} after them. */
    private boolean within(boolean negative, BigInteger digits, int more, int places) {
        BigInteger unit = BigInteger.TEN.pow(more);
        BigInteger from = digits.multiply(unit);
        BigInteger to = from.add(unit).subtract(BigInteger.ONE);
        return negative
                ? set.some(to.negate(), from.max(BigInteger.ONE).negate(), places) // no minus zero
                : set.some(from, to, places);
    }
}
