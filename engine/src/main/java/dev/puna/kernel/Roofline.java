package dev.puna.kernel;

import dev.puna.kernel.Probe.Numbers;
import dev.puna.kernel.x86.X86Tiers;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What some threads can do at most on this machine, measured: no kernel reads faster than memory is read when nothing is
 * done with it, and none multiplies faster than registers are multiplied.
 *
 * @param threads how many took part
 * @param bytesPerSecond the best of reading in order and in four streams a thread
 * @param streams which of the two it was
 * @param floats multiply-adds a second of f32
 * @param codes multiply-adds a second of quantised weights
 * @param floatMix the instructions of {@code floats}
 * @param codeMix the instructions of {@code codes}
 */
public record Roofline(
        int threads, double bytesPerSecond, int streams, double floats, double codes, String floatMix, String codeMix) {

    /** How often each is measured; anything else that runs can only make one slower, so the best counts. */
    private static final int TRIES = 6;

    /** Multiply-adds are repeated until they have taken so long. */
    private static final double LEAST_SECONDS = 0.02;

    /**
     * Measures for a fraction of a second.
     *
     * @param tier whose instructions are multiplied with
     * @param bandwidth of the same threads
     */
    public static Roofline measure(String tier, Workers workers, Bandwidth bandwidth) {
        int threads = workers.threads();
        Probe[] own = new Probe[threads];
        Arrays.setAll(own, _ -> probe(tier));
        Bandwidth.Reading reading = bandwidth.measure(TRIES);
        return new Roofline(
                threads,
                reading.bytesPerSecond(),
                reading.streams(),
                multiplyAdds(own, workers, Numbers.FLOATS),
                multiplyAdds(own, workers, Numbers.CODES),
                own[0].mix(Numbers.FLOATS),
                own[0].mix(Numbers.CODES));
    }

    /** Multiply-adds a second of weights of that kind. */
    public double multiplyAdds(Numbers numbers) {
        return switch (numbers) {
            case FLOATS -> floats;
            case CODES -> codes;
        };
    }

    static Probe probe(String tier) {
        return X86Tiers.probe(tier).orElseGet(() -> tier.equals("vector") ? new VectorProbe() : new PlainProbe());
    }

    private static double multiplyAdds(Probe[] probes, Workers workers, Numbers numbers) {
        double best = 0;
        AtomicLong done = new AtomicLong();
        int rounds = 1 << 12;
        for (int i = 0; i < TRIES; ) {
            int now = rounds;
            done.set(0);
            long start = System.nanoTime();
            workers.run(probes.length, (_, worker) -> done.addAndGet(probes[worker].multiplyAdds(numbers, now)));
            double seconds = (System.nanoTime() - start) / 1e9;
            best = Math.max(best, done.get() / seconds);
            if (seconds < LEAST_SECONDS && rounds < 1 << 28) {
                rounds *= 2;
            } else {
                i++;
            }
        }
        return best;
    }
}
