package dev.puna.text.jinja;

import dev.puna.text.jinja.Layout.Ref;
import dev.puna.text.jinja.Node.Use;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The names of one scope, and how each variable of the scope begins. Jinja decides this when it compiles: a scope that
 * sets a name has its own variable for it throughout, which begins as the outer one's value where an outer scope knows
 * the name. What is set inside a loop therefore never leaves the round; what is set inside an {@code if} does, because an
 * {@code if} is no scope.
 */
final class Symbols {
    /** How a variable begins when its scope is entered. */
    sealed interface Start {
        /** Set by whoever enters the scope: a loop's target, a macro's parameter. */
        record Given() implements Start {}

        /** Looked up among what the caller passed. */
        record Looked(String name) implements Start {}

        /** The value of an outer variable. */
        record Copied(Ref outer) implements Start {}

        /** Without a value. */
        record Missing() implements Start {}
    }

    private final Meter meter;
    private final Symbols outer;
    private final Layout layout;
    private final int level;
    private final Map<String, Ref> refs;
    private final Map<Ref, Start> starts;
    private final Set<String> stores;

    Symbols(Meter meter, Symbols outer, Layout layout, int level) {
        this(meter, outer, layout, level, new HashMap<>(), new LinkedHashMap<>(), new LinkedHashSet<>());
    }

    private Symbols(
            Meter meter,
            Symbols outer,
            Layout layout,
            int level,
            Map<String, Ref> refs,
            Map<Ref, Start> starts,
            Set<String> stores) {
        this.meter = meter;
        this.outer = outer;
        this.layout = layout;
        this.level = level;
        this.refs = refs;
        this.starts = starts;
        this.stores = stores;
    }

    private Symbols copy() {
        meter.steps(refs.size() + starts.size() + stores.size());
        return new Symbols(
                meter,
                outer,
                layout,
                level,
                new HashMap<>(refs),
                new LinkedHashMap<>(starts),
                new LinkedHashSet<>(stores));
    }

    Meter meter() {
        return meter;
    }

    int level() {
        return level;
    }

    Map<Ref, Start> starts() {
        return starts;
    }

    /** The variable of a name here, or null. */
    Ref find(String name) {
        for (Symbols at = this; at != null; at = at.outer) {
            Ref ref = at.refs.get(name);
            if (ref != null) {
                return ref;
            }
        }
        return null;
    }

    /** Names that this scope or one around it sets, each with its innermost variable. */
    Map<String, Ref> stored() {
        var stored = new LinkedHashMap<String, Ref>();
        for (Symbols at = this; at != null; at = at.outer) {
            for (String name : at.stores) {
                stored.putIfAbsent(name, find(name));
            }
        }
        return stored;
    }

    private Ref define(String name, Start start) {
        Ref ref = layout.ref(level, name);
        refs.put(name, ref);
        starts.put(ref, start);
        return ref;
    }

    Ref parameter(String name) {
        stores.add(name);
        return define(name, new Start.Given());
    }

    private void load(String name) {
        if (find(name) == null) {
            define(name, new Start.Looked(name));
        }
    }

    private void store(String name) {
        stores.add(name);
        if (!refs.containsKey(name)) {
            Ref outside = outer == null ? null : outer.find(name);
            define(name, outside == null ? new Start.Missing() : new Start.Copied(outside));
        }
    }

    void visitAll(List<? extends Node> nodes) {
        nodes.forEach(this::visit);
    }

    /** Notes the names that a node uses in this very scope; the bodies of inner scopes are not looked at. */
    void visit(Node node) {
        switch (node) {
            case Node.Name name -> {
                switch (name.use()) {
                    case LOAD -> load(name.name());
                    case STORE -> store(name.name());
                    case PARAMETER -> parameter(name.name());
                }
            }
            case Node.NamespaceRef ref -> load(ref.name());
            case Node.If branch -> visitIf(branch);
            case Node.Set set -> {
                visit(set.value());
                visit(set.target());
            }
            case Node.SetBlock set -> visit(set.target());
            case Node.For loop -> visit(loop.iterable());
            case Node.Macro macro -> store(macro.name());
            case Node.CallBlock block -> {
                if (block.call() != null) {
                    visit(block.call());
                }
            }
            case Node.FilterBlock block -> visit(block.filter());
            case Node.With with -> visitAll(with.values());
            case Node.Block _, Node.Autoescape _ -> {}
            default -> visitAll(node.children());
        }
    }

    private void visitIf(Node.If node) {
        visit(node.test());
        var branches = new ArrayList<Symbols>();
        branches.add(branch(node.body()));
        branches.add(branch(node.elifs()));
        branches.add(branch(node.otherwise()));
        var changed = new LinkedHashSet<String>();
        branches.forEach(branch -> changed.addAll(branch.stores));
        changed.removeAll(stores);
        for (Symbols branch : branches) {
            refs.putAll(branch.refs);
            starts.putAll(branch.starts);
            stores.addAll(branch.stores);
        }
        // A name set in one branch only must have a value on the other way too.
        for (String name : changed) {
            Ref outside = outer == null ? null : outer.find(name);
            starts.put(find(name), outside == null ? new Start.Looked(name) : new Start.Copied(outside));
        }
    }

    private Symbols branch(List<? extends Node> nodes) {
        Symbols branch = copy();
        branch.visitAll(nodes);
        return branch;
    }

    /** Which of the names a body reads without having set them itself. */
    static Set<String> undeclared(List<? extends Node> body, String... names) {
        var open = new LinkedHashSet<>(List.of(names));
        var found = new LinkedHashSet<String>();
        undeclared(body, open, found);
        return found;
    }

    private static void undeclared(List<? extends Node> nodes, Set<String> open, Set<String> found) {
        for (Node node : nodes) {
            if (node instanceof Node.Name name) {
                if (name.use() == Use.LOAD && open.contains(name.name())) {
                    found.add(name.name());
                } else {
                    open.remove(name.name());
                }
            } else if (!(node instanceof Node.Block)) {
                undeclared(node.children(), open, found);
            }
        }
    }

    /** Where a body sets the name, or 0: inner bodies included. */
    static int lineOfStore(List<? extends Node> nodes, String target) {
        for (Node node : nodes) {
            boolean here = node instanceof Node.Name name
                    && name.use() == Use.STORE
                    && name.name().equals(target);
            int line = here ? node.line() : lineOfStore(node.children(), target);
            if (line > 0) {
                return line;
            }
        }
        return 0;
    }
}
