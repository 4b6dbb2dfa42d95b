package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 32 numbers in 18 bytes: scale d (f16), then 16 bytes that hold element i in the low and i + 16 in the high nibble.
 * Value: (nibble - 8) * d.
 */
final class BlockQ4_0 implements BlockFormat {
    static final int SIZE = 32;
    static final int BYTES = 18;

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float d = Le.f16(source, block);
            for (int i = 0; i < 16; i++) {
                int pair = Le.u8(source, block + 2 + i);
                Le.putF32(target, out + i * 4L, ((pair & 15) - 8) * d);
                Le.putF32(target, out + (i + 16) * 4L, ((pair >> 4) - 8) * d);
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        throw new UnsupportedOperationException();
    }
}
