package dev.puna.text.jinja;

import java.util.HashMap;
import java.util.Map;

/**
 * The variables of one function: the template itself, a block, a macro, a recursive loop, or the condition of a loop.
 * Scopes of the same depth share their variables, one after the other.
 */
final class Layout {
    private final Layout outer;
    private final Map<String, Integer> slots = new HashMap<>();

    Layout(Layout outer) {
        this.outer = outer;
    }

    Layout outer() {
        return outer;
    }

    Ref ref(int level, String name) {
        return new Ref(this, slots.computeIfAbsent(level + " " + name, _ -> slots.size()));
    }

    int size() {
        return slots.size();
    }

    /** One variable. */
    record Ref(Layout layout, int slot) {
        /** How many functions out from this one the variable lives. */
        int hops(Layout from) {
            int hops = 0;
            for (Layout at = from; at != layout; at = at.outer) {
                hops++;
            }
            return hops;
        }
    }
}
