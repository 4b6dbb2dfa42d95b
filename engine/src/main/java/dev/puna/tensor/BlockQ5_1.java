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
        float[] x = new float[SIZE];
        LineFit fit = new LineFit(31, false);
        Levels levels = Levels.row(0, 31);
        for (long b = 0; b < blocks; b++) {
            long block = targetOffset + b * BYTES;
            MemorySegment.copy(source, Le.FLOAT, sourceOffset + b * SIZE * 4, x, 0, SIZE);
            fit.best(x, 0, SIZE);
            float d = F16.nearest(fit.scale());
            float m = F16.nearest(fit.minimum());
            float inverse = d == 0 ? 0 : 1 / d;
            int fifth = 0;
            Le.putF16(target, block, d);
            Le.putF16(target, block + 2, m);
            for (int i = 0; i < 16; i++) {
                int first = levels.nearest((x[i] - m) * inverse);
                int second = levels.nearest((x[i + 16] - m) * inverse);
                fifth |= first >> 4 << i | second >> 4 << (i + 16);
                Le.putU8(target, block + 8 + i, (first & 15) | ((second & 15) << 4));
            }
            target.set(Le.INT, block + 4, fifth);
        }
    }
}
