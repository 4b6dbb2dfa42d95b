package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/** IEEE 754 binary32, copied bit for bit. */
final class BlockF32 implements BlockFormat {
    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        MemorySegment.copy(source, sourceOffset, target, targetOffset, blocks * 4);
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        MemorySegment.copy(source, sourceOffset, target, targetOffset, blocks * 4);
    }
}
