package dev.puna.text.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** The digits of numbers in the styles of format strings; signs and widths are the caller's. */
final class NumberText {
    /** A double has no more decimals than this; what is asked for beyond are zeros. */
    private static final int MOST_DIGITS = 1100;

    private NumberText() {}

    /**
     * A number that is not negative.
     *
     * @param style {@code e}, {@code f}, {@code g} or {@code %}, or {@code r} for the shortest that reads back
     * @param alternate keeps the point and the zeros that the style would drop
     * @param pointNeeded the result must look like a float: {@code 1.0} and not {@code 1}
     */
    static String of(double value, char style, int precision, boolean alternate, boolean pointNeeded, Meter meter) {
        if (Double.isNaN(value)) {
            return style == '%' ? "nan%" : "nan";
        }
        if (Double.isInfinite(value)) {
            return style == '%' ? "inf%" : "inf";
        }
        meter.text(precision);
        return switch (style) {
            case 'e' -> scientific(value, precision, alternate);
            case 'f' -> fixed(new BigDecimal(value), precision, alternate);
            case '%' -> fixed(new BigDecimal(value * 100), precision, alternate) + "%";
            case 'g' -> general(value, precision, alternate, pointNeeded);
            default -> {
                String shortest = Reals.repr(value);
                int mark = shortest.indexOf('e');
                boolean bare = alternate && mark >= 0 && shortest.indexOf('.') < 0;
                yield bare ? shortest.substring(0, mark) + "." + shortest.substring(mark) : shortest;
            }
        };
    }

    private static String fixed(BigDecimal value, int precision, boolean alternate) {
        int exact = Math.min(precision, MOST_DIGITS);
        String digits = value.setScale(exact, RoundingMode.HALF_EVEN).toPlainString();
        if (precision > exact) {
            digits += "0".repeat(precision - exact);
        }
        return alternate && precision == 0 ? digits + "." : digits;
    }

    private static String scientific(double value, int precision, boolean alternate) {
        int exact = Math.min(precision, MOST_DIGITS);
        String digits;
        int exponent = 0;
        if (value == 0) {
            digits = "0".repeat(exact + 1);
        } else {
            BigDecimal rounded = new BigDecimal(value).round(new MathContext(exact + 1, RoundingMode.HALF_EVEN));
            digits = rounded.unscaledValue().toString();
            exponent = digits.length() - 1 - rounded.scale();
            digits = digits.length() > exact + 1
                    ? digits.substring(0, exact + 1)
                    : digits + "0".repeat(exact + 1 - digits.length());
        }
        digits += "0".repeat(precision - exact);
        String point = precision > 0 || alternate ? "." : "";
        return digits.charAt(0) + point + digits.substring(1) + exponent(exponent);
    }

    private static String exponent(int exponent) {
        return (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    private static String general(double value, int wanted, boolean alternate, boolean pointNeeded) {
        int precision = Math.max(1, wanted);
        String rounded = scientific(value, precision - 1, false);
        int mark = rounded.indexOf('e');
        int exponent = Integer.parseInt(rounded.substring(mark + 1));
        boolean plain = exponent >= -4 && exponent < (pointNeeded ? precision - 1 : precision);
        if (plain) {
            String digits = fixed(new BigDecimal(value), precision - 1 - exponent, alternate);
            String kept = alternate ? digits : withoutZeros(digits);
            return pointNeeded && kept.indexOf('.') < 0 ? kept + ".0" : kept;
        }
        String digits = rounded.substring(0, mark);
        if (alternate) {
            digits = digits.indexOf('.') < 0 ? digits + "." : digits;
        } else {
            digits = withoutZeros(digits);
        }
        return digits + rounded.substring(mark);
    }

    private static String withoutZeros(String digits) {
        if (digits.indexOf('.') < 0) {
            return digits;
        }
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        return digits.substring(0, digits.charAt(end - 1) == '.' ? end - 1 : end);
    }
}
