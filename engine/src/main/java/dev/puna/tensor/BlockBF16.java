package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/** The upper 16 bits of a binary32; encoding rounds to nearest, ties to even, and keeps a NaN a NaN. */
final class BlockBF16 implements BlockFormat {
    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long i = 0; i < blocks; i++) {
            target.set(Le.INT, targetOffset + i * 4, Le.u16(source, sourceOffset + i * 2) << 16);
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long i = 0; i < blocks; i++) {
            Le.putU16(target, targetOffset + i * 2, rounded(source.get(Le.INT, sourceOffset + i * 4)));
        }
    }

    private static int rounded(int bits) {
        if ((bits & 0x7FFF_FFFF) > 0x7F80_0000) {
            return (bits >>> 16) | 0x40;
        }
        return (bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16;
    }
}
