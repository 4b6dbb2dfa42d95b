package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * 32 numbers in 17 bytes (OCP microscaling): one exponent byte e, then nibbles as in Q4_0. A nibble is a 4-bit float: sign,
 * two exponent bits, one mantissa bit (0, 0.5, 1, 1.5, 2, 3, 4, 6). Value: 2^(e - 127) * float.
 */
final class BlockMXFP4 implements BlockFormat {
    static final int SIZE = 32;
    static final int BYTES = 17;

    /** The sixteen floats, doubled so that they are whole. */
    private static final byte[] DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long b = 0; b < blocks; b++) {
            long block = sourceOffset + b * BYTES;
            long out = targetOffset + b * SIZE * 4;
            float scale = scale(Le.u8(source, block));
            for (int i = 0; i < 16; i++) {
                int pair = Le.u8(source, block + 1 + i);
                Le.putF32(target, out + i * 4L, DOUBLED[pair & 15] * scale);
                Le.putF32(target, out + (i + 16) * 4L, DOUBLED[pair >> 4] * scale);
            }
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        float[] x = new float[SIZE];
        for (long b = 0; b < blocks; b++) {
            long block = targetOffset + b * BYTES;
            MemorySegment.copy(source, Le.FLOAT, sourceOffset + b * SIZE * 4, x, 0, SIZE);
            float most = 0;
            for (float value : x) {
                most = Math.max(most, Math.abs(value));
            }
            // The float 6 is the largest: the exponent that leaves the largest number below 8, or one of its
            // neighbours.
            int near = most == 0 ? 0 : Math.clamp(Math.getExponent(most) - 2 + 127, 1, 253);
            int exponent = near;
            double least = Double.POSITIVE_INFINITY;
            for (int e = near == 0 ? 0 : near - 1; e <= (near == 0 ? 0 : near + 1); e++) {
                double error = error(x, e);
                if (error < least) {
                    least = error;
                    exponent = e;
                }
            }
            Le.putU8(target, block, exponent);
            for (int i = 0; i < 16; i++) {
                Le.putU8(target, block + 1 + i, nearest(x[i], exponent) | nearest(x[i + 16], exponent) << 4);
            }
        }
    }

    /** 2^(e - 128), half the block's scale, because the table is doubled; the two smallest are subnormal. */
    private static float scale(int exponent) {
        return Float.intBitsToFloat(exponent < 2 ? 0x0020_0000 << exponent : (exponent - 1) << 23);
    }

    private static double error(float[] x, int exponent) {
        double error = 0;
        for (float value : x) {
            float difference = value - DOUBLED[nearest(value, exponent)] * scale(exponent);
            error += (double) difference * difference;
        }
        return error;
    }

    /** The nibble nearest to {@code value}: its sign and one of eight magnitudes. */
    private static int nearest(float value, int exponent) {
        double doubled = Math.scalb((double) Math.abs(value), 128 - exponent);
        int magnitude = 0;
        while (magnitude < 7 && doubled > (DOUBLED[magnitude] + DOUBLED[magnitude + 1]) / 2.0) {
            magnitude++;
        }
        return value < 0 && magnitude > 0 ? magnitude | 8 : magnitude;
    }
}
