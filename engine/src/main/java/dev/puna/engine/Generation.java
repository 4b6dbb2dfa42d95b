package dev.puna.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A request that an {@link Engine} works on, seen by its caller: events to read and a way to stop. A caller that does
 * not read pauses its own sequence and nobody else's. Any thread may call any method.
 */
public final class Generation implements AutoCloseable {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Event> unread;
    private final int limit;
    private final Runnable wake;
    private Event.@Nullable Finished finished;
    private @Nullable EngineFault fault;
    private volatile boolean full;
    private volatile boolean cancelled;

    Generation(int limit, Runnable wake) {
        this.limit = limit;
        unread = new ArrayDeque<>(limit);
        this.wake = wake;
    }

    /**
     * Waits for the next event. After {@link Event.Finished} it returns that one again and again.
     *
     * @throws EngineFault if the engine failed at this request or was closed; all events before it are given first
     */
    public Event next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (unread.isEmpty() && finished == null && fault == null) {
                changed.await();
            }
            Event event = unread.poll();
            if (event != null) {
                if (full && unread.size() <= limit / 2) {
                    full = false;
                    wake.run();
                }
                return event;
            }
            if (finished != null) {
                return finished;
            }
            EngineFault thrown = Objects.requireNonNull(fault, "waited for one of the three");
            throw new EngineFault(thrown.getMessage(), thrown.getCause());
        } finally {
            lock.unlock();
        }
    }

    /** Stops the answer within one step of the engine; {@link Event.Finished} follows. Does nothing once it ended. */
    public void cancel() {
        cancelled = true;
        wake.run();
    }

    /** As {@link #cancel}. */
    @Override
    public void close() {
        cancel();
    }

    /** Whether {@link #next} would wait. */
    public boolean quiet() {
        lock.lock();
        try {
            return unread.isEmpty() && finished == null && fault == null;
        } finally {
            lock.unlock();
        }
    }

    boolean cancelled() {
        return cancelled;
    }

    /** Whether the caller has left so much unread that its sequence should pause. */
    boolean full() {
        return full;
    }

    void emit(Event event) {
        lock.lock();
        try {
            unread.add(event);
            full = unread.size() >= limit;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void finish(Event.Finished event) {
        tell(() -> finished = event);
    }

    void fail(EngineFault cause) {
        tell(() -> fault = cause);
    }

    private void tell(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
