package dev.puna.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that share the strips of an operation: the caller and {@code threads − 1} platform threads of its own. Each has
 * a range of neighbouring strips, which it takes from the front, so that what it fetches ahead is what it needs next; who
 * has none left takes from the back of the others' ranges. So nobody waits for a thread that has not begun: a slow or
 * busy core does less, and an absent one does not hold the others up.
 *
 * <p>What can hold them up is a thread that the system takes off its core in the middle of a strip, for a neighbour who
 * wants the core too. A thread caught at that is left out for a while, longer each time it happens again: so with a
 * neighbour on one core of two, the other core works alone and loses next to nothing.
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

    /** What threads do while they wait for each other, or for the next operation. */
    @FunctionalInterface
    public interface Pastime {
        /**
         * Does a little, no more than a tenth of a microsecond.
         *
         * @param worker who does it
         * @return false if there was nothing to do
         */
        boolean run(int worker);
    }

    /** How often a thread looks for something to do before it parks (a worker) or looks at the clock (the caller). */
    private static final int SPINS = 2_000;

    /** The least wait for the last strips after which the caller looks whether a thread is held up, in nanoseconds. */
    private static final long PATIENCE = 300_000;

    /**
     * A thread for which others wait so long in so short a time is better left out, in nanoseconds. What keeps it less (a
     * compiler, a collector, the system's own threads) does not.
     */
    private static final long MOST_LOST = 5_000_000;

    private static final long WINDOW = 20_000_000;

    /** How long a thread that was held up is left out, at first and at most, in nanoseconds. */
    private static final long SHORTEST_REST = 10_000_000;

    private static final long LONGEST_REST = 320_000_000;

    /** A range of strips is the round (24 bits), the strip after the last (20 bits) and the next strip (20 bits). */
    private static final int STRIP_BITS = 20;

    private static final int MOST_STRIPS = (1 << STRIP_BITS) - 1;

    /** Longs between the ranges of two threads: two cache lines. */
    private static final int APART = 16;

    private final Hand[] hands;
    private final Scratch[] scratch;
    private final AtomicLongArray ranges;
    private final AtomicInteger unfinished = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile Task task = (_, _) -> {};
    private volatile Pastime pastime = _ -> false;
    private volatile int round; // 24 bits of it count
    private volatile boolean closed;

    /** One of the threads, as the caller sees it. */
    private static final class Hand {
        final Thread thread;
        volatile boolean parked;
        /** Whether it may hold a strip. */
        volatile boolean busy;
        /** Whether it is left out; set by the caller only, like the times. */
        volatile boolean resting;

        long restUntil;
        long rest;
        /** How long others waited for it while it was off its core, and since when that is counted. */
        long lost;

        long lostSince;
        /** Its processor time when the caller last looked, in nanoseconds. */
        long computed;

        Hand(Thread thread) {
            this.thread = thread;
        }

        /** It was off its core for so long while others waited. That costs more than it is worth where it goes on. */
        void heldUp(long nanos, long now) {
            if (now - lostSince > WINDOW) {
                lostSince = now - nanos;
                lost = 0;
            }
            lost += nanos;
            if (lost > MOST_LOST) {
                lost = 0;
                rest(now);
            }
        }

        /** Leaves it out, twice as long if that had just happened before. */
        void rest(long now) {
            boolean again = rest > 0 && now - restUntil < 4 * rest;
            rest = again ? Math.min(2 * rest, LONGEST_REST) : SHORTEST_REST;
            restUntil = now + rest;
            resting = true;
        }
    }

    /** As many threads as Java counts processors, which follows the limits of a container. */
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
        ranges = new AtomicLongArray(count * APART);
        hands = new Hand[count - 1];
        for (int i = 0; i < hands.length; i++) {
            int worker = i + 1;
            hands[i] = new Hand(
                    Thread.ofPlatform().daemon().name("puna-worker-" + worker).unstarted(() -> serve(worker)));
        }
        for (Hand hand : hands) {
            hand.thread.start();
        }
    }

    /** Threads in all, the caller's among them. */
    public int threads() {
        return hands.length + 1;
    }

    /** What waiting threads do from now on, also beside operations that come later. */
    public void meanwhile(Pastime pastime) {
        this.pastime = pastime;
    }

    /** A turn of waiting. */
    private void pass(int worker) {
        if (!pastime.run(worker)) {
            Thread.onSpinWait();
        }
    }

    /** Runs every strip once and returns when all are done. What a strip throws is thrown here, after the others. */
    public void run(int strips, Task work) {
        int sharing = strips <= 1 ? 1 : sharing();
        if (sharing == 1) {
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
        int next = round + 1 & 0xFF_FFFF;
        long from = 0;
        for (int thread = 0, rank = 0; thread < threads(); thread++) {
            boolean shares = thread == 0 || !hands[thread - 1].resting;
            long to = shares ? (long) strips * ++rank / sharing : from;
            ranges.set(thread * APART, ((long) next << STRIP_BITS | to) << STRIP_BITS | from);
            from = to;
        }
        round = next;
        for (Hand hand : hands) {
            if (hand.parked && !hand.resting) {
                LockSupport.unpark(hand.thread);
            }
        }
        long begun = System.nanoTime();
        int taken = takeStrips(0);
        join(begun, taken);
        Throwable thrown = failure.get();
        if (thrown != null) {
            failure.set(null);
            switch (thrown) {
                case Error error -> throw error;
                case RuntimeException exception -> throw exception;
                case Throwable other -> throw new IllegalStateException(other);
            }
        }
    }

    /** How many threads take part, the caller's among them; those whose rest is over do again. */
    private int sharing() {
        int sharing = 1;
        for (Hand hand : hands) {
            if (hand.resting && System.nanoTime() - hand.restUntil >= 0) {
                hand.resting = false;
            }
            sharing += hand.resting ? 0 : 1;
        }
        return sharing;
    }

    /**
     * Waits for the strips that others hold. Of those who take much longer than this thread did for one of its own, it
     * looks whether they compute at all: strips may differ in length.
     */
    private void join(long begun, int taken) {
        for (int spin = 0; unfinished.get() != 0 && spin < SPINS; spin++) {
            pass(0);
        }
        if (unfinished.get() == 0) {
            return;
        }
        long now = System.nanoTime();
        long late = now + Math.max(PATIENCE, 2 * (now - begun) / Math.max(1, taken));
        boolean watched = false;
        while (unfinished.get() != 0) {
            Thread.yield();
            now = System.nanoTime();
            if (now - late < 0) {
                continue;
            }
            for (Hand hand : hands) {
                if (!hand.busy || hand.resting) {
                    continue;
                }
                long computed = Clock.THREADS.getThreadCpuTime(hand.thread.threadId());
                if (watched) {
                    hand.heldUp(now - late + PATIENCE - (computed - hand.computed), now);
                }
                hand.computed = computed;
            }
            watched = true;
            late = now + PATIENCE;
        }
    }

    /** Tells how long a thread has computed; made when a thread is late for the first time. */
    private static final class Clock {
        static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    }

    /**
     * Native memory of one worker, aligned to 64 bytes and at least that long. What it holds lasts until the worker's
     * next strip, or until it asks for more than it has.
     */
    public MemorySegment scratch(int worker, long bytes) {
        return scratch[worker].atLeast(bytes);
    }

    private void serve(int worker) {
        Hand self = hands[worker - 1];
        int seen = 0;
        while (!closed) {
            int spin = 0;
            while (round == seen && spin++ < SPINS) {
                pass(worker);
            }
            if (round == seen) {
                self.parked = true;
                while (round == seen && !closed) {
                    LockSupport.park(this);
                }
                self.parked = false;
            }
            seen = round;
            if (!self.resting) {
                self.busy = true;
                takeStrips(worker);
                self.busy = false;
            }
        }
    }

    /** Takes strips while there are any, of its own range first, and says how many. */
    private int takeStrips(int worker) {
        int count = 0;
        for (int i = 0; i < threads(); i++) {
            int owner = (worker + i) % threads();
            for (int strip = take(owner, owner == worker); strip >= 0; strip = take(owner, owner == worker)) {
                count++;
                try {
                    task.run(strip, worker);
                } catch (RuntimeException | Error thrown) {
                    failure.compareAndSet(null, thrown);
                } finally {
                    unfinished.decrementAndGet();
                }
            }
        }
        return count;
    }

    /**
     * A strip of the owner's range, or -1 if none is left. A strip that is taken belongs to a round that cannot end before
     * it is done, so the task read after it is that round's.
     */
    private int take(int owner, boolean front) {
        while (true) {
            long range = ranges.get(owner * APART);
            int first = (int) range & MOST_STRIPS;
            int end = (int) (range >>> STRIP_BITS) & MOST_STRIPS;
            if (first >= end) {
                return -1;
            }
            if (ranges.compareAndSet(owner * APART, range, front ? range + 1 : range - (1L << STRIP_BITS))) {
                return front ? first : end - 1;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        for (Hand hand : hands) {
            LockSupport.unpark(hand.thread);
            while (hand.thread.isAlive()) {
                try {
                    hand.thread.join();
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
