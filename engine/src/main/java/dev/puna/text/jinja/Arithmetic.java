package dev.puna.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/** Python's arithmetic on numbers. True and False count as 1 and 0. */
final class Arithmetic {
    private Arithmetic() {}

    static boolean isNumber(Value value) {
        return value instanceof Int || value instanceof Real || value instanceof Bool;
    }

    /** The integer that an integer or a truth value is, or null. */
    static Int integer(Value value) {
        return switch (value) {
            case Int number -> number;
            case Bool bool -> Int.of(bool.ordinal());
            default -> null;
        };
    }

    /** The number as a double; an integer that is too large for one is an overflow error. */
    static double real(Value number) {
        return number instanceof Real(double value) ? value : Reals.of(integer(number));
    }

    static Value negate(Value value) {
        if (value instanceof Real(double real)) {
            return new Real(-real);
        }
        Int number = integer(value);
        if (number == null) {
            throw unary("-", value);
        }
        return number.isSmall() && number.small() != Long.MIN_VALUE
                ? Int.of(-number.small())
                : Int.of(number.wide().negate());
    }

    static Value plus(Value value) {
        if (value instanceof Real) {
            return value;
        }
        Int number = integer(value);
        if (number == null) {
            throw unary("+", value);
        }
        return number;
    }

    private static Fault unary(String operator, Value value) {
        return value instanceof Undefined undefined
                ? undefined.fault()
                : Fault.type("bad operand type for unary " + operator + ": '" + value.typeName() + "'");
    }

    /** Applies {@code + - * / // % **} to two numbers. */
    static Value apply(String operator, Value left, Value right, Meter meter) {
        Int first = integer(left);
        Int second = integer(right);
        if (first == null || second == null) {
            return real(operator, real(left), real(right));
        }
        return switch (operator) {
            case "+" -> add(first, second, meter);
            case "-" -> subtract(first, second, meter);
            case "*" -> multiply(first, second, meter);
            case "/" -> divide(first, second);
            case "//" -> floorDivide(first, second);
            case "%" -> modulo(first, second);
            default -> power(first, second, meter);
        };
    }

    private static Value real(String operator, double left, double right) {
        return new Real(
                switch (operator) {
                    case "+" -> left + right;
                    case "-" -> left - right;
                    case "*" -> left * right;
                    case "/" -> {
                        if (right == 0) {
                            throw zero("float division by zero");
                        }
                        yield left / right;
                    }
                    case "//" -> floorDivide(left, right);
                    case "%" -> modulo(left, right);
                    default -> power(left, right);
                });
    }

    private static Fault zero(String what) {
        return Fault.of(Fault.Kind.ZERO_DIVISION, what);
    }

    private static Int add(Int left, Int right, Meter meter) {
        if (left.isSmall() && right.isSmall()) {
            long sum = left.small() + right.small();
            if (((left.small() ^ sum) & (right.small() ^ sum)) >= 0) {
                return Int.of(sum);
            }
        }
        return wide(left.wide().add(right.wide()), meter);
    }

    private static Int subtract(Int left, Int right, Meter meter) {
        if (left.isSmall() && right.isSmall()) {
            long difference = left.small() - right.small();
            if (((left.small() ^ right.small()) & (left.small() ^ difference)) >= 0) {
                return Int.of(difference);
            }
        }
        return wide(left.wide().subtract(right.wide()), meter);
    }

    private static Int wide(BigInteger value, Meter meter) {
        meter.integer(value.bitLength());
        return Int.of(value);
    }

    private static Int multiply(Int left, Int right, Meter meter) {
        if (left.isSmall() && right.isSmall()) {
            long high = Math.multiplyHigh(left.small(), right.small());
            long low = left.small() * right.small();
            if (high == 0 && low >= 0 || high == -1 && low < 0) {
                return Int.of(low);
            }
        }
        meter.integer((long) left.wide().bitLength() + right.wide().bitLength());
        return Int.of(left.wide().multiply(right.wide()));
    }

    private static Value divide(Int left, Int right) {
        if (right.signum() == 0) {
            throw zero("division by zero");
        }
        long exact = 1L << 53;
        if (left.isSmall() && right.isSmall() && Math.abs(left.small()) <= exact && Math.abs(right.small()) <= exact) {
            return new Real((double) left.small() / right.small());
        }
        // More digits than a double can tell apart, and a last one that says whether anything followed.
        var numerator = new BigDecimal(left.wide());
        var denominator = new BigDecimal(right.wide());
        BigDecimal quotient = numerator.divide(denominator, new MathContext(40, RoundingMode.DOWN));
        if (quotient.multiply(denominator).compareTo(numerator) != 0) {
            BigDecimal tail = quotient.ulp().movePointLeft(2);
            quotient = left.signum() == right.signum() ? quotient.add(tail) : quotient.subtract(tail);
        }
        double value = quotient.doubleValue();
        if (Double.isInfinite(value)) {
            throw Fault.of(Fault.Kind.OVERFLOW, "integer division result too large for a float");
        }
        return new Real(value);
    }

