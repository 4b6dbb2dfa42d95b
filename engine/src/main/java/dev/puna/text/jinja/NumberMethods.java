package dev.puna.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Set;

/** The attributes and methods of numbers. */
final class NumberMethods {
    private static final Set<String> UNSUPPORTED = Set.of("from_bytes", "to_bytes", "fromhex", "hex");

    private NumberMethods() {}

    static Value of(Value number, String name) {
        Int integer = Arithmetic.integer(number);
        return switch (name) {
            case "real" -> integer == null ? number : integer;
            case "imag" -> integer == null ? new Real(0) : Int.ZERO;
            case "conjugate" -> method(name, () -> integer == null ? number : integer);
            case "as_integer_ratio" -> method(name, () -> ratio(number));
            case "is_integer" ->
                integer != null
                        ? null
                        : method(name, () -> {
                            double value = ((Real) number).value();
                            return Bool.of(value == Math.rint(value) && !Double.isInfinite(value));
                        });
            case "numerator" -> integer;
            case "denominator" -> integer == null ? null : Int.of(1);
            case "bit_length" ->
                integer == null
                        ? null
                        : method(name, () -> Int.of(integer.wide().abs().bitLength()));
            case "bit_count" ->
                integer == null
                        ? null
                        : method(name, () -> Int.of(integer.wide().abs().bitCount()));
            default -> {
                boolean there = UNSUPPORTED.contains(name) && name.endsWith("hex") == (integer == null);
                yield there ? Attributes.unsupported(number, name) : null;
            }
        };
    }

    private interface Result {
        Value get();
    }

    private static Function method(String name, Result result) {
        return new Function(name, (_, arguments) -> {
            arguments.none(name);
            return result.get();
        });
    }

    private static Value ratio(Value number) {
        Int integer = Arithmetic.integer(number);
        if (integer != null) {
            return Sequence.Tuple.of(integer, Int.of(1));
        }
        double value = ((Real) number).value();
        Reals.truncated(value); // infinities and NaN are errors
        var decimal = new BigDecimal(value);
        BigInteger numerator = decimal.unscaledValue();
        BigInteger denominator = BigInteger.TEN.pow(Math.max(0, decimal.scale()));
        BigInteger common = numerator.gcd(denominator).max(BigInteger.ONE);
        return Sequence.Tuple.of(Int.of(numerator.divide(common)), Int.of(denominator.divide(common)));
    }
}
