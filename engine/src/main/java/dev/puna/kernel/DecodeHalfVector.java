package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.I;
import static dev.puna.kernel.Lanes.ORDER;
import static dev.puna.kernel.Lanes.put;

import dev.puna.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** BF16 and F16 to F32: 16 bits widened to a lane and put where F32 has them. What fills no vector is left to the type. */
final class DecodeHalfVector {
    private static final VectorSpecies<Short> S = VectorSpecies.of(short.class, VectorShape.forBitSize(16 * COUNT));

    private DecodeHalfVector() {}

    static void bf16(MemorySegment source, long from, MemorySegment target, long to, int n) {
        int i = 0;
        for (; i <= n - COUNT; i += COUNT) {
            IntVector bits = widened(source, from + 2L * i).lanewise(VectorOperators.LSHL, 16);
            put(bits.reinterpretAsFloats(), target, to + 4L * i);
        }
        DType.BF16.decode(source, from + 2L * i, target, to + 4L * i, n - i);
    }

    /**
     * The 15 bits of exponent and fraction, read as F32, are 2^112 times too small, also where the half is subnormal;
     * infinities and NaNs need their exponent filled up.
     */
    static void f16(MemorySegment source, long from, MemorySegment target, long to, int n) {
        int i = 0;
        for (; i <= n - COUNT; i += COUNT) {
            IntVector half = widened(source, from + 2L * i);
            IntVector bits = half.and(0x7FFF).lanewise(VectorOperators.LSHL, 13);
            IntVector value = bits.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
            VectorMask<Integer> notFinite = bits.compare(VectorOperators.GE, 0x7C00 << 13);
            value = value.lanewise(VectorOperators.OR, 0x7F80_0000, notFinite);
            IntVector sign = half.and(0x8000).lanewise(VectorOperators.LSHL, 16);
            put(value.or(sign).reinterpretAsFloats(), target, to + 4L * i);
        }
        DType.F16.decode(source, from + 2L * i, target, to + 4L * i, n - i);
    }

    /** Unsigned 16 bits, one to a lane. */
    private static IntVector widened(MemorySegment source, long offset) {
        return (IntVector) ShortVector.fromMemorySegment(S, source, offset, ORDER)
                .convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
    }
}
