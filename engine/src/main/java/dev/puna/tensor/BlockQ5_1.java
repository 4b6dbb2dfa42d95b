package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 32 numbers in 24 bytes: scale d and minimum m (f16), 32 fifth bits, then nibbles as in Q4_0. Value: five bits * d + m.
 */
final class BlockQ5_1 implements BlockFormat {
    static final int SIZE = 32;
    static final int BYTES = 24;

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float d = Le.f16(source, block);
            float m = Le.f16(source, block + 2);
            int fifth = source.get(Le.INT, block + 4);
            for (int i = 0; i < 16; i++) {
                int pair = Le.u8(source, block + 8 + i);
                Le.putF32(target, out + i * 4L, ((pair & 15) | (fifth >>> i & 1) << 4) * d + m);
                Le.putF32(target, out + (i + 16) * 4L, (pair >> 4 | (fifth >>> (i + 16) & 1) << 4) * d + m);
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        throw new UnsupportedOperationException();
    }
}
