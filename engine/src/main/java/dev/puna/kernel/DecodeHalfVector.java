package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.F;
import static dev.puna.kernel.Lanes.I;
import static dev.puna.kernel.Lanes.ORDER;
import static dev.puna.kernel.Lanes.put;
import static dev.puna.kernel.Lanes.toFloat;

import dev.puna.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
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
            put(widened(source, from + 2L * i).lanewise(VectorOperators.LSHL, 16), target, to + 4L * i);
        }
        DType.BF16.decode(source, from + 2L * i, target, to + 4L * i, n - i);
    }

    /**
     * The exponent of F32 is 112 more, and for infinities and NaNs as much again. Subnormal halves, which are few, are
     * counted in units of 2^−24 and written over the others.
     */
    static void f16(MemorySegment source, long from, MemorySegment target, long to, int n) {
        int i = 0;
        for (; i <= n - COUNT; i += COUNT) {
            IntVector half = widened(source, from + 2L * i);
            IntVector exponent = half.and(0x7C00);
            IntVector bits = half.and(0x7FFF).lanewise(VectorOperators.LSHL, 13).add(112 << 23);
            bits = bits.add(112 << 23, exponent.eq(0x7C00));
            IntVector sign = half.and(0x8000).lanewise(VectorOperators.LSHL, 16);
            put(bits.or(sign), target, to + 4L * i);
            VectorMask<Integer> subnormal = exponent.eq(0);
            if (subnormal.anyTrue()) {
                subnormals(half, subnormal, target, to + 4L * i);
            }
        }
        DType.F16.decode(source, from + 2L * i, target, to + 4L * i, n - i);
    }

    private static void subnormals(IntVector half, VectorMask<Integer> which, MemorySegment target, long to) {
        FloatVector size = toFloat(half.and(0x3FF)).mul(0x1p-24f);
        VectorMask<Float> negative = half.and(0x8000).eq(0x8000).cast(F);
        size.blend(size.neg(), negative).intoMemorySegment(target, to, ORDER, which.cast(F));
    }

    /** Unsigned 16 bits, one to a lane. */
    private static IntVector widened(MemorySegment source, long offset) {
        return (IntVector) ShortVector.fromMemorySegment(S, source, offset, ORDER)
                .convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
    }
}
