package dev.puna.text.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code namespace(...)} makes: attributes that a template may set from inside a loop. */
final class Namespace implements Value {
    private final Map<String, Value> attributes = new LinkedHashMap<>();

    Value get(String name) {
        return attributes.get(name);
    }

    void set(String name, Value value) {
        if (name.startsWith("_")) {
            throw Fault.of(
                    Fault.Kind.SECURITY,
                    "Chat templates cannot store underscore-prefixed attributes on a namespace, but got "
                            + Repr.quoted(name) + ".");
        }
        attributes.put(name, value);
    }

    Map<String, Value> attributes() {
        return attributes;
    }

    @Override
    public String typeName() {
        return "TemplateNamespace";
    }
}
