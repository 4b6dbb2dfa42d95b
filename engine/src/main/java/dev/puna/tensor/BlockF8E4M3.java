package dev.puna.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Eight-bit float: sign, 4 exponent bits (bias 7), 3 mantissa bits. It has no infinities; 0x7F and 0xFF are NaN and the
 * largest value is 448. Encoding rounds to nearest, ties to even, and saturates.
 */
final class BlockF8E4M3 implements BlockFormat {
    private static final float[] VALUES = values();

    private static float[] values() {
        float[] values = new float[256];
        for (int code = 0; code < 256; code++) {
            int exponent = (code >> 3) & 15;
            int mantissa = code & 7;
            float magnitude = exponent == 0
                    ? Math.scalb((float) mantissa, -9)
                    : Math.scalb((float) (8 + mantissa), exponent - 10);
            if ((code & 0x7F) == 0x7F) {
                magnitude = Float.NaN;
            }
            values[code] = code < 128 ? magnitude : -magnitude;
        }
        return values;
    }

    @Override
    public void decode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long i = 0; i < blocks; i++) {
            Le.putF32(target, targetOffset + i * 4, VALUES[Le.u8(source, sourceOffset + i)]);
        }
    }

    @Override
    public void encode(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long blocks) {
        for (long i = 0; i < blocks; i++) {
            Le.putU8(target, targetOffset + i, code(Le.f32(source, sourceOffset + i * 4)));
        }
    }

    private static int code(float value) {
        int sign = Float.floatToRawIntBits(value) >>> 31 << 7;
        float magnitude = Math.abs(value);
        if (Float.isNaN(value)) {
            return sign | 0x7F;
        }
        if (magnitude >= 448) {
            return sign | 0x7E;
        }
        // Below 2^-6 the step is 2^-9; above, an eighth of the power of two. rint rounds ties to even, and a mantissa
        // that rounds up to the next power of two carries into the exponent by itself.
        int exponent = Math.max(Math.getExponent(magnitude), -6);
        int steps = (int) Math.rint(Math.scalb((double) magnitude, 3 - exponent));
        return sign | (((exponent + 6) << 3) + steps);
    }
}
