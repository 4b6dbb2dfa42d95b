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
        float[] x = new float[SIZE];
        Levels levels = Levels.row(-8, 7);
        ScaleFit fit = new ScaleFit(levels);
        for (long b = 0; b < blocks; b++) {
            long block = targetOffset + b * BYTES;
            MemorySegment.copy(source, Le.FLOAT, sourceOffset + b * SIZE * 4, x, 0, SIZE);
            float d = F16.nearest(fit.best(x, 0, SIZE));
            float inverse = d == 0 ? 0 : 1 / d;
            Le.putF16(target, block, d);
            for (int i = 0; i < 16; i++) {
                int pair = levels.nearest(x[i] * inverse) | levels.nearest(x[i + 16] * inverse) << 4;
                Le.putU8(target, block + 2 + i, pair);
            }
        }
    }
}
