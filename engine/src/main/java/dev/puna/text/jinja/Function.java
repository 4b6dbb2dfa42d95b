package dev.puna.text.jinja;

/** A function of the language itself, or a method bound to its value. */
record Function(String name, Body body) implements Callable {
    /** What it does. */
    @FunctionalInterface
    interface Body {
        Value call(Run run, Arguments arguments);
    }

    @Override
    public Value call(Run run, Arguments arguments) {
        run.meter().step();
        return body.call(run, arguments);
    }

    @Override
    public String typeName() {
        return "function";
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
