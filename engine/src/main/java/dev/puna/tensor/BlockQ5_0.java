package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 32 numbers in 22 bytes: scale d (f16), 32 fifth bits (bit i for element i), then nibbles as in Q4_0.
 * Value: (five bits - 16) * d.
 */
final class BlockQ5_0 implements BlockFormat {
    static final int SIZE = 32;
    static final int BYTES = 22;

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float d = Le.f16(source, block);
            int fifth = source.get(Le.INT, block + 2);
            for (int i = 0; i < 16; i++) {
                int pair = Le.u8(source, block + 6 + i);
                Le.putF32(target, out + i * 4L, (((pair & 15) | (fifth >>> i & 1) << 4) - 16) * d);
                Le.putF32(target, out + (i + 16) * 4L, ((pair >> 4 | (fifth >>> (i + 16) & 1) << 4) - 16) * d);
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        float[] x = new float[SIZE];
        Levels levels = Levels.row(-16, 15);
        ScaleFit fit = new ScaleFit(levels);
        for (long b = 0; b < blocks; b++) {
            long block = targetOffset + b * BYTES;
            MemorySegment.copy(source, Le.FLOAT, sourceOffset + b * SIZE * 4, x, 0, SIZE);
            float d = F16.nearest(fit.best(x, 0, SIZE));
            float inverse = d == 0 ? 0 : 1 / d;
            int fifth = 0;
            Le.putF16(target, block, d);
            for (int i = 0; i < 16; i++) {
                int first = levels.nearest(x[i] * inverse);
                int second = levels.nearest(x[i + 16] * inverse);
                fifth |= first >> 4 << i | second >> 4 << (i + 16);
                Le.putU8(target, block + 6 + i, (first & 15) | ((second & 15) << 4));
            }
            target.set(Le.INT, block + 2, fifth);
        }
    }
}
