package dev.puna.kernel.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory for what is read from end to end again and again. The system is asked for pages of 2 MB, so that the processor
 * finds its way with few entries of its tables. Where it has none to give, the pages are ordinary ones.
 */
final class LargePages {
    private static final long PAGE = 2 << 20;
    /** What is taken of the address space at a time; memory comes with the first touch of each page. */
    private static final long REGION = 16 * PAGE;

    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private static final int ADVISE_HUGE = 14;

    private LargePages() {}

    /** At least that many bytes, all zero, until the arena is closed. Linux only. */
    static MemorySegment allocate(Arena arena, long bytes) {
        long size = Math.ceilDiv(bytes, REGION) * REGION;
        long mapped = size + PAGE;
        long address = Function.ofLibrary("mmap").call(0, mapped, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
        if (address == -1) {
            return arena.allocate(bytes, 64);
        }
        Function unmap = Function.ofLibrary("munmap");
        long aligned = Math.ceilDiv(address, PAGE) * PAGE;
        Function.ofLibrary("madvise").call(aligned, size, ADVISE_HUGE, 0); // advice may be declined
        return MemorySegment.ofAddress(aligned).reinterpret(size, arena, _ -> unmap.call(address, mapped, 0, 0));
    }
}
