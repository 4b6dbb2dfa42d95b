package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.f16;
import static dev.puna.kernel.Lanes.put;
import static dev.puna.kernel.Lanes.signed;
import static dev.puna.kernel.Lanes.toFloat;

import java.lang.foreign.MemorySegment;

/** Q8_0 to F32: bytes widened to lanes, converted, scaled. */
final class DecodeQ8_0Vector {
    private DecodeQ8_0Vector() {}

    static void row(MemorySegment source, long from, MemorySegment target, long to, int n) {
        for (int block = 0; block < n / 32; block++) {
            long in = from + block * 34L;
            long out = to + block * 128L;
            float d = f16(source, in);
            for (int i = 0; i < 32; i += COUNT) {
                put(toFloat(signed(source, in + 2 + i)).mul(d), target, out + 4L * i);
            }
        }
    }
}
