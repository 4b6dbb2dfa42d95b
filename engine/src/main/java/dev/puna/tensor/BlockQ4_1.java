package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 32 numbers in 20 bytes: scale d and minimum m (f16), then nibbles as in Q4_0. Value: nibble * d + m.
 */
final class BlockQ4_1 implements BlockFormat {
    static final int SIZE = 32;
    static final int BYTES = 20;

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float d = Le.f16(source, block);
            float m = Le.f16(source, block + 2);
            for (int i = 0; i < 16; i++) {
                int pair = Le.u8(source, block + 4 + i);
                Le.putF32(target, out + i * 4L, (pair & 15) * d + m);
                Le.putF32(target, out + (i + 16) * 4L, (pair >> 4) * d + m);
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        float[] x = new float[SIZE];
        LineFit fit = new LineFit(15, false);
        for (long b = 0; b < blocks; b++) {
            long block = targetOffset + b * BYTES;
            MemorySegment.copy(source, Le.FLOAT, sourceOffset + b * SIZE * 4, x, 0, SIZE);
            fit.best(x, 0, SIZE);
            float d = F16.nearest(fit.scale());
            float m = F16.nearest(fit.minimum());
            Levels levels = Levels.row(0, 15);
            float inverse = d == 0 ? 0 : 1 / d;
            Le.putF16(target, block, d);
            Le.putF16(target, block + 2, m);
            for (int i = 0; i < 16; i++) {
                int pair = levels.nearest((x[i] - m) * inverse) | levels.nearest((x[i + 16] - m) * inverse) << 4;
                Le.putU8(target, block + 4 + i, pair);
            }
        }
    }
}
