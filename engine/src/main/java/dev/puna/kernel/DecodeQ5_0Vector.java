package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.I;
import static dev.puna.kernel.Lanes.f16;
import static dev.puna.kernel.Lanes.put;
import static dev.puna.kernel.Lanes.toFloat;
import static dev.puna.kernel.Lanes.unsigned;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q5_0 to F32: nibbles as in Q4_0, and each lane shifts its own fifth bit out of the 32. */
final class DecodeQ5_0Vector {
    private DecodeQ5_0Vector() {}

    /** 0, 1, 2 and so on. */
    private static final IntVector INDEX = IntVector.zero(I).addIndex(1);

    static void row(MemorySegment source, long from, MemorySegment target, long to, int n) {
        for (int block = 0; block < n / 32; block++) {
            long in = from + block * 22L;
            long out = to + block * 128L;
            float d = f16(source, in);
            IntVector fifths = IntVector.broadcast(I, source.get(Lanes.INT, in + 2));
            for (int i = 0; i < 16; i += COUNT) {
                IntVector pairs = unsigned(source, in + 6 + i);
                IntVector low = pairs.and(15).or(fifth(fifths, i));
                put(toFloat(low.sub(16)).mul(d), target, out + 4L * i);
                IntVector high = pairs.lanewise(VectorOperators.LSHR, 4).or(fifth(fifths, i + 16));
                put(toFloat(high.sub(16)).mul(d), target, out + 4L * i + 64);
            }
        }
    }

    /** Bits {@code from} and on, one to a lane, as the fifth bit of a number. */
    private static IntVector fifth(IntVector bits, int from) {
        return bits.lanewise(VectorOperators.LSHR, INDEX.add(from)).and(1).lanewise(VectorOperators.LSHL, 4);
    }
}
