package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.RBX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPANDN;
import static dev.puna.kernel.x86.Op.VPOR;
import static dev.puna.kernel.x86.Op.VPSRAD;
import static dev.puna.kernel.x86.Op.VPSRLD;
import static dev.puna.kernel.x86.Op.VPSUBD;
import static dev.puna.kernel.x86.Op.VPTESTMD;
import static dev.puna.kernel.x86.Op.VSUBPS;

import dev.puna.tensor.DType;

/**
 * AMX, weights that are floats: near to f32, though tiles take bf16. A number is split into two that bf16 holds, and a
 * product has three terms: high × high, low activation × high weight, high activation × low weight. As with codes, one
 * token is summed by ordinary instructions in the order in which tiles sum.
 */
final class TileFloats {
    private TileFloats() {}

    /** How many bf16 numbers make a weight. */
    static int parts(DType type) {
        return type == DType.BF16 ? 1 : 2;
    }

    /** Bytes of a run of a strip in a panel. */
    static int runBytes(DType type) {
        return parts(type) * TILE_BYTES;
    }

    static final int TILE_BYTES = 1024;

    /**
     * The number in each lane rounded to bf16, which is the upper half of f32. What is below 2^−49 becomes zero, of weights what is
     * below 2^−63: so no product or sum is ever so small that tiles take it for zero and other instructions do not.
     */
    static void rounded(Routine routine, Vec target, Vec number) {
        Assembler a = routine.a;
        toNearest(routine, target, number);
        routine.with(below -> {
            a.op(VPAND, below, target, routine.everyLane(0x7FFF_FFFF));
            a.op(VPSUBD, below, below, routine.everyLane(Float.floatToRawIntBits(0x1p-49f)));
            a.op(VPSRAD, below, below, 31);
            a.op(VPANDN, target, below, target);
        });
    }

    /** The same, however small it is. */
    static void toNearest(Routine routine, Vec target, Vec number) {
        Assembler a = routine.a;
        a.op(VPADDD, target, number, routine.everyLane(0x8000));
        a.op(VPAND, target, target, routine.everyLane(0xFFFF_0000));
    }

    /** Chooses lanes that are not zeroed. */
    private static final Mask LARGE = new Mask(1);

    /** The weight, or zero where it is below 2^−63. */
    private static void cleared(Routine routine, Vec target, Vec weight) {
        Assembler a = routine.a;
        a.op(VPTESTMD, LARGE, weight, routine.everyLane(0x6000_0000)); // exponents from 64 on
        a.op(VMOVDQU, target.orZeroWhere(LARGE), weight);
    }

    /** The parts of a weight. Those of F16 are whole multiples of 2^−24, and what is left of its 11 bits fits. */
    private static void split(Routine routine, DType type, Vec[] parts, Vec weight) {
        Assembler a = routine.a;
        if (type == DType.BF16) {
            cleared(routine, parts[0], weight);
            return;
        }
        toNearest(routine, parts[0], weight);
        if (type == DType.F32) {
            cleared(routine, parts[0], parts[0]);
        }
        a.op(VSUBPS, parts[1], weight, parts[0]);
        if (type == DType.F32) {
            toNearest(routine, parts[1], parts[1]);
            cleared(routine, parts[1], parts[1]);
        }
    }

    static byte[] unpack(DType type) {
        Routine routine = new Routine(Level.AMX.lanes);
        Assembler a = routine.a;
        int parts = parts(type);
        Vec[] even = routine.take(parts);
        return Unpack.floats(routine, type, runBytes(type), (column, values) -> {
            Vec[] now = column % 2 == 0 ? even : routine.take(parts);
            split(routine, type, now, values);
            if (column % 2 == 1) {
                for (int part = 0; part < parts; part++) {
                    a.op(VPSRLD, even[part], even[part], 16);
                    a.op(VPOR, even[part], even[part], now[part]);
                    a.op(VMOVUPS_STORE, Mem.at(RCX, part * TILE_BYTES + column / 2 * 64), even[part]);
                }
                routine.give(now);
            }
        });
    }

    static byte[] one(DType type) {
        Routine routine = new Routine(Level.AMX.lanes);
        Assembler a = routine.a;
        FloatFormat format = new FloatFormat(routine, type);
        Vec[] sums = routine.take(2);
        Rows[] rows = OneToken.floatStrips(routine, type);
        boolean twoParts = parts(type) == 2;
        Vec[] chains = routine.take(twoParts ? 6 : 4); // high × high, low activation, low weight: even, odd
        OneToken.units(routine, 0, Activations.PARTS, rows, new OneToken.Unit() {
            @Override
            public void block() {
                for (int strip = 0; strip < 2; strip++) {
                    for (Vec chain : chains) {
                        routine.zero(chain);
                    }
                    Fetch fetch =
                            new Fetch(a, RBX, routine.lanes.rows * format.blockBytes(), Activations.PARTS.columns);
                    FloatFormat.Sink sink = (column, values) -> times(routine, type, chains, column, values);
                    format.block(rows[strip], fetch.before(sink));
                    fetch.advance();
                    rows[strip].advance(format.blockBytes());
                    for (int chain = 0; chain < chains.length; chain += 2) {
                        a.op(VADDPS, chains[chain], chains[chain], chains[chain + 1]);
                        a.op(VADDPS, sums[strip], sums[strip], chains[chain]);
                    }
                }
                a.add(RCX, Activations.PARTS.bytes);
            }

            @Override
            public Vec[] sums() {
                return sums;
            }
        });
        return a.finish();
    }

    private static void times(Routine routine, DType type, Vec[] chains, int column, Vec values) {
        Assembler a = routine.a;
        Mem high = Mem.at(RCX, 4 * column).toAll();
        Mem low = Mem.at(RCX, 4 * (Activations.PARTS.columns + column)).toAll();
        int parity = column % 2;
        Vec[] weight = routine.take(parts(type));
        split(routine, type, weight, values);
        a.op(VFMADD231PS, chains[parity], weight[0], high);
        a.op(VFMADD231PS, chains[2 + parity], weight[0], low);
        if (weight.length == 2) {
            a.op(VFMADD231PS, chains[4 + parity], weight[1], high);
        }
        routine.give(weight);
    }
}
