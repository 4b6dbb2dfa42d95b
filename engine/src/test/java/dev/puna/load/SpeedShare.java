package dev.puna.load;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.puna.kernel.Span;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.model.Batch;
import dev.puna.model.KvCache;
import dev.puna.model.Workspace;
import dev.puna.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Measures how fast a model decodes, as a share of the speed at which the same threads read memory. Not a test: run its
 * main with a model's path and, if wanted, a tier. Right numbers need a quiet machine.
 */
final class SpeedShare {
    private static final int PROMPT = 512;
    private static final int DECODED = 64;
    private static final long READ_BYTES = 1L << 30;

    private SpeedShare() {}

    public static void main(String[] args) {
        try (Checkpoint checkpoint = Checkpoint.open(Path.of(args[0]));
                var workers = new Workers();
                var work = new Workspace();
                var cache = new KvCache(checkpoint.llama().config(), DType.F16, 32, 32)) {
            Tiers.Tier tier = Tiers.choose(args.length > 1 ? Optional.of(args[1]) : Optional.empty());
            var kernels = tier.kernels(workers);
            int[] blocks = IntStream.range(0, 32).toArray();
            int[] ids = IntStream.range(0, PROMPT).map(i -> i * 37 % 1000 + 3).toArray();
            double prefill = 0;
            double decode = 0;
            for (int round = 0; round < 6; round++) {
                long start = System.nanoTime();
                var prompt = new Span(blocks, 0, PROMPT, Span.Outputs.LAST);
                int next = Golden.best(
                        checkpoint.llama().forward(kernels, new Batch(ids, List.of(prompt)), cache, work), 0);
                long middle = System.nanoTime();
                for (int i = 0; i < DECODED; i++) {
                    var span = new Span(blocks, PROMPT + i, 1, Span.Outputs.LAST);
                    var batch = new Batch(new int[] {next}, List.of(span));
                    next = Golden.best(checkpoint.llama().forward(kernels, batch, cache, work), 0);
                }
                prefill = Math.max(prefill, PROMPT * 1e9 / (middle - start));
                decode = Math.max(decode, DECODED * 1e9 / (System.nanoTime() - middle));
            }
            double read = readBytesPerSecond(workers);
            double used = decode * checkpoint.weightBytes();
            System.out.printf(
                    "%s, tier %s (%s), %d threads%n", checkpoint.name(), tier.name(), tier.why(), workers.threads());
            System.out.printf("prefill of %d: %.1f tokens/s, %.1f times decode%n", PROMPT, prefill, prefill / decode);
            System.out.printf(
                    "decode: %.1f tokens/s × %.1f MB of weights = %.2f GB/s of %.1f GB/s read: %.1f %%%n",
                    decode, checkpoint.weightBytes() / 1e6, used / 1e9, read / 1e9, 100 * used / read);
        }
    }

    /** The best of a few passes over a buffer much larger than the caches, every thread reading its own part. */
    private static double readBytesPerSecond(Workers workers) {
        double best = 0;
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(READ_BYTES, 64);
            long part = READ_BYTES / workers.threads() / 64 * 64;
            long[] sums = new long[workers.threads() * 8];
            for (int round = 0; round < 8; round++) {
                long start = System.nanoTime();
                workers.run(
                        workers.threads(), (strip, _) -> sums[strip * 8] += sum(memory.asSlice(strip * part, part)));
                best = Math.max(best, part * workers.threads() * 1e9 / (System.nanoTime() - start));
            }
            if (Arrays.stream(sums).sum() != 0) {
                throw new AssertionError("memory was not zero");
            }
        }
        return best;
    }

    private static long sum(MemorySegment memory) {
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        for (long i = 0; i < memory.byteSize(); i += 64) { // a cache line at a time
            a += memory.get(JAVA_LONG, i);
            b += memory.get(JAVA_LONG, i + 16);
            c += memory.get(JAVA_LONG, i + 32);
            d += memory.get(JAVA_LONG, i + 48);
        }
        return a + b + c + d;
    }
}
