package dev.puna.text.jinja;

/** A sequence that can be walked once, as lazily as Python's: what {@code map}, {@code select} and their like give. */
record Generator(Iteration iteration, String typeName) implements Value {
    static Generator of(Iteration iteration) {
        return new Generator(iteration, "generator");
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
