package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.f16;
import static dev.puna.kernel.Lanes.put;
import static dev.puna.kernel.Lanes.toFloat;
import static dev.puna.kernel.Lanes.unsigned;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q4_K to F32: two sub-blocks, which share their bytes, at a time. */
final class DecodeQ4_KVector {
    private DecodeQ4_KVector() {}

    static void row(MemorySegment source, long from, MemorySegment target, long to, int n) {
        for (int block = 0; block < n / 256; block++) {
            long in = from + block * 144L;
            long out = to + block * 1024L;
            float d = f16(source, in);
            float dmin = f16(source, in + 2);
            long scales = Lanes.sixBitScales(source, in + 4);
            long minima = Lanes.sixBitMinima(source, in + 4);
            for (int sub = 0; sub < 8; sub += 2) {
                float lowScale = d * ((scales >>> 8 * sub) & 63);
                float lowMinimum = dmin * ((minima >>> 8 * sub) & 63);
                float highScale = d * ((scales >>> 8 * (sub + 1)) & 63);
                float highMinimum = dmin * ((minima >>> 8 * (sub + 1)) & 63);
                long quants = in + 16 + 16L * sub;
                long target0 = out + 128L * sub;
                for (int i = 0; i < 32; i += COUNT) {
                    IntVector pairs = unsigned(source, quants + i);
                    put(toFloat(pairs.and(15)).mul(lowScale).sub(lowMinimum), target, target0 + 4L * i);
                    IntVector high = pairs.lanewise(VectorOperators.LSHR, 4);
                    put(toFloat(high).mul(highScale).sub(highMinimum), target, target0 + 4L * i + 128);
                }
            }
        }
    }
}
