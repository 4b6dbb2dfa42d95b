package dev.puna.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Native memory that grows when more is asked for, and forgets its content then. For one thread at a time. */
public final class Scratch implements AutoCloseable {
    private @Nullable Arena arena;
    private MemorySegment memory = MemorySegment.NULL;

    /** At least that many bytes, aligned to 64; the same memory as before where it suffices. */
    @SuppressWarnings("MustBeClosedChecker") // the arena is this object's, until it grows or is closed
    public MemorySegment atLeast(long bytes) {
        if (memory.byteSize() < bytes) {
            close();
            arena = Arena.ofShared();
            memory = arena.allocate(Math.ceilDiv(Math.max(4096, bytes), 64) * 64, 64);
        }
        return memory;
    }

    /** Bytes held. */
    public long bytes() {
        return memory.byteSize();
    }

    @Override
    public void close() {
        if (arena != null) {
            arena.close();
            arena = null;
            memory = MemorySegment.NULL;
        }
    }
}
