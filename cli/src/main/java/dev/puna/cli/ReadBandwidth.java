package dev.puna.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How fast the machine reads memory, which bounds how fast a model writes. As many threads as there are processors each
 * add up the 64-bit words of their own part of one block that no cache holds, together, pass after pass; the best pass
 * counts, since anything else that runs can only make one slower.
 *
 * @param bytesPerSecond read by all threads together in the best pass
 * @param threads how many there were
 * @param block bytes of the block
 * @param passes how many passes were made
 */
record ReadBandwidth(double bytesPerSecond, int threads, long block, int passes) {
    private static final int PASSES = 12;
    private static final long LARGEST = 512L << 20;
    private static final int UNROLL = 8;

    /** @param available bytes of memory that may be used for a moment; the block is at most a quarter of that */
    static ReadBandwidth measure(int threads, long available) {
        long part = Math.max(1 << 20, Math.min(LARGEST, available / 4) / threads / (8 * UNROLL) * (8 * UNROLL));
        List<Long> best = new ArrayList<>();
        CyclicBarrier gate = new CyclicBarrier(threads);
        try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
            List<Future<long[]>> results = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                results.add(workers.submit(() -> passes(part, gate)));
            }
            List<long[]> times = new ArrayList<>();
            for (Future<long[]> result : results) {
                times.add(result.get());
            }
            int passes = times.stream().mapToInt(t -> t.length).min().orElse(0);
            for (int pass = 0; pass < passes; pass++) {
                long slowest = 0;
                for (long[] time : times) {
                    slowest = Math.max(slowest, time[pass]);
                }
                best.add(slowest);
            }
            long nanos = best.stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
            return new ReadBandwidth(part * (double) threads / (nanos / 1e9), threads, part * threads, passes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failed("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the measurement failed", e.getCause());
        }
    }

    /** The time that each pass over this thread's part took, all threads starting each pass together. */
    private static long[] passes(long part, CyclicBarrier gate) throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment words = arena.allocate(part, 64);
            words.fill((byte) 1); // every page is touched by the thread that reads it
            List<Long> times = new ArrayList<>();
            long sum = 0;
            // A count fixed beforehand keeps the threads in step; the first passes warm the code up.
            for (int pass = 0; pass < PASSES; pass++) {
                gate.await();
                long start = System.nanoTime();
                sum += sum(words, part);
                times.add(System.nanoTime() - start);
            }
            if (sum == 0) {
                throw new AssertionError("the words are not zero");
            }
            return times.stream().mapToLong(Long::longValue).toArray();
        }
    }

    private static long sum(MemorySegment words, long bytes) {
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        for (long at = 0; at < bytes; at += 8 * UNROLL) {
            a += words.get(ValueLayout.JAVA_LONG, at) + words.get(ValueLayout.JAVA_LONG, at + 32);
            b += words.get(ValueLayout.JAVA_LONG, at + 8) + words.get(ValueLayout.JAVA_LONG, at + 40);
            c += words.get(ValueLayout.JAVA_LONG, at + 16) + words.get(ValueLayout.JAVA_LONG, at + 48);
            d += words.get(ValueLayout.JAVA_LONG, at + 24) + words.get(ValueLayout.JAVA_LONG, at + 56);
        }
        return a + b + c + d;
    }
}
