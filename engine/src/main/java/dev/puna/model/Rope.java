package dev.puna.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.kernel.Rotation;
import dev.puna.tensor.Tensor;

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

    public Rope {
        if (dimensions < 2 || dimensions % 2 != 0) {
            throw new IllegalArgumentException("rotary positions turn pairs, not " + dimensions + " numbers");
        }
    }

    /** Radians per position of each pair, rounded to float as they were when the weights were trained. */
    public float[] frequencies() {
        float[] frequencies = new float[dimensions / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = (float) scaled(i, 1f / (float) Math.pow(theta, 2f * i / dimensions));
        }
        return frequencies;
    }

    private double scaled(int pair, double frequency) {
        return switch (scaling) {
            case Scaling.None _ -> frequency;
            case Scaling.Linear linear -> frequency / linear.factor();
            case Scaling.Divisors divisors -> frequency / divisors.divisors()[pair];
            case Scaling.Llama3 llama3 -> {
                double turns = llama3.originalContext() * frequency / (2 * Math.PI);
                if (turns > llama3.highFactor()) {
                    yield frequency;
                }
                if (turns < llama3.lowFactor()) {
                    yield frequency / llama3.factor();
                }
                double kept = llama3.highFactor() == llama3.lowFactor()
                        ? 0
                        : (turns - llama3.lowFactor()) / (llama3.highFactor() - llama3.lowFactor());
                yield kept * frequency + (1 - kept) * frequency / llama3.factor();
            }
            case Scaling.Yarn yarn -> {
                double low = pairOfTurns(yarn.betaFast(), yarn.originalContext());
                double high = pairOfTurns(yarn.betaSlow(), yarn.originalContext());
                low = Math.max(yarn.truncate() ? Math.floor(low) : low, 0);
                high = Math.min(yarn.truncate() ? Math.ceil(high) : high, dimensions - 1);
                double stretched = Math.clamp((pair - low) / (high == low ? 0.001 : high - low), 0, 1);
                yield stretched * frequency / yarn.factor() + (1 - stretched) * frequency;
            }
        };
    }

    /** The pair, fractional, that turns so many times within a context. */
    private double pairOfTurns(double turns, int context) {
        return dimensions * Math.log(context / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
    }

    /** What cosine and sine are multiplied with. */
    public double amplitude() {
        return scaling instanceof Scaling.Yarn yarn ? yarn.amplitude() : 1;
    }

    /**
     * The angles of {@code positions}, in tensors of {@code work}. An angle is a float product, for the weights learnt
     * those; at position 8,000 an exact one is already 10^−4 away. Its cosine and sine are computed in double.
     *
     * @param frequencies as {@link #frequencies} gives them
     */
    Rotation at(float[] frequencies, int[] positions, Workspace work) {
        double amplitude = amplitude();
        Tensor cos = work.take(positions.length, frequencies.length);
        Tensor sin = work.take(positions.length, frequencies.length);
        long at = 0;
        for (int position : positions) {
            for (float frequency : frequencies) {
                float angle = position * frequency;
                cos.data().setAtIndex(JAVA_FLOAT, at, (float) (amplitude * Math.cos(angle)));
                sin.data().setAtIndex(JAVA_FLOAT, at++, (float) (amplitude * Math.sin(angle)));
            }
        }
        return work.rotation(cos, sin, interleaved);
    }
}
