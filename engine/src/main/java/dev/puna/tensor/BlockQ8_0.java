package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 32 numbers in 34 bytes: scale d (f16), then 32 signed bytes. Value: byte * d.
 */
final class BlockQ8_0 implements BlockFormat {
    static final int SIZE = 32;
    static final int BYTES = 34;

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float d = Le.f16(source, block);
            for (int i = 0; i < 32; i++) {
                Le.putF32(target, out + i * 4L, Le.i8(source, block + 2 + i) * d);
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        throw new UnsupportedOperationException();
    }
}
