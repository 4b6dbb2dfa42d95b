package dev.puna.model;

import dev.puna.kernel.Rotation;

/**
 * Rotary positions: pair {@code i} of a head turns by {@code position · frequencies()[i]}.
 *
 * @param theta the base: unscaled, pair {@code i} turns at {@code theta^(−2i / dimensions)}
 * @param dimensions how many numbers of a head are turned, from its first; even
 * @param interleaved whether a pair is two neighbours (GGUF's llama), or two numbers half of {@code dimensions} apart
 * @param scaling how positions beyond those of the first training were made fit
 */
public record Rope(double theta, int dimensions, boolean interleaved, Scaling scaling) {

    /** How a model was stretched to a longer context. */
    public sealed interface Scaling {
        /** Not at all. */
        record None() implements Scaling {}

        /** Every frequency divided by {@code factor}. */
        record Linear(double factor) implements Scaling {}

        /**
         * Llama 3.1's: wavelengths beyond {@code originalContext / lowFactor} are stretched by {@code factor}, those below
         * {@code originalContext / highFactor} stay, and between them it goes over smoothly.
         */
        record Llama3(double factor, double lowFactor, double highFactor, int originalContext) implements Scaling {}

        /**
         * YaRN: pairs that turn more than {@code betaFast} times within {@code originalContext} stay, those that turn less
         * than {@code betaSlow} times are stretched by {@code factor}, with a ramp between them.
         *
         * @param amplitude what cosine and sine are multiplied with
         * @param truncate whether the ramp begins and ends at whole pairs
         */
        record Yarn(
                double factor,
                int originalContext,
                double betaFast,
                double betaSlow,
                double amplitude,
                boolean truncate)
                implements Scaling {}

        /** A divisor for each pair's frequency, as a file states them. */
        record Divisors(float[] divisors) implements Scaling {}
    }

    /** Radians per position of each pair. */
    public double[] frequencies() {
        throw new UnsupportedOperationException("not yet");
    }

    /** What cosine and sine are multiplied with. */
    public double amplitude() {
        return scaling instanceof Scaling.Yarn yarn ? yarn.amplitude() : 1;
    }

    /** The angles of {@code positions}, computed in double, in tensors of {@code work}. */
    Rotation at(int[] positions, Workspace work) {
        throw new UnsupportedOperationException("not yet");
    }
}
