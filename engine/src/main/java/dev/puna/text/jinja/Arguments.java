package dev.puna.text.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a call passes: positional values, then named ones. */
record Arguments(List<Value> positional, Map<String, Value> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    static Arguments of(Value... positional) {
        return new Arguments(List.of(positional), Map.of());
    }

    /**
     * The values in the order of the parameters, null where a parameter that ends in {@code ?} is left out.
     *
     * @param parameters names; a parameter whose name starts with {@code /} cannot be named by the caller
     */
    Value[] bind(String function, String... parameters) {
        if (positional.size() > parameters.length) {
            throw Fault.type(function + "() takes at most " + parameters.length + " arguments (" + positional.size()
                    + " given)");
        }
        var values = new Value[parameters.length];
        for (int i = 0; i < positional.size(); i++) {
            values[i] = positional.get(i);
        }
        var rest = named.isEmpty() ? named : new LinkedHashMap<>(named);
        for (int i = 0; i < parameters.length; i++) {
            boolean optional = parameters[i].endsWith("?");
            String name = optional ? parameters[i].substring(0, parameters[i].length() - 1) : parameters[i];
            if (rest.containsKey(name)) {
                if (values[i] != null) {
                    throw Fault.type(function + "() got multiple values for argument '" + name + "'");
                }
                values[i] = rest.remove(name);
            }
            if (values[i] == null && !optional) {
                throw Fault.type(function + "() missing required argument: '" + name.replace("/", "") + "'");
            }
        }
        if (!rest.isEmpty()) {
            throw Fault.type(function + "() got an unexpected keyword argument '"
                    + rest.keySet().iterator().next() + "'");
        }
        return values;
    }

    /** Positional values only, at least {@code least} and at most {@code most}; null where left out. */
    Value[] bind(String function, int least, int most) {
        if (!named.isEmpty()) {
            throw Fault.type(function + "() takes no keyword arguments");
        }
        int given = positional.size();
        if (given < least || given > most) {
            String expected =
                    least == most ? "exactly " + least : given < least ? "at least " + least : "at most " + most;
            throw Fault.type(function + "() takes " + expected + " argument" + (expected.endsWith(" 1") ? "" : "s")
                    + " (" + given + " given)");
        }
        var values = new Value[most];
        for (int i = 0; i < given; i++) {
            values[i] = positional.get(i);
        }
        return values;
    }

    void none(String function) {
        bind(function, 0, 0);
    }
}
