package dev.puna.kernel;

import dev.puna.kernel.x86.X86Tiers;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/** How fast some threads read memory when nothing is done with it. */
public final class Bandwidth {
    private final Probe[] probes;
    private final Workers workers;
    private final MemorySegment memory;

    /**
     * What was read.
     *
     * @param bytesPerSecond the best of reading in order and in four streams a thread
     * @param streams which of the two it was
     */
    public record Reading(double bytesPerSecond, int streams) {}

    /**
     * @param tier reads, where no faster one does: memory is as fast as it is, whatever the tier makes of it
     * @param memory much larger than the caches; with the pages that weights have
     */
    public Bandwidth(String tier, Workers workers, MemorySegment memory) {
        this.workers = workers;
        this.memory = memory;
        probes = new Probe[workers.threads()];
        Arrays.setAll(probes, _ -> fastest().orElseGet(() -> Roofline.probe(tier)));
        bytesPerSecond(1); // brings the pages in
    }

    /** The best of so many tries either way. */
    public Reading measure(int tries) {
        Reading best = new Reading(0, 1);
        for (int i = 0; i < tries; i++) {
            for (int streams = 1; streams <= 4; streams += 3) {
                double bytesPerSecond = bytesPerSecond(streams);
                if (bytesPerSecond > best.bytesPerSecond) {
                    best = new Reading(bytesPerSecond, streams);
                }
            }
        }
        return best;
    }

    private double bytesPerSecond(int streams) {
        long part = memory.byteSize() / probes.length / Probe.READ_UNIT * Probe.READ_UNIT;
        long start = System.nanoTime();
        workers.run(probes.length, (strip, worker) -> probes[worker].read(memory.asSlice(strip * part, part), streams));
        return part * probes.length * 1e9 / (System.nanoTime() - start);
    }

    private static Optional<Probe> fastest() {
        return X86Tiers.describe().stream()
                .filter(Tiers.Tier::available)
                .flatMap(tier -> X86Tiers.probe(tier.name()).stream())
                .findFirst();
    }
}
