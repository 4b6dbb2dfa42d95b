package dev.puna.kernel;

import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.I;
import static dev.puna.kernel.Lanes.ORDER;
import static dev.puna.kernel.Lanes.load;
import static dev.puna.kernel.Lanes.put;

import dev.puna.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * BF16 and F16 to F32. Two neighbours are read as one lane; a lane is brought to two places, in each of which it is
 * shifted so that one of the two remains. (Widening shorts would be the plain way, but with 16 lanes it makes objects.)
 * What fills no two vectors is left to the type.
 */
final class DecodeHalfVector {
    private static final VectorShuffle<Integer> LOW = VectorShuffle.fromOp(I, lane -> lane / 2);
    private static final VectorShuffle<Integer> HIGH = VectorShuffle.fromOp(I, lane -> (COUNT + lane) / 2);
    /** What brings the half that a lane stands for to the upper bits. */
    private static final IntVector UP =
            IntVector.zero(I).addIndex(1).add(1).and(1).mul(16);

    private DecodeHalfVector() {}

    static void bf16(MemorySegment source, long from, MemorySegment target, long to, int n) {
        int i = 0;
        for (; i <= n - 2 * COUNT; i += 2 * COUNT) {
            IntVector pairs = IntVector.fromMemorySegment(I, source, from + 2L * i, ORDER);
            put(upper(pairs.rearrange(LOW)), target, to + 4L * i);
            put(upper(pairs.rearrange(HIGH)), target, to + 4L * (i + COUNT));
        }
        DType.BF16.decode(source, from + 2L * i, target, to + 4L * i, n - i);
    }

    /**
     * The exponent of F32 is 112 more, which a multiplication by 2^112 adds: it is exact, and right for subnormal halves
     * too. Infinities and NaNs, which hardly occur, are left to the type.
     */
    static void f16(MemorySegment source, long from, MemorySegment target, long to, int n) {
        int i = 0;
        for (; i <= n - 2 * COUNT; i += 2 * COUNT) {
            IntVector pairs = IntVector.fromMemorySegment(I, source, from + 2L * i, ORDER);
            IntVector low = upper(pairs.rearrange(LOW));
            IntVector high = upper(pairs.rearrange(HIGH));
            widen(low, target, to + 4L * i);
            widen(high, target, to + 4L * (i + COUNT));
            if (low.and(INFINITE)
                    .eq(INFINITE)
                    .or(high.and(INFINITE).eq(INFINITE))
                    .anyTrue()) {
                DType.F16.decode(source, from + 2L * i, target, to + 4L * i, 2L * COUNT);
            }
        }
        DType.F16.decode(source, from + 2L * i, target, to + 4L * i, n - i);
    }

    private static final int INFINITE = 0x7C00 << 16;

    private static void widen(IntVector upper, MemorySegment target, long to) {
        IntVector size = upper.and(0x7FFF << 16).lanewise(VectorOperators.LSHR, 3);
        put(size.or(upper.and(1 << 31)), target, to);
        put(load(target, to).mul(0x1p112f), target, to);
    }

    /** The half that each lane stands for, in its upper bits; nothing below. */
    private static IntVector upper(IntVector pairs) {
        return pairs.lanewise(VectorOperators.LSHL, UP).and(0xFFFF << 16);
    }
}
