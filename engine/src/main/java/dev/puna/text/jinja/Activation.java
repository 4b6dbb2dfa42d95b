package dev.puna.text.jinja;

import dev.puna.text.jinja.Symbols.Start;
import java.util.Map;

/** The variables of one function that is being executed; a null among them has no value yet. */
final class Activation {
    private final Value[] slots;
    private final Activation outer;
    private final Context context;

    Activation(Layout layout, Activation outer, Context context) {
        this.slots = new Value[layout.size()];
        this.outer = outer;
        this.context = context;
    }

    Context context() {
        return context;
    }

    Value get(int hops, int slot) {
        return up(hops).slots[slot];
    }

    void set(int hops, int slot, Value value) {
        up(hops).slots[slot] = value;
    }

    private Activation up(int hops) {
        Activation at = this;
        for (int i = 0; i < hops; i++) {
            at = at.outer;
        }
        return at;
    }

    /** What happens to the variables of a scope when it is entered and left. */
    static final class Edge {
        private final int[] slots;
        private final Start[] starts;
        private final int[] hops;

        /** Made when all names of the scope are known. */
        Edge(Frame frame) {
            Map<Layout.Ref, Start> all = frame.symbols().starts();
            slots = all.keySet().stream().mapToInt(Layout.Ref::slot).toArray();
            starts = all.values().toArray(Start[]::new);
            hops = new int[starts.length];
            for (int i = 0; i < starts.length; i++) {
                hops[i] = starts[i] instanceof Start.Copied(Layout.Ref from) ? from.hops(frame.layout()) : 0;
            }
        }

        void enter(Activation at) {
            for (int i = 0; i < slots.length; i++) {
                switch (starts[i]) {
                    case Start.Given _ -> {}
                    case Start.Missing _ -> at.slots[slots[i]] = null;
                    case Start.Looked(String name) -> at.slots[slots[i]] = at.context.get(name);
                    case Start.Copied(Layout.Ref from) -> at.slots[slots[i]] = at.get(hops[i], from.slot());
                }
            }
        }

        void leave(Activation at) {
            for (int slot : slots) {
                at.slots[slot] = null;
            }
        }
    }
}
