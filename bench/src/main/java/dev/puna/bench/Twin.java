package dev.puna.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.Random;

/** The scalar kernels, which a kernel must agree with before it is timed, and numbers for both. */
final class Twin {
    private Twin() {}

    /** The tier of that name; of the empty name the fastest. */
    static Tiers.Tier tier(String name) {
        return Tiers.choose(Optional.of(name).filter(n -> !n.isEmpty()));
    }

    static Kernels reference(Workers workers) {
        return tier("reference").kernels(workers);
    }

    /** Numbers around zero, the same for the same seed. */
    static Tensor random(Arena arena, long seed, long... shape) {
        Tensor tensor = Tensor.allocate(arena, DType.F32, shape);
        Random random = new Random(seed);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.data().setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return tensor;
    }

    /** @throws IllegalStateException if the difference is a larger part of what is wanted (root mean squares) */
    static void compare(Tensor given, Tensor wanted, double tolerance) {
        double difference = 0;
        double size = 0;
        for (long i = 0; i < wanted.elements(); i++) {
            double one = wanted.data().getAtIndex(JAVA_FLOAT, i);
            difference += Math.pow(given.data().getAtIndex(JAVA_FLOAT, i) - one, 2);
            size += one * one;
        }
        double error = Math.sqrt(difference / size);
        if (!(error <= tolerance)) {
            throw new IllegalStateException("the kernel is wrong by " + error + ": nothing to time");
        }
    }
}
