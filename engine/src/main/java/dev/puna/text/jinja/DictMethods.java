package dev.puna.text.jinja;

/** The methods of dictionaries, and the function {@code dict}. */
final class DictMethods {
    static final Function FROM_KEYS = new Function("fromkeys", (run, arguments) -> {
        Value[] bound = arguments.bind("fromkeys", 1, 2);
        var dict = new Dict();
        for (Value key : Iteration.toList(bound[0], run.meter())) {
            dict.put(key, bound[1] == null ? None.NONE : bound[1]);
        }
        return dict;
    });

    private DictMethods() {}

    static Value of(Dict dict, String name) {
        return switch (name) {
            case "get" ->
                new Function(name, (_, arguments) -> {
                    Value[] bound = arguments.bind("get", 1, 2);
                    Value value = dict.get(bound[0]);
                    return value != null ? value : bound[1] == null ? None.NONE : bound[1];
                });
            case "items" -> view(dict, name, DictView.Kind.ITEMS);
            case "keys" -> view(dict, name, DictView.Kind.KEYS);
            case "values" -> view(dict, name, DictView.Kind.VALUES);
            case "copy" ->
                new Function(name, (run, arguments) -> {
                    arguments.none("dict.copy");
                    return make(run, Arguments.of(dict));
                });
            case "fromkeys" -> FROM_KEYS;
            default -> null;
        };
    }

    private static Function view(Dict dict, String name, DictView.Kind kind) {
        return new Function(name, (_, arguments) -> {
            arguments.none("dict." + name);
            return new DictView(dict, kind);
        });
    }

    /** Python's {@code dict(mapping or pairs, **named)}. */
    static Dict make(Run run, Arguments arguments) {
        var dict = new Dict();
        if (arguments.positional().size() > 1) {
            throw Fault.type("dict expected at most 1 argument, got "
                    + arguments.positional().size());
        }
        for (Value source : arguments.positional()) {
            if (source instanceof Undefined undefined) {
                throw undefined.fault();
            }
            if (source instanceof Dict other) {
                run.meter().elements(other.size());
                other.entries().forEach(entry -> dict.put(entry.key(), entry.value()));
                continue;
            }
            int number = 0;
            for (Value pair : Iteration.toList(source, run.meter())) {
                if (!Iteration.possible(pair)) {
                    throw Fault.type("cannot convert dictionary update sequence element #" + number + " to a sequence");
                }
                var parts = Iteration.toList(pair, run.meter());
                if (parts.size() != 2) {
                    throw Fault.value("dictionary update sequence element #" + number + " has length " + parts.size()
                            + "; 2 is required");
                }
                dict.put(parts.getFirst(), parts.getLast());
                number++;
            }
        }
        arguments.named().forEach((name, value) -> dict.put(Str.of(name), value));
        return dict;
    }
}
