package dev.puna.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** All filters by name: Jinja's own, Hugging Face's {@code tojson}, and {@code from_json}, which some templates use. */
final class Filters {
    private static final Map<String, Filter> ALL = new HashMap<>();

    static {
        ALL.putAll(TextFilters.ALL);
        ALL.putAll(SequenceFilters.ALL);
        ALL.putAll(ValueFilters.ALL);
    }

    private Filters() {}

    /** One filter. */
    @FunctionalInterface
    interface Filter {
        Value apply(Run run, Value input, Arguments arguments);
    }

    /** The filter of this name, or null. */
    static Filter named(String name) {
        return ALL.get(name);
    }

    /** A filter that the template names at run time. */
    static Filter chosen(Value name, Meter meter) {
        Filter filter = name instanceof Str text ? ALL.get(text.text()) : null;
        if (filter == null) {
            throw Fault.of(Fault.Kind.RUNTIME, "No filter named " + Repr.brief(name, meter) + ".");
        }
        return filter;
    }
}
