package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 256 numbers in 210 bytes: 128 bytes of low nibbles, 64 bytes of upper 2-bit pairs, 16 signed scales, d (f16).
 * Each half of 128 elements has 64 and 32 bytes: element e of it has nibble e / 64 of byte e % 64 and bits 2 * (e / 32) of
 * byte e % 32. Sub-block i holds elements 16 i to 16 i + 15. Value: d * s * (q - 32).
 */
final class BlockQ6_K implements BlockFormat {
    static final int SIZE = 256;
    static final int BYTES = 210;

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float d = Le.f16(source, block + 208);
            for (int sub = 0; sub < 16; sub++) {
                float scale = d * Le.i8(source, block + 192 + sub);
                int half = sub >> 3;
                int quarter = sub >> 1 & 3;
                long lows = block + 64L * half + 32L * (quarter & 1) + 16L * (sub & 1);
                long highs = block + 128 + 32L * half + 16L * (sub & 1);
                int lowShift = (quarter >> 1) * 4;
                for (int i = 0; i < 16; i++) {
                    int low = Le.u8(source, lows + i) >> lowShift & 15;
                    int high = Le.u8(source, highs + i) >> (quarter * 2) & 3;
                    Le.putF32(target, out + (sub * 16 + i) * 4L, scale * ((low | high << 4) - 32));
                }
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        float[] x = new float[SIZE];
        SuperScales fit = new SuperScales(Levels.row(-32, 31), 16, -128, 127);
        for (long b = 0; b < blocks; b++) {
            long block = targetOffset + b * BYTES;
            MemorySegment.copy(source, Le.FLOAT, sourceOffset + b * SIZE * 4, x, 0, SIZE);
            fit.fit(x);
            Le.putF16(target, block + 208, fit.d);
            for (int sub = 0; sub < 16; sub++) {
                Le.putU8(target, block + 192 + sub, fit.scales[sub]);
            }
            for (int i = 0; i < 128; i++) {
                int first = (i >> 6) * 128 + (i & 63);
                Le.putU8(target, block + i, (fit.indices[first] & 15) | ((fit.indices[first + 64] & 15) << 4));
            }
            for (int i = 0; i < 64; i++) {
                int first = (i >> 5) * 128 + (i & 31);
                int packed = 0;
                for (int j = 0; j < 4; j++) {
                    packed |= fit.indices[first + j * 32] >> 4 << (j * 2);
                }
                Le.putU8(target, block + 128 + i, packed);
            }
        }
    }
}
