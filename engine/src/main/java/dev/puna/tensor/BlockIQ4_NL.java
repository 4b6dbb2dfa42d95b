package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 32 numbers in 18 bytes: scale d (f16), then nibbles as in Q4_0, each an index into sixteen levels.
 * Value: d * level.
 */
final class BlockIQ4_NL implements BlockFormat {
    static final int SIZE = 32;
    static final int BYTES = 18;

    /** Sixteen levels, denser near zero as weights are. */
    static final byte[] LEVELS = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float d = Le.f16(source, block);
            for (int i = 0; i < 16; i++) {
                int pair = Le.u8(source, block + 2 + i);
                Le.putF32(target, out + i * 4L, d * LEVELS[pair & 15]);
                Le.putF32(target, out + (i + 16) * 4L, d * LEVELS[pair >> 4]);
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        float[] x = new float[SIZE];
        Levels levels = Levels.table(LEVELS);
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
