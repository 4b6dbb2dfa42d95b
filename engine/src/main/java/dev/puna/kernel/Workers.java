package dev.puna.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that share the strips of an operation: the caller and {@code threads − 1} platform threads of its own. A strip
 * goes to whoever is free, so that a slow or busy core takes fewer of them.
 *
 * <p>One caller at a time. Close it when no operation runs.
 */
public final class Workers implements AutoCloseable {

    /** A part of an operation. */
    @FunctionalInterface
    public interface Task {
        /**
         * @param strip which part, from 0
         * @param worker who does it, from 0 to {@link Workers#threads()}; no two at the same time are the same
         */
        void run(int strip, int worker);
    }

    /** How often an idle worker looks for work before it parks. */
    private static final int SPINS = 2_000;

    private final Thread[] threads;
    private final Arena[] arenas;
    private final MemorySegment[] scratch;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger busy = new AtomicInteger();
    private Task task = (_, _) -> {};
    private int strips;
    private volatile int round;
    private volatile boolean closed;
    private volatile Throwable failure;

    /** As many threads as the machine (or its container) has processors. */
    public Workers() {
        this(Runtime.getRuntime().availableProcessors());
    }

    /** @param count threads in all, the caller's among them; at least 1 */
    public Workers(int count) {
        if (count < 1) {
            throw new IllegalArgumentException(count + " threads");
        }
        arenas = new Arena[count];
        scratch = new MemorySegment[count];
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

    /** Runs every strip once and returns when all are done. What a strip throws is thrown here. */
    public void run(int count, Task work) {
        if (count <= 1 || threads.length == 0) {
            for (int strip = 0; strip < count; strip++) {
                work.run(strip, 0);
            }
            return;
        }
        task = work;
        strips = count;
        next.set(0);
        busy.set(threads.length);
        round++;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
        takeStrips(0);
        while (busy.get() > 0) {
            Thread.onSpinWait();
        }
        Throwable thrown = failure;
        if (thrown != null) {
            failure = null;
            throw thrown instanceof Error error ? error : (RuntimeException) thrown;
        }
    }

    /**
     * Native memory of one worker, aligned to 64 bytes, whose content lasts until that worker asks again for more than
     * it has.
     */
    public MemorySegment scratch(int worker, long bytes) {
        MemorySegment have = scratch[worker];
        if (have != null && have.byteSize() >= bytes) {
            return have;
        }
        if (arenas[worker] != null) {
            arenas[worker].close();
        }
        arenas[worker] = Arena.ofShared();
        return scratch[worker] = arenas[worker].allocate(Math.max(4096, Math.ceilDiv(bytes * 5 / 4, 64) * 64), 64);
    }

    private void serve(int worker) {
        int seen = 0;
        while (true) {
            for (int spin = 0; round == seen && spin < SPINS; spin++) {
                Thread.onSpinWait();
            }
            while (round == seen && !closed) {
                LockSupport.park(this);
            }
            if (closed) {
                return;
            }
            seen = round;
            takeStrips(worker);
            busy.decrementAndGet();
        }
    }

    private void takeStrips(int worker) {
        try {
            for (int strip; (strip = next.getAndIncrement()) < strips; ) {
                task.run(strip, worker);
            }
        } catch (RuntimeException | Error thrown) {
            failure = thrown;
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
        for (Thread thread : threads) {
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        for (Arena arena : arenas) {
            if (arena != null) {
                arena.close();
            }
        }
    }
}
