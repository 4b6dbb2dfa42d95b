package dev.puna.text.jinja;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.Map;

/** Filters on numbers and on values of any kind. */
final class ValueFilters {
    static final Map<String, Filters.Filter> ALL = Map.ofEntries(
            Map.entry("abs", (_, input, arguments) -> {
                arguments.none("abs");
                return abs(input);
            }),
            Map.entry("attr", ValueFilters::attr),
            Map.entry("count", ValueFilters::length),
            Map.entry("length", ValueFilters::length),
            Map.entry("d", ValueFilters::defaulted),
            Map.entry("default", ValueFilters::defaulted),
            Map.entry("filesizeformat", ValueFilters::fileSize),
            Map.entry("float", ValueFilters::real),
            Map.entry("from_json", ValueFilters::fromJson),
            Map.entry("int", ValueFilters::integer),
            Map.entry("pprint", (run, input, arguments) -> {
                arguments.none("pprint");
                return PrettyText.of(input, run.meter());
            }),
            Map.entry("round", ValueFilters::round),
            Map.entry("string", (run, input, arguments) -> {
                arguments.none("string");
                return Repr.str(input, run.meter());
            }),
            Map.entry("tojson", JsonText::filter));

    private ValueFilters() {}

    private static Value abs(Value input) {
        if (input instanceof Real(double real)) {
            return new Real(Math.abs(real));
        }
        Int number = Arithmetic.integer(input);
        if (number == null) {
            throw Fault.type("bad operand type for abs(): '" + input.typeName() + "'");
        }
        return number.signum() < 0 ? Arithmetic.negate(number) : number;
    }

    private static Value attr(Run run, Value input, Arguments arguments) {
        Value name = arguments.bind("attr", "name")[0];
        if (!(name instanceof Str text)) {
            throw Fault.type("attribute name must be string, not '" + name.typeName() + "'");
        }
        Value found = Attributes.find(input, text.text());
        if (found == null && input instanceof Undefined undefined) {
            throw undefined.fault();
        }
        return found == null ? Undefined.attribute(input, text.text()) : found;
    }

    private static Value length(Run run, Value input, Arguments arguments) {
        arguments.none("length");
        int length = Operators.length(input);
        if (length < 0) {
            throw Fault.type("object of type '" + input.typeName() + "' has no len()");
        }
        return Int.of(length);
    }

    private static Value defaulted(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("default", "default_value?", "boolean?");
        boolean missing =
                input instanceof Undefined || bound[1] != null && Operators.truth(bound[1]) && !Operators.truth(input);
        return !missing ? input : bound[0] == null ? Str.EMPTY : bound[0];
    }

    /** Python's {@code float(value)}. */
    private static double toReal(Value value) {
        return switch (value) {
            case Undefined undefined -> throw undefined.fault();
            case Str text -> {
                Double real = Reals.parse(text.text());
                if (real == null) {
                    throw Fault.value("could not convert string to float: " + Repr.quoted(text.text()));
                }
                yield real;
            }
            case Int _, Real _, Bool _ -> Arithmetic.real(value);
            default ->
                throw Fault.type("float() argument must be a string or a real number, not '" + value.typeName() + "'");
        };
    }

    private static Value real(Run run, Value input, Arguments arguments) {
        Value otherwise = arguments.bind("float", "default?")[0];
        try {
            return new Real(toReal(input));
        } catch (Fault fault) {
            if (!fault.is(Fault.Kind.TYPE, Fault.Kind.VALUE)) {
                throw fault;
            }
            return otherwise == null ? new Real(0) : otherwise;
        }
    }

    private static Value integer(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("int", "default?", "base?");
        try {
            return toInteger(input, bound[1]);
        } catch (Fault fault) {
            if (!fault.is(Fault.Kind.TYPE, Fault.Kind.VALUE)) {
                throw fault;
            }
        }
        try {
            return Reals.truncated(toReal(input)); // so that "42.23" gives 42
        } catch (Fault fault) {
            if (!fault.is(Fault.Kind.TYPE, Fault.Kind.VALUE) && fault.kind() != Fault.Kind.OVERFLOW) {
                throw fault;
            }
            return bound[0] == null ? Int.ZERO : bound[0];
        }
    }

