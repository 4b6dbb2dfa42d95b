package dev.puna.kernel;

import jdk.incubator.vector.FloatVector;

/** The tier {@code vector}: what is hot in the Vector API, the rest inherited. */
public final class Vector extends Scalar {

    public Vector(Workers workers) {
        super(workers);
    }

    @Override
    public String tier() {
        return "vector";
    }

    static String description() {
        return "Vector API, %d lanes of float32".formatted(FloatVector.SPECIES_PREFERRED.length());
    }
}
