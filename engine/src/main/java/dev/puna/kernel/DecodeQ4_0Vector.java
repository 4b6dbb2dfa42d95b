package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.f16;
import static dev.puna.kernel.Lanes.put;
import static dev.puna.kernel.Lanes.toFloat;
import static dev.puna.kernel.Lanes.unsigned;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q4_0 to F32: bytes widened to lanes, once for the low and the high nibbles. */
final class DecodeQ4_0Vector {
    private DecodeQ4_0Vector() {}

    static void row(MemorySegment source, long from, MemorySegment target, long to, int n) {
        for (int block = 0; block < n / 32; block++) {
            long in = from + block * 18L;
            long out = to + block * 128L;
            float d = f16(source, in);
            for (int i = 0; i < 16; i += COUNT) {
                IntVector pairs = unsigned(source, in + 2 + i);
                put(toFloat(pairs.and(15).sub(8)).mul(d), target, out + 4L * i);
                IntVector high = pairs.lanewise(VectorOperators.LSHR, 4);
                put(toFloat(high.sub(8)).mul(d), target, out + 4L * i + 64);
            }
        }
    }
}
