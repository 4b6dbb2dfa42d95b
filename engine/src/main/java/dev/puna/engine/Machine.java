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
    private final Workers workers;
    private final Kernels kernels;

    /**
     * @param tier by name; absent: the fastest that is right here
     * @param threads absent: as many as there are processors
     * @throws dev.puna.kernel.TierRefused if the tier does not exist or cannot run here
     */
    public Machine(Optional<String> tier, OptionalInt threads) {
        Tiers.Tier chosen = Tiers.choose(tier);
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
