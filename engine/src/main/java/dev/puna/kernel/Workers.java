package dev.puna.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that share the strips of an operation: the caller and {@code threads − 1} platform threads of its own. A strip
 * goes to whoever is free, and nobody waits for a thread that has taken none: a slow or busy core does less, and an
 * absent one does not hold the others up.
 *
 * <p>One caller at a time. Close it when no operation runs.
 */
public final class Workers implements AutoCloseable {

    /** A part of an operation. */
    @FunctionalInterface
    public interface Task {
        /**
         * @param strip which part, from 0
         * @param worker who does it, less than {@link Workers#threads()}; no two at the same time are the same
         */
        void run(int strip, int worker);
    }

    /** How often a thread looks for something to do before it parks (a worker) or yields (the caller). */
    private static final int SPINS = 2_000;

    /** A ticket is the round (24 bits), its number of strips (20 bits) and the next strip (20 bits). */
    private static final int STRIP_BITS = 20;

    private static final int MOST_STRIPS = (1 << STRIP_BITS - 1) - 1;

    private final Thread[] threads;
    private final Scratch[] scratch;
    private final AtomicLong ticket = new AtomicLong();
    private final AtomicInteger unfinished = new AtomicInteger();
    private final AtomicInteger parked = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile Task task = (_, _) -> {};
    private volatile boolean closed;

    /** As many threads as the machine (or its container) has processors. */
    public Workers() {
        this(Runtime.getRuntime().availableProcessors());
    }

    /** @param count threads in all, the caller's among them; at least 1 */
    public Workers(int count) {
        if (count < 1) {
            throw new IllegalArgumentException(count + " threads");
        }
        scratch = new Scratch[count];
        Arrays.setAll(scratch, _ -> new Scratch());
        threads = new Thread[count - 1];
        for (int i = 0; i < threads.length; i++) {
            int worker = i + 1;
            threads[i] =
                    Thread.ofPlatform().daemon().name("puna-worker-" + worker).start(() -> serve(worker));
        }
    }

    /** Threads in all, the caller's among them. */
    public int threads() {
        return threads.length + 1;
    }

    /** Runs every strip once and returns when all are done. What a strip throws is thrown here, after the others. */
    public void run(int strips, Task work) {
        if (strips <= 1 || threads.length == 0) {
            for (int strip = 0; strip < strips; strip++) {
                work.run(strip, 0);
            }
            return;
        }
        if (strips > MOST_STRIPS) {
            throw new IllegalArgumentException(strips + " strips");
        }
        task = work;
        unfinished.set(strips);
        ticket.set((round(ticket.get()) + 1 << 2 * STRIP_BITS) | (long) strips << STRIP_BITS);
        if (parked.get() != 0) {
            for (Thread thread : threads) {
                LockSupport.unpark(thread);
            }
        }
        takeStrips(0);
        for (int spin = 0; unfinished.get() != 0; spin++) {
            if (spin < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        switch (failure.getAndSet(null)) {
            case null -> {}
            case Error error -> throw error;
            case RuntimeException exception -> throw exception;
            case Throwable other -> throw new IllegalStateException(other);
        }
    }

    /**
     * Native memory of one worker, aligned to 64 bytes and at least that long. What it holds lasts until the worker's
     * next strip, or until it asks for more than it has.
     */
    public MemorySegment scratch(int worker, long bytes) {
        return scratch[worker].atLeast(bytes);
    }

    private static long round(long ticket) {
        return ticket >>> 2 * STRIP_BITS;
    }

    private void serve(int worker) {
        long seen = 0;
        while (!closed) {
            int spin = 0;
            while (round(ticket.get()) == seen && spin++ < SPINS) {
                Thread.onSpinWait();
            }
            if (round(ticket.get()) == seen) {
                parked.incrementAndGet();
                while (round(ticket.get()) == seen && !closed) {
                    LockSupport.park(this);
                }
                parked.decrementAndGet();
            }
            seen = round(ticket.get());
            takeStrips(worker);
        }
    }

    /**
     * A ticket that is good names a strip of a round that cannot end before this strip has: so the task read after it is
     * that round's. One that is not good says so by itself, whatever round has begun meanwhile.
     */
    private void takeStrips(int worker) {
        while (true) {
            long taken = ticket.get();
            int strips = (int) (taken >>> STRIP_BITS) & MOST_STRIPS;
            int strip = (int) taken & MOST_STRIPS;
            if (strip >= strips) {
                return;
            }
            if (ticket.compareAndSet(taken, taken + 1)) {
                try {
                    task.run(strip, worker);
                } catch (RuntimeException | Error thrown) {
                    failure.compareAndSet(null, thrown);
                } finally {
                    unfinished.decrementAndGet();
                }
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        for (Scratch memory : scratch) {
            memory.close();
        }
    }
}