    private static Int toInteger(Value value, Value base) {
        return switch (value) {
            case Undefined undefined -> throw undefined.fault();
            case Str text -> {
                Int radix = base == null ? Int.of(10) : StringMethods.integer(base);
                if (radix.clamped() != 0 && (radix.clamped() < 2 || radix.clamped() > 36)) {
                    throw Fault.value("int() base must be >= 2 and <= 36, or 0");
                }
                Int number = Reals.parseInt(text.text(), (int) radix.clamped());
                if (number == null) {
                    throw Fault.value("invalid literal for int()");
                }
                yield number;
            }
            case Real(double real) -> Reals.truncated(real);
            case Int _, Bool _ -> Arithmetic.integer(value);
            default -> throw Fault.type("int() argument must be a string or a real number");
        };
    }

    private static Value round(Run run, Value input, Arguments arguments) {
        Value[] bound = arguments.bind("round", "precision?", "method?");
        Value precision = bound[0] == null ? Int.ZERO : bound[0];
        String method = bound[1] == null ? "common" : bound[1] instanceof Str text ? text.text() : "";
        return switch (method) {
            case "common" -> rounded(input, precision);
            case "ceil", "floor" -> {
                Meter meter = run.meter();
                Value scale = power(precision, meter);
                Value scaled = Operators.binary("*").apply(input, scale, meter);
                yield Operators.binary("/").apply(whole(scaled, method), scale, meter);
            }
            default -> throw Fault.value("method must be common, ceil or floor");
        };
    }

    private static Value power(Value precision, Meter meter) {
        return Operators.binary("**").apply(Int.of(10), precision, meter);
    }

    private static Value whole(Value value, String method) {
        if (value instanceof Real(double real)) {
            return Reals.truncated(method.equals("ceil") ? Math.ceil(real) : Math.floor(real));
        }
        Int number = Arithmetic.integer(value);
        if (number == null) {
            throw Fault.type("must be real number, not " + value.typeName());
        }
        return number;
    }

    private static Value rounded(Value input, Value precision) {
        if (!Arithmetic.isNumber(input)) {
            throw Fault.type("type " + input.typeName() + " doesn't define __round__ method");
        }
        boolean toInteger = precision == None.NONE;
        int digits = toInteger ? 0 : Math.clamp(StringMethods.integer(precision).clamped(), -100_000, 100_000);
        if (input instanceof Real(double real)) {
            if (toInteger) {
                Reals.truncated(real);
                return Reals.truncated(Reals.round(real, 0));
            }
            return new Real(Reals.round(real, digits));
        }
        Int number = Arithmetic.integer(input);
        if (digits >= 0) {
            return number;
        }
        if (-digits > number.wide().bitLength()) {
            return Int.ZERO;
        }
        var scaled = new BigDecimal(number.wide()).setScale(digits, RoundingMode.HALF_EVEN);
        return Int.of(scaled.toBigIntegerExact());
    }

    private static Value fileSize(Run run, Value input, Arguments arguments) {
        Value binary = arguments.bind("filesizeformat", "binary?")[0];
        boolean byTwos = binary != null && Operators.truth(binary);
        double bytes = toReal(input);
        double base = byTwos ? 1024 : 1000;
        if (bytes == 1) {
            return Str.of("1 Byte");
        }
        if (bytes < base) {
            return Str.of(Repr.digits(Reals.truncated(bytes)) + " Bytes");
        }
        String units = "kMGTPEZY";
        double unit = base;
        for (int i = 0; ; i++) {
            unit *= base;
            if (bytes < unit || i == units.length() - 1) {
                double value = base * bytes / unit;
                String number = NumberText.of(Math.abs(value), 'f', 1, false, false, run.meter());
                char letter = byTwos && i == 0 ? 'K' : units.charAt(i);
                return Str.of(number + " " + letter + (byTwos ? "iB" : "B"));
            }
        }
    }

    private static Value fromJson(Run run, Value input, Arguments arguments) {
        arguments.none("from_json");
        Str text = StringMethods.string(input, "the JSON object");
        run.meter().text(text.length());
        try {
            Object value = Json.parse(text.text(), Path.of("from_json"));
            return Values.of(value, text.hasMarks(), run.meter());
        } catch (BadFile fault) {
            throw Fault.value(fault.getMessage());
        }
    }
}
