package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.f16;
import static dev.puna.kernel.Lanes.put;
import static dev.puna.kernel.Lanes.toFloat;
import static dev.puna.kernel.Lanes.unsigned;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q4_1 to F32: bytes widened to lanes, once for the low and the high nibbles. */
final class DecodeQ4_1Vector {
    private DecodeQ4_1Vector() {}

    static void row(MemorySegment source, long from, MemorySegment target, long to, int n) {
        for (int block = 0; block < n / 32; block++) {
            long in = from + block * 20L;
            long out = to + block * 128L;
            float d = f16(source, in);
            float m = f16(source, in + 2);
            for (int i = 0; i < 16; i += COUNT) {
                IntVector pairs = unsigned(source, in + 4 + i);
                put(toFloat(pairs.and(15)).mul(d).add(m), target, out + 4L * i);
                IntVector high = pairs.lanewise(VectorOperators.LSHR, 4);
                put(toFloat(high).mul(d).add(m), target, out + 4L * i + 64);
            }
        }
    }
}
