package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 256 numbers in 144 bytes: d and dmin (f16), 12 bytes of eight 6-bit scales and eight 6-bit minima, 128 bytes of nibbles.
 * Sub-block i holds elements 32 i to 32 i + 31; sub-blocks 2 j and 2 j + 1 are the low and the high nibbles of the j-th
 * 32 bytes. Value: (d * s) * q - (dmin * m).
 */
final class BlockQ4_K implements BlockFormat {
    static final int SIZE = 256;
    static final int BYTES = 144;

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float d = Le.f16(source, block);
            float dmin = Le.f16(source, block + 2);
            for (int sub = 0; sub < 8; sub++) {
                float scale = d * SixBits.scale(source, block + 4, sub);
                float minimum = dmin * SixBits.minimum(source, block + 4, sub);
                long quants = block + 16 + 32L * (sub >> 1);
                int shift = (sub & 1) * 4;
                for (int i = 0; i < 32; i++) {
                    int q = Le.u8(source, quants + i) >> shift & 15;
                    Le.putF32(target, out + (sub * 32 + i) * 4L, scale * q - minimum);
                }
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        float[] x = new float[SIZE];
        SuperLines fit = new SuperLines(15, 32, 63);
        for (long b = 0; b < blocks; b++) {
            long block = targetOffset + b * BYTES;
            MemorySegment.copy(source, Le.FLOAT, sourceOffset + b * SIZE * 4, x, 0, SIZE);
            fit.fit(x);
            Le.putF16(target, block, fit.d);
            Le.putF16(target, block + 2, fit.dmin);
            SixBits.put(target, block + 4, fit.scales, fit.minima);
            for (int i = 0; i < 128; i++) {
                int first = (i >> 5) * 64 + (i & 31);
                Le.putU8(target, block + 16 + i, fit.quants[first] | fit.quants[first + 32] << 4);
            }
        }
    }
}
