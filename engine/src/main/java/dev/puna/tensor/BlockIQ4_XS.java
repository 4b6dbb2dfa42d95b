package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 256 numbers in 136 bytes: d (f16), 16 bits that hold the upper two bits of eight scales, 4 bytes with their low nibbles,
 * 128 bytes of indices into the levels of IQ4_NL. Sub-block i holds elements 32 i to 32 i + 31 in 16 bytes laid out as in
 * Q4_0. Value: d * (s - 32) * level.
 */
final class BlockIQ4_XS implements BlockFormat {
    static final int SIZE = 256;
    static final int BYTES = 136;

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float d = Le.f16(source, block);
            int uppers = Le.u16(source, block + 2);
            for (int sub = 0; sub < 8; sub++) {
                int lower = Le.u8(source, block + 4 + (sub >> 1)) >> ((sub & 1) * 4) & 15;
                float scale = d * ((lower | (uppers >> (sub * 2) & 3) << 4) - 32);
                for (int i = 0; i < 16; i++) {
                    int pair = Le.u8(source, block + 8 + 16L * sub + i);
                    Le.putF32(target, out + (sub * 32 + i) * 4L, scale * BlockIQ4_NL.LEVELS[pair & 15]);
                    Le.putF32(target, out + (sub * 32 + i + 16) * 4L, scale * BlockIQ4_NL.LEVELS[pair >> 4]);
                }
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        float[] x = new float[SIZE];
        SuperScales fit = new SuperScales(Levels.table(BlockIQ4_NL.LEVELS), 32, -32, 31);
        for (long b = 0; b < blocks; b++) {
            long block = targetOffset + b * BYTES;
            MemorySegment.copy(source, Le.FLOAT, sourceOffset + b * SIZE * 4, x, 0, SIZE);
            fit.fit(x);
            int uppers = 0;
            for (int sub = 0; sub < 8; sub++) {
                uppers |= (fit.scales[sub] + 32) >> 4 << (sub * 2);
            }
            Le.putF16(target, block, fit.d);
            Le.putU16(target, block + 2, uppers);
            for (int i = 0; i < 4; i++) {
                int pair = ((fit.scales[i * 2] + 32) & 15) | (((fit.scales[i * 2 + 1] + 32) & 15) << 4);
                Le.putU8(target, block + 4 + i, pair);
            }
            for (int i = 0; i < 128; i++) {
                int first = (i >> 4) * 32 + (i & 15);
                Le.putU8(target, block + 8 + i, fit.indices[first] | fit.indices[first + 16] << 4);
            }
        }
    }
}
