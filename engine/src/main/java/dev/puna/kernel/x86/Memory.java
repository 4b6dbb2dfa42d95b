package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** All native memory by its addresses: what is copied or cleared here makes no segments. */
final class Memory {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final MemorySegment ZEROS = Arena.global().allocate(4096, 64);

    private Memory() {}

    static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    static void clear(long at, long bytes) {
        for (long done = 0; done < bytes; done += ZEROS.byteSize()) {
            MemorySegment.copy(ZEROS, 0, ALL, at + done, Math.min(ZEROS.byteSize(), bytes - done));
        }
    }

    static void set(long at, float value) {
        ALL.set(JAVA_FLOAT, at, value);
    }
}
