package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/** IEEE 754 binary16; encoding rounds to nearest, ties to even, and overflows to infinity. */
final class BlockF16 implements BlockFormat {
    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long i = 0; i < blocks; i++) {
            Le.putF32(target, targetOffset + i * 4, Le.f16(source, sourceOffset + i * 2));
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long i = 0; i < blocks; i++) {
            Le.putF16(target, targetOffset + i * 2, Le.f32(source, sourceOffset + i * 4));
        }
    }
}
