package dev.puna.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Words of the Vector tier: its species, loads and stores in native memory, and the few functions whose result must not
 * depend on whether a loop is compiled yet. The API leaves the order of a lane sum and the bits of its exponential open;
 * here both are fixed.
 *
 * <p>No kernel reinterprets a vector as one of another kind. Until it is compiled, the API does that by way of a heap
 * array seen as a memory segment, and one such look spoils every vector load and store for good: they were half as fast.
 * Bits change their kind in native memory instead.
 */
final class Lanes {
    static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    static final int COUNT = F.length();
    static final int BYTES = F.vectorByteSize();

    /** As many bytes as there are lanes, where a vector can be that short: with 8 lanes or more. */
    static final VectorSpecies<Byte> B =
            COUNT >= 8 ? VectorSpecies.of(byte.class, VectorShape.forBitSize(8 * COUNT)) : ByteVector.SPECIES_64;

    static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

    /** Brings the lane so many above to each lane. */
    private static final VectorShuffle<Float> BY_1 = rotation(1);

    private static final VectorShuffle<Float> BY_2 = rotation(2);
    private static final VectorShuffle<Float> BY_4 = rotation(4);
    private static final VectorShuffle<Float> BY_8 = rotation(8);

    private Lanes() {}

    private static VectorShuffle<Float> rotation(int by) {
        return VectorShuffle.fromOp(F, lane -> (lane + by) % COUNT);
    }

    static FloatVector load(MemorySegment memory, long offset) {
        return FloatVector.fromMemorySegment(F, memory, offset, ORDER);
    }

    static FloatVector load(MemorySegment memory, long offset, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(F, memory, offset, ORDER, mask);
    }

    static void put(FloatVector vector, MemorySegment memory, long offset) {
        vector.intoMemorySegment(memory, offset, ORDER);
    }

    /** Bits of floats into memory, where they are floats: see the class's comment on reinterpreting. */
    static void put(IntVector bits, MemorySegment memory, long offset) {
        bits.intoMemorySegment(memory, offset, ORDER);
    }

    /** Bytes, each in a lane as a number from 0 to 255. */
    static IntVector unsigned(MemorySegment memory, long offset) {
        return (IntVector) ByteVector.fromMemorySegment(B, memory, offset, ORDER)
                .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
    }

    /** Bytes, each in a lane as a number from −128 to 127. */
    static IntVector signed(MemorySegment memory, long offset) {
        return (IntVector)
                ByteVector.fromMemorySegment(B, memory, offset, ORDER).convertShape(VectorOperators.B2I, I, 0);
    }

    static FloatVector toFloat(IntVector ints) {
        return (FloatVector) ints.convert(VectorOperators.I2F, 0);
    }

    static float f16(MemorySegment memory, long offset) {
        return Float.float16ToFloat(memory.get(SHORT, offset));
    }

    /** The eight 6-bit scales of a block of Q4_K or Q5_K, one to a byte, from its 12 bytes for them. */
    static long sixBitScales(MemorySegment memory, long bytes) {
        int early = memory.get(INT, bytes);
        int late = memory.get(INT, bytes + 8);
        return packed(early & 0x3F3F3F3F, (late & 0x0F0F0F0F) | ((early >>> 2) & 0x30303030));
    }

    /** The eight minima, likewise. */
    static long sixBitMinima(MemorySegment memory, long bytes) {
        int early = memory.get(INT, bytes + 4);
        int late = memory.get(INT, bytes + 8);
        return packed(early & 0x3F3F3F3F, ((late >>> 4) & 0x0F0F0F0F) | ((early >>> 2) & 0x30303030));
    }

    private static long packed(int low, int high) {
        return (low & 0xFFFF_FFFFL) | ((long) high << 32);
    }

    /** The sum of all lanes: neighbours first, then pairs, and so on. */
    static float sum(FloatVector v) {
        if (COUNT >= 16) {
            v = v.add(v.rearrange(BY_8));
        }
        if (COUNT >= 8) {
            v = v.add(v.rearrange(BY_4));
        }
        v = v.add(v.rearrange(BY_2));
        return v.add(v.rearrange(BY_1)).lane(0);
    }

    private static final float LOG2_E = 1.442695041f;
    /** Added to a small number, it leaves a whole one. */
    private static final float ROUNDER = 12_582_912f;

    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;

    /**
     * e^x to within 2 units in the last place from −87 to 88, beyond which x counts as those: a polynomial (Cephes'
     * coefficients) for what is left of x after whole powers of 2, and those powers put together as bits in memory.
     *
     * @param scratch memory for one vector
     */
    static FloatVector exp(FloatVector x, MemorySegment scratch, long at) {
        FloatVector in = x.max(-87f).min(88f);
        FloatVector n = in.fma(FloatVector.broadcast(F, LOG2_E), FloatVector.broadcast(F, ROUNDER))
                .sub(ROUNDER);
        IntVector power = (IntVector) n.convert(VectorOperators.F2I, 0);
        put(power.add(127).lanewise(VectorOperators.LSHL, 23), scratch, at);
        FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), in);
        r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
        FloatVector p = r.fma(FloatVector.broadcast(F, 1.9875691500e-4f), FloatVector.broadcast(F, 1.3981999507e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 8.3334519073e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 4.1665795894e-2f));
        p = p.fma(r, FloatVector.broadcast(F, 1.6666665459e-1f));
        p = p.fma(r, FloatVector.broadcast(F, 5.0000001201e-1f));
        p = p.fma(r.mul(r), r.add(1f));
        return p.mul(load(scratch, at));
    }
}
