package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 256 numbers in 84 bytes: 16 bytes of sub-block scales, 64 bytes of 2-bit numbers, d and dmin (f16).
 * Sub-block i holds elements 16 i to 16 i + 15; its byte has a 4-bit scale s (low) and a 4-bit minimum m (high).
 * Each half of 128 elements has 32 bytes; element e of it sits in byte e % 32 at bit 2 * (e / 32).
 * Value: (d * s) * q - (dmin * m).
 */
final class BlockQ2_K implements BlockFormat {
    static final int SIZE = 256;
    static final int BYTES = 84;

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float d = Le.f16(source, block + 80);
            float dmin = Le.f16(source, block + 82);
            for (int sub = 0; sub < 16; sub++) {
                int packed = Le.u8(source, block + sub);
                float scale = d * (packed & 15);
                float minimum = dmin * (packed >> 4);
                long quants = block + 16 + 32L * (sub >> 3) + 16L * (sub & 1);
                int shift = (sub >> 1 & 3) * 2;
                for (int i = 0; i < 16; i++) {
                    int q = Le.u8(source, quants + i) >> shift & 3;
                    Le.putF32(target, out + (sub * 16 + i) * 4L, scale * q - minimum);
                }
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        float[] x = new float[SIZE];
        SuperLines fit = new SuperLines(3, 16, 15);
        for (long b = 0; b < blocks; b++) {
            long block = targetOffset + b * BYTES;
            MemorySegment.copy(source, Le.FLOAT, sourceOffset + b * SIZE * 4, x, 0, SIZE);
            fit.fit(x);
            Le.putF16(target, block + 80, fit.d);
            Le.putF16(target, block + 82, fit.dmin);
            for (int sub = 0; sub < 16; sub++) {
                Le.putU8(target, block + sub, fit.scales[sub] | fit.minima[sub] << 4);
            }
            for (int i = 0; i < 64; i++) {
                int first = (i >> 5) * 128 + (i & 31);
                int packed = 0;
                for (int j = 0; j < 4; j++) {
                    packed |= fit.quants[first + j * 32] << (j * 2);
                }
                Le.putU8(target, block + 16 + i, packed);
            }
        }
    }
}
