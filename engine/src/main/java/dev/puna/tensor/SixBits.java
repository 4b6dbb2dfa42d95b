package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * The 12 bytes of Q4_K and Q5_K that hold eight 6-bit scales and eight 6-bit minima. Scales 0 to 3 are the low six bits
 * of bytes 0 to 3, minima 0 to 3 of bytes 4 to 7; numbers 4 to 7 have their low nibbles in bytes 8 to 11 (scale low,
 * minimum high) and their upper two bits on top of bytes 0 to 3 (scales) and 4 to 7 (minima).
 */
final class SixBits {
    private SixBits() {}

    static int scale(MemorySegment source, long bytes, int index) {
        if (index < 4) {
            return Le.u8(source, bytes + index) & 63;
        }
        return (Le.u8(source, bytes + 4 + index) & 15) | ((Le.u8(source, bytes + index - 4) >> 6) << 4);
    }

    static int minimum(MemorySegment source, long bytes, int index) {
        if (index < 4) {
            return Le.u8(source, bytes + 4 + index) & 63;
        }
        return (Le.u8(source, bytes + 4 + index) >> 4) | ((Le.u8(source, bytes + index) >> 6) << 4);
    }

    static void put(MemorySegment target, long bytes, int[] scales, int[] minima) {
        for (int i = 0; i < 4; i++) {
            Le.putU8(target, bytes + i, scales[i] | ((scales[i + 4] >> 4) << 6));
            Le.putU8(target, bytes + 4 + i, minima[i] | ((minima[i + 4] >> 4) << 6));
            Le.putU8(target, bytes + 8 + i, (scales[i + 4] & 15) | ((minima[i + 4] & 15) << 4));
        }
    }
}
