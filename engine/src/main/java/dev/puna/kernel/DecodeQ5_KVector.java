package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.f16;
import static dev.puna.kernel.Lanes.put;
import static dev.puna.kernel.Lanes.toFloat;
import static dev.puna.kernel.Lanes.unsigned;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q5_K to F32: as Q4_K, with fifth bits from bytes that all sub-blocks share. */
final class DecodeQ5_KVector {
    private DecodeQ5_KVector() {}

    static void row(MemorySegment source, long from, MemorySegment target, long to, int n) {
        for (int block = 0; block < n / 256; block++) {
            long in = from + block * 176L;
            long out = to + block * 1024L;
            float d = f16(source, in);
            float dmin = f16(source, in + 2);
            long scales = Lanes.sixBitScales(source, in + 4);
            long minima = Lanes.sixBitMinima(source, in + 4);
            for (int sub = 0; sub < 8; sub++) {
                float scale = d * ((scales >>> 8 * sub) & 63);
                float minimum = dmin * ((minima >>> 8 * sub) & 63);
                long quants = in + 48 + 32L * (sub >> 1);
                int shift = (sub & 1) * 4;
                for (int i = 0; i < 32; i += COUNT) {
                    IntVector low = unsigned(source, quants + i)
                            .lanewise(VectorOperators.LSHR, shift)
                            .and(15);
                    IntVector fifth = unsigned(source, in + 16 + i)
                            .lanewise(VectorOperators.LSHR, sub)
                            .and(1);
                    IntVector q = low.or(fifth.lanewise(VectorOperators.LSHL, 4));
                    put(toFloat(q).mul(scale).sub(minimum), target, out + 128L * sub + 4L * i);
                }
            }
        }
    }
}
