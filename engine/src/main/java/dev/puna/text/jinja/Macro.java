package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A macro, or the body of a call block, together with the variables around it. */
final class Macro implements Callable {
    private final Definition definition;
    private final Activation around;

    Macro(Definition definition, Activation around) {
        this.definition = definition;
        this.around = around;
    }

    /**
     * What the compiler made of a macro. A parameter that was not passed has no value; the body gives it its default.
     *
     * @param name null for the body of a call block
     * @param takesCaller, takesNamed, takesRest whether the body mentions {@code caller}, {@code kwargs},
     *     {@code varargs}; these come behind the parameters, in this order
     * @param slots the variables of all of these
     * @param height how deep the body nests
     */
    record Definition(
            String name,
            List<String> parameters,
            boolean takesCaller,
            boolean takesNamed,
            boolean takesRest,
            Layout layout,
            int[] slots,
            Code.Exec body,
            int height) {}

    @Override
    public Value call(Run run, Arguments arguments) {
        var values = new ArrayList<Value>();
        List<String> parameters = definition.parameters();
        List<Value> positional = arguments.positional();
        int given = Math.min(positional.size(), parameters.size());
        values.addAll(positional.subList(0, given));
        Map<String, Value> rest = arguments.named().isEmpty() ? Map.of() : new LinkedHashMap<>(arguments.named());
        boolean callerFound = given == parameters.size() && parameters.contains("caller");
        for (String name : parameters.subList(given, parameters.size())) {
            callerFound |= name.equals("caller");
            values.add(rest.isEmpty() ? null : rest.remove(name));
        }
        if (definition.takesCaller() && !callerFound) {
            Value caller = rest.isEmpty() ? null : rest.remove("caller");
            values.add(caller == null || caller == None.NONE ? Undefined.because("No caller defined") : caller);
        }
        if (definition.takesNamed()) {
            values.add(Dict.of(rest));
        } else if (!rest.isEmpty()) {
            throw Fault.type(
                    rest.containsKey("caller")
                            ? "macro " + quotedName() + " was invoked with two values for the special caller argument."
                                    + " This is most likely a bug."
                            : "macro " + quotedName() + " takes no keyword argument "
                                    + Repr.quoted(rest.keySet().iterator().next()));
        }
        if (definition.takesRest()) {
            values.add(Sequence.Tuple.of(List.copyOf(positional.subList(given, positional.size()))));
        } else if (positional.size() > parameters.size()) {
            throw Fault.type("macro " + quotedName() + " takes not more than " + parameters.size() + " argument(s)");
        }
        return invoke(run, values);
    }

    private Str invoke(Run run, List<Value> values) {
        var at = new Activation(definition.layout(), around, around.context());
        for (int i = 0; i < values.size(); i++) {
            at.set(0, definition.slots()[i], values.get(i));
        }
        run.meter().enter(definition.height());
        var out = new MarkedBuilder(run.meter());
        definition.body().exec(run, at, out);
        run.meter().leave(definition.height());
        Str result = out.build();
        return run.escapes() ? result.markup() : result;
    }

    Value attribute(String name) {
        return switch (name) {
            case "name" -> definition.name() == null ? None.NONE : Str.of(definition.name());
            case "arguments" ->
                Sequence.Tuple.of(definition.parameters().stream()
                        .map(parameter -> (Value) Str.of(parameter))
                        .toList());
            case "catch_kwargs" -> Bool.of(definition.takesNamed());
            case "catch_varargs" -> Bool.of(definition.takesRest());
            case "caller" -> Bool.of(definition.takesCaller());
            case "explicit_caller" -> Bool.of(definition.parameters().contains("caller"));
            default -> null;
        };
    }

    private String quotedName() {
        return definition.name() == null ? "None" : Repr.quoted(definition.name());
    }

    /** How it prints. */
    String shown() {
        return "<Macro " + (definition.name() == null ? "anonymous" : quotedName()) + ">";
    }

    @Override
    public String typeName() {
        return "Macro";
    }
}
