package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 256 numbers in 110 bytes: 32 bytes of third bits, 64 bytes of 2-bit numbers, 12 bytes of sixteen 6-bit scales, d (f16).
 * The low two bits of element e are laid out as in Q2_K; its third bit is bit e / 32 of byte e % 32, set for numbers that
 * are not negative. Value: d * (s - 32) * (low two bits - (third bit ? 0 : 4)).
 */
final class BlockQ3_K implements BlockFormat {
    static final int SIZE = 256;
    static final int BYTES = 110;

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float d = Le.f16(source, block + 108);
            for (int sub = 0; sub < 16; sub++) {
                float scale = d * (scale(source, block + 96, sub) - 32);
                int lane = (sub & 1) * 16;
                long quants = block + 32 + 32L * (sub >> 3) + lane;
                int shift = (sub >> 1 & 3) * 2;
                for (int i = 0; i < 16; i++) {
                    int low = Le.u8(source, quants + i) >> shift & 3;
                    int high = Le.u8(source, block + lane + i) >> (sub >> 1) & 1;
                    Le.putF32(target, out + (sub * 16 + i) * 4L, scale * (low - 4 + high * 4));
                }
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        float[] x = new float[SIZE];
        SuperScales fit = new SuperScales(Levels.row(-4, 3), 16, -32, 31);
        for (long b = 0; b < blocks; b++) {
            long block = targetOffset + b * BYTES;
            MemorySegment.copy(source, Le.FLOAT, sourceOffset + b * SIZE * 4, x, 0, SIZE);
            fit.fit(x);
            Le.putF16(target, block + 108, fit.d);
            for (int i = 0; i < 32; i++) {
                int highs = 0;
                for (int j = 0; j < 8; j++) {
                    highs |= fit.indices[j * 32 + i] >> 2 << j;
                }
                Le.putU8(target, block + i, highs);
            }
            for (int i = 0; i < 64; i++) {
                int first = (i >> 5) * 128 + (i & 31);
                int packed = 0;
                for (int j = 0; j < 4; j++) {
                    packed |= (fit.indices[first + j * 32] & 3) << (j * 2);
                }
                Le.putU8(target, block + 32 + i, packed);
            }
            for (int i = 0; i < 8; i++) {
                int pair = ((fit.scales[i] + 32) & 15) | (((fit.scales[i + 8] + 32) & 15) << 4);
                Le.putU8(target, block + 96 + i, pair);
            }
            for (int i = 0; i < 4; i++) {
                int packed = 0;
                for (int j = 0; j < 4; j++) {
                    packed |= (fit.scales[j * 4 + i] + 32) >> 4 << (j * 2);
                }
                Le.putU8(target, block + 104 + i, packed);
            }
        }
    }

    /** The low nibbles of scales 0 to 15 are the nibbles of bytes 0 to 7 (0-7 low, 8-15 high); bytes 8 to 11 hold pairs. */
    private static int scale(MemorySegment source, long scales, int sub) {
        int low = Le.u8(source, scales + (sub & 7)) >> ((sub >> 3) * 4) & 15;
        int high = Le.u8(source, scales + 8 + (sub & 3)) >> ((sub >> 2) * 2) & 3;
        return low | high << 4;
    }
}
