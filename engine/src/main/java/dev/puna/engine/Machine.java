package dev.puna.engine;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The kernels of one tier and the threads they run on. Serves one {@link Engine} or one {@link Scorer}, and is closed
 * after it.
 */
public final class Machine implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Machine.class.getName());

    private final Workers workers;
    private final Kernels kernels;

    /**
     * @param tier by name; absent: what the setting {@code puna.tier} or {@code PUNA_TIER} says, else the fastest that is
     *     right here
     * @param threads absent: as many as there are processors, or as a container's limit allows
     * @throws dev.puna.kernel.TierRefused if the tier does not exist or cannot run here
     */
    public Machine(Optional<String> tier, OptionalInt threads) {
        Tiers.Tier chosen = Tiers.choose(tier);
        Tiers.slowJava()
                .ifPresent(
                        why -> LOG.log(
                                System.Logger.Level.WARNING,
                                why
                                        + ": answers are slower than need be, and many times so by the tiers vector and reference"));
        workers = threads.isPresent() ? new Workers(threads.getAsInt()) : new Workers();
        kernels = chosen.kernels(workers);
    }

    public Kernels kernels() {
        return kernels;
    }

    /** The tier's name, as {@code --tier} takes it. */
    public String tier() {
        return kernels.tier();
    }

    @Override
    public void close() {
        workers.close();
    }
}
