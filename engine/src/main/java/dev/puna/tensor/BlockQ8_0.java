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
        for (long b = 0; b < blocks; b++) {
            long block = targetOffset + b * BYTES;
            long in = sourceOffset + b * SIZE * 4;
            float most = 0;
            for (int i = 0; i < SIZE; i++) {
                most = Math.max(most, Math.abs(source.get(Le.FLOAT, in + i * 4L)));
            }
            float d = F16.nearest(most / 127);
            float inverse = d == 0 ? 0 : 1 / d;
            Le.putF16(target, block, d);
            for (int i = 0; i < SIZE; i++) {
                float x = source.get(Le.FLOAT, in + i * 4L);
                Le.putU8(target, block + 2 + i, Math.clamp((int) Math.rint(x * inverse), -127, 127));
            }
        }
    }
}
