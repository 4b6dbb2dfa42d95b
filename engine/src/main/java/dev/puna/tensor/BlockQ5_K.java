package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 256 numbers in 176 bytes: as Q4_K, with 32 bytes of fifth bits between the scales and the nibbles: element e has bit
 * e / 32 of byte e % 32. Value: (d * s) * q - (dmin * m).
 */
final class BlockQ5_K implements BlockFormat {
    static final int SIZE = 256;
    static final int BYTES = 176;

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
                long quants = block + 48 + (sub >> 1) * 32;
                int shift = (sub & 1) * 4;
                for (int i = 0; i < 32; i++) {
                    int low = Le.u8(source, quants + i) >> shift & 15;
                    int q = low | (Le.u8(source, block + 16 + i) >> sub & 1) << 4;
                    Le.putF32(target, out + (sub * 32 + i) * 4L, scale * q - minimum);
                }
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        throw new UnsupportedOperationException();
    }
}
