package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.f16;
import static dev.puna.kernel.Lanes.put;
import static dev.puna.kernel.Lanes.toFloat;
import static dev.puna.kernel.Lanes.unsigned;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q6_K to F32: 32 bytes of nibbles at a time, whose upper bits are two of the four pairs in 32 other bytes. */
final class DecodeQ6_KVector {
    private DecodeQ6_KVector() {}

    static void row(MemorySegment source, long from, MemorySegment target, long to, int n) {
        for (int quarter = 0; quarter < n / 64; quarter++) {
            long block = from + (quarter >> 2) * 210L;
            int half = quarter >> 1 & 1;
            int odd = quarter & 1;
            quarter(
                    source,
                    block + 64L * half + 32L * odd,
                    block + 128 + 32L * half,
                    2 * odd,
                    block + 192 + 8L * half + 2L * odd,
                    f16(source, block + 208),
                    target,
                    to + (quarter >> 1) * 512L + 128L * odd);
        }
    }

    private static void quarter(
            MemorySegment source,
            long lows,
            long highs,
            int shift,
            long scales,
            float d,
            MemorySegment target,
            long out) {
        for (int i = 0; i < 32; i += COUNT) {
            float scale = d * source.get(JAVA_BYTE, scales + (i >> 4));
            float laterScale = d * source.get(JAVA_BYTE, scales + 4 + (i >> 4));
            IntVector pairs = unsigned(source, lows + i);
            IntVector high = unsigned(source, highs + i).lanewise(VectorOperators.LSHR, shift);
            IntVector q = pairs.and(15).or(high.and(3).lanewise(VectorOperators.LSHL, 4));
            put(toFloat(q.sub(32)).mul(scale), target, out + 4L * i);
            q = pairs.lanewise(VectorOperators.LSHR, 4).or(high.and(48));
            put(toFloat(q.sub(32)).mul(laterScale), target, out + 4L * i + 256);
        }
    }
}
