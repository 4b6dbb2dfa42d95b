package dev.puna.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** The functions that every template finds: Jinja's own and the two that Hugging Face adds. */
final class Globals {
    static final Function DICT = new Function("dict", DictMethods::make);

    private static final Map<String, Value> ALL = Map.of(
            "range", new Function("range", Globals::range),
            "dict", DICT,
            "namespace",
                    new Function("namespace", (run, arguments) -> {
                        var namespace = new Namespace();
                        for (Dict.Entry entry : DictMethods.make(run, arguments).entries()) {
                            if (entry.key() instanceof Str name) {
                                namespace.set(name.text(), entry.value());
                            } else {
                                throw Fault.unsupported("a namespace whose names are no texts");
                            }
                        }
                        return namespace;
                    }),
            "cycler",
                    new Function("cycler", (_, arguments) -> {
                        if (!arguments.named().isEmpty()) {
                            throw Fault.type("cycler() takes no keyword arguments");
                        }
                        return new Cycler(arguments.positional());
                    }),
            "joiner",
                    new Function("joiner", (_, arguments) -> {
                        Value separator = arguments.bind("joiner", "sep?")[0];
                        return new Joiner(separator == null ? Str.of(", ") : separator);
                    }),
            "lipsum",
                    new Function("lipsum", (_, _) -> {
                        throw Fault.unsupported("lipsum gives random text");
                    }),
            "raise_exception",
                    new Function("raise_exception", (run, arguments) -> {
                        Value message = arguments.bind("raise_exception", "message")[0];
                        throw Fault.of(
                                Fault.Kind.RUNTIME,
                                Repr.str(message, run.meter()).text());
                    }),
            "strftime_now",
                    new Function("strftime_now", (run, arguments) -> {
                        Value format = arguments.bind("strftime_now", "format")[0];
                        if (!(format instanceof Str text)) {
                            throw Fault.type("strftime() argument 1 must be str, not " + format.typeName());
                        }
                        return Strftime.format(text, run);
                    }));

    private Globals() {}

    /** A new map, for the caller's variables to be put on top. */
    static Map<String, Value> all() {
        return new HashMap<>(ALL);
    }

    private static Value range(Run run, Arguments arguments) {
        Value[] bound = arguments.bind("range", 1, 3);
        boolean one = bound[1] == null;
        long start = one ? 0 : integer(bound[0]);
        long stop = integer(one ? bound[0] : bound[1]);
        long step = bound[2] == null ? 1 : integer(bound[2]);
        if (step == 0) {
            throw Fault.value("range() arg 3 must not be zero");
        }
        var range = new Range(start, stop, step);
        if (range.size() > Range.LONGEST) {
            throw Fault.of(
                    Fault.Kind.OVERFLOW,
                    "Range too big. The sandbox blocks ranges larger than MAX_RANGE (" + Range.LONGEST + ").");
        }
        return range;
    }

    private static long integer(Value value) {
        Int number = Arithmetic.integer(value);
        if (number == null) {
            throw Fault.type("'" + value.typeName() + "' object cannot be interpreted as an integer");
        }
        return Math.clamp(number.clamped(), -Long.MAX_VALUE / 4, Long.MAX_VALUE / 4);
    }
}