    private static Int floorDivide(Int left, Int right) {
        if (right.signum() == 0) {
            throw zero("integer division or modulo by zero");
        }
        if (left.isSmall() && right.isSmall() && !(left.small() == Long.MIN_VALUE && right.small() == -1)) {
            return Int.of(Math.floorDiv(left.small(), right.small()));
        }
        BigInteger[] parts = left.wide().divideAndRemainder(right.wide());
        boolean down = parts[1].signum() != 0 && parts[1].signum() != right.signum();
        return Int.of(down ? parts[0].subtract(BigInteger.ONE) : parts[0]);
    }

    static Int modulo(Int left, Int right) {
        if (right.signum() == 0) {
            throw zero("integer modulo by zero");
        }
        if (left.isSmall() && right.isSmall()) {
            return Int.of(Math.floorMod(left.small(), right.small()));
        }
        BigInteger rest = left.wide().remainder(right.wide());
        return Int.of(rest.signum() != 0 && rest.signum() != right.signum() ? rest.add(right.wide()) : rest);
    }

    private static double modulo(double left, double right) {
        if (right == 0) {
            throw zero("float modulo");
        }
        double rest = left % right;
        if (rest == 0) {
            return Math.copySign(0.0, right);
        }
        return rest < 0 != right < 0 ? rest + right : rest;
    }

    private static double floorDivide(double left, double right) {
        if (right == 0) {
            throw zero("float floor division by zero");
        }
        double rest = left % right;
        double quotient = (left - rest) / right;
        if (rest != 0 && rest < 0 != right < 0) {
            quotient -= 1;
        }
        if (quotient == 0) {
            return Math.copySign(0.0, left / right);
        }
        double floor = Math.floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static Value power(Int base, Int exponent, Meter meter) {
        if (exponent.signum() < 0) {
            if (base.signum() == 0) {
                throw zero("0.0 cannot be raised to a negative power");
            }
            return new Real(power(Reals.of(base), Reals.of(exponent)));
        }
        int bits = base.wide().bitLength();
        boolean unit = base.isSmall() && Math.abs(base.small()) <= 1;
        long power = exponent.clamped();
        if (unit) {
            boolean odd = exponent.wide().testBit(0);
            return base.signum() >= 0 ? (power == 0 ? Int.of(1) : base) : Int.of(odd ? -1 : 1);
        }
        if (power > meter.limits().integerBits()) {
            meter.integer(Long.MAX_VALUE);
        }
        meter.integer((bits - 1) * power);
        return Int.of(base.wide().pow((int) power));
    }

    private static double power(double base, double exponent) {
        if (base == 0 && exponent < 0) {
            throw zero("0.0 cannot be raised to a negative power");
        }
        if (base < 0 && !Double.isInfinite(base) && !Double.isInfinite(exponent) && exponent != Math.rint(exponent)) {
            throw Fault.unsupported("complex numbers are not supported");
        }
        if (base == 1) {
            return 1;
        }
        if (base == -1 && Double.isInfinite(exponent)) {
            return 1;
        }
        double value = exactPower(base, exponent);
        if (Double.isInfinite(value) && !Double.isInfinite(base) && !Double.isInfinite(exponent)) {
            throw Fault.of(Fault.Kind.OVERFLOW, "(34, 'Numerical result out of range')");
        }
        return value;
    }

    /** Math.pow may miss the nearest double by one; for whole exponents it can be had. */
    private static double exactPower(double base, double exponent) {
        double value = Math.pow(base, exponent);
        boolean whole = exponent == Math.rint(exponent) && Math.abs(exponent) <= 1024;
        if (!whole || value == 0 || Double.isInfinite(value) || Double.isNaN(value)) {
            return exponent == 0.5 && base >= 0 && !Double.isInfinite(base) ? Math.sqrt(base) : value;
        }
        var digits = new MathContext(60);
        BigDecimal power = new BigDecimal(base).pow((int) Math.abs(exponent), digits);
        return (exponent < 0 ? BigDecimal.ONE.divide(power, digits) : power).doubleValue();
    }

    /** Which of two numbers is larger, exactly: negative, zero or positive; NaN is the caller's to look for. */
    static int compare(Value left, Value right) {
        Int first = integer(left);
        Int second = integer(right);
        if (first != null && second != null) {
            return first.isSmall() && second.isSmall()
                    ? Long.compare(first.small(), second.small())
                    : first.wide().compareTo(second.wide());
        }
        if (first == null && second == null) {
            double a = ((Real) left).value();
            double b = ((Real) right).value();
            return a < b ? -1 : a > b ? 1 : 0;
        }
        return first == null ? -compare(second, ((Real) left).value()) : compare(first, ((Real) right).value());
    }

    private static int compare(Int number, double real) {
        if (Double.isInfinite(real)) {
            return real > 0 ? -1 : 1;
        }
        return new BigDecimal(number.wide()).compareTo(new BigDecimal(real));
    }
}
