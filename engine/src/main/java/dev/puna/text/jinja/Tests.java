package dev.puna.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** All tests by name: what may stand behind {@code is}. */
final class Tests {
    private static final Map<String, Test> ALL = new HashMap<>();

    static {
        value("defined", input -> !(input instanceof Undefined));
        value("undefined", Undefined.class::isInstance);
        value("none", input -> input == None.NONE);
        value("boolean", Bool.class::isInstance);
        value("true", input -> input == Bool.TRUE);
        value("false", input -> input == Bool.FALSE);
        value("integer", Int.class::isInstance);
        value("float", Real.class::isInstance);
        value("number", Arithmetic::isNumber);
        value("string", Str.class::isInstance);
        value("mapping", Dict.class::isInstance);
        value("iterable", Iteration::possible);
        value("callable", input -> input instanceof Callable || input instanceof Undefined);
        value("escaped", input -> input instanceof Str text && text.isMarkup());
        value("sequence", input -> switch (input) {
            case Str _, Sequence _, Dict _, Range _, Undefined _ -> true;
            default -> false;
        });
        put("lower", (run, input, arguments) -> {
            arguments.none("lower");
            return StringMethods.cased(Repr.str(input, run.meter()).text(), Character::isLowerCase);
        });
        put("upper", (run, input, arguments) -> {
            arguments.none("upper");
            return StringMethods.cased(Repr.str(input, run.meter()).text(), Character::isUpperCase);
        });
        put("odd", (run, input, arguments) -> {
            arguments.none("odd");
            return rest(input, Int.of(2), Int.of(1), run.meter());
        });
        put("even", (run, input, arguments) -> {
            arguments.none("even");
            return rest(input, Int.of(2), Int.ZERO, run.meter());
        });
        put(
                "divisibleby",
                (run, input, arguments) -> rest(input, arguments.bind("divisibleby", "num")[0], Int.ZERO, run.meter()));
        put(
                "filter",
                (_, input, arguments) -> named(arguments, "filter", input) && Filters.named(input.toString()) != null);
        put("test", (_, input, arguments) -> named(arguments, "test", input) && ALL.containsKey(input.toString()));
        put("sameas", (_, input, arguments) -> isSame(input, arguments.bind("sameas", "other")[0]));
        put("in", (run, input, arguments) -> Operators.contains(input, arguments.bind("in", "seq")[0], run.meter()));
        comparison("==", "==", "eq", "equalto");
        comparison("!=", "!=", "ne");
        comparison(">", ">", "gt", "greaterthan");
        comparison(">=", ">=", "ge");
        comparison("<", "<", "lt", "lessthan");
        comparison("<=", "<=", "le");
    }

    private Tests() {}

    /** One test. */
    @FunctionalInterface
    interface Test {
        boolean holds(Run run, Value input, Arguments arguments);
    }

    /** The test of this name, or null. */
    static Test named(String name) {
        return ALL.get(name);
    }

    /** A test that the template names at run time. */
    static Test chosen(Value name, Meter meter) {
        Test test = name instanceof Str text ? ALL.get(text.text()) : null;
        if (test == null) {
            throw Fault.of(Fault.Kind.RUNTIME, "No test named " + Repr.brief(name, meter) + ".");
        }
        return test;
    }

    private static void put(String name, Test test) {
        ALL.put(name, test);
    }

    private static void value(String name, java.util.function.Predicate<Value> test) {
        put(name, (_, input, arguments) -> {
            arguments.none(name);
            return test.test(input);
        });
    }

    private static void comparison(String operator, String... names) {
        Operators.Comparison comparison = Operators.comparison(operator);
        for (String name : names) {
            put(
                    name,
                    (run, input, arguments) -> comparison.holds(input, arguments.bind(name, 1, 1)[0], run.meter()));
        }
    }

    private static boolean rest(Value input, Value divisor, Value wanted, Meter meter) {
        return Operators.equal(Operators.binary("%").apply(input, divisor, meter), wanted, meter);
    }

    private static boolean named(Arguments arguments, String test, Value input) {
        arguments.none(test);
        Dict.key(input); // what cannot be a key is an error
        return input instanceof Str;
    }

    /** Python's {@code is}: small integers and short texts are one object each. */
    private static boolean isSame(Value left, Value right) {
        if (left instanceof Int first && right instanceof Int second) {
            return left == right
                    || first.equals(second) && first.isSmall() && first.small() >= -5 && first.small() <= 256;
        }
        if (left instanceof Str first && right instanceof Str second) {
            return left == right || first.length() <= 1 && first.is(second.text());
        }
        return left == right;
    }
}
