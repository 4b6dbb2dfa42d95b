package dev.puna.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** The names that a template finds outside its own scopes: what it set at its top, the caller's variables, globals. */
final class Context {
    private final Map<String, Value> set = new HashMap<>();
    private final Map<String, Value> given;
    private final Context outer;

    Context(Map<String, Value> given) {
        this.given = given;
        this.outer = null;
    }

    /** The context of a scoped block: the names of the place where it stands come first. */
    Context(Context outer, Map<String, Value> locals) {
        this.given = locals;
        this.outer = outer;
    }

    /** The value, or null. */
    Value get(String name) {
        Value value = set.get(name);
        if (value == null) {
            value = given.get(name);
        }
        return value != null || outer == null ? value : outer.get(name);
    }

    void set(String name, Value value) {
        set.put(name, value);
    }
}
