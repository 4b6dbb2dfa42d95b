package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VANDPS;
import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VCVTPS2DQ;
import static dev.puna.kernel.x86.Op.VDIVPS;
import static dev.puna.kernel.x86.Op.VMAXPS;
import static dev.puna.kernel.x86.Op.VMINPS;
import static dev.puna.kernel.x86.Op.VMOVD_STORE;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPACKSSDW;
import static dev.puna.kernel.x86.Op.VPACKSSWB;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPERMD;
import static dev.puna.kernel.x86.Op.VPERMQ;
import static dev.puna.kernel.x86.Op.VPMAXSD;
import static dev.puna.kernel.x86.Op.VPSHUFB;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VPSRAD;
import static dev.puna.kernel.x86.Op.VPSUBD;
import static dev.puna.kernel.x86.Op.VPUNPCKHDQ;
import static dev.puna.kernel.x86.Op.VPUNPCKLDQ;
import static dev.puna.kernel.x86.Op.VSUBPS;

import dev.puna.kernel.x86.Assembler.Condition;

/** Writes activations as {@link Activations}. The same instructions at every level, AVX2's. */
final class Quantiser {
    private Quantiser() {}

    /**
     * {@code quantise(f32 source, records target, runs, together, jump, back)}: {@code together} records lie side by side; from
     * the end of these to the next lane's are {@code jump} bytes, and behind the fourth lane's {@code back} more.
     */
    static byte[] of(Activations record) {
        return switch (record) {
            case PARTS, PAIRED_PARTS -> parts(record);
            case BYTES, HALVES, WORDS -> whole(record);
            case SPLIT, SPLIT_HALVES, PAIRS, SUMMED_PAIRS -> exact(record);
            case EIGHTS, FOURS -> GroupQuantiser.kernel(record);
            case BLOCKS, PAIRED_BLOCKS -> BlockQuantiser.kernel(record);
            case FLOATS -> copied();
            case FOURTHS -> dealt();
        };
    }

    private static byte[] whole(Activations record) {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec positive = routine.allLanes(0x7FFF_FFFF);
        Vec most = routine.allLanes(Float.floatToRawIntBits(record.most()));
        Vec least = routine.allLanes(Float.floatToRawIntBits(1e-30f));
        Label run = begun(a);
        Vec[] x = routine.take(4);
        Vec[] t = routine.take(4);
        for (int i = 0; i < 4; i++) {
            a.op(VMOVUPS, x[i], Mem.at(RDI, 32 * i));
        }
        if (record.hasMiddle()) {
            middle(routine, x, t);
            a.op(VMOVD_STORE, Mem.at(RSI, record.middle()), t[1].xmm());
            for (Vec eight : x) {
                a.op(VSUBPS, eight, eight, t[1]);
            }
        } else {
            largest(routine, x, t, positive);
        }
        scaled(routine, record, x, t, most, least);
        if (record == Activations.WORDS) {
            words(routine, x);
            return finished(a, run, record);
        }
        sums(routine, record, x, t);
        packed(routine, x);
        a.op(VMOVUPS_STORE, Mem.at(RSI), x[0]);
        return finished(a, run, record);
    }

    /**
     * Numbers rounded to bf16, in units of the power of two that makes the largest less than 4,096; of 2^−71 at least, so that no
     * number is ever so small that tiles take it for zero. Beside an infinite one, or what is no number, the unit is none either.
     */
    private static byte[] exact(Activations record) {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec positive = routine.allLanes(0x7FFF_FFFF);
        Label run = begun(a);
        Vec[] x = loaded(routine);
        Vec[] t = routine.take(4);
        for (Vec eight : x) {
            TileFloats.toNearest(routine, eight, eight);
        }
        largest(routine, x, t, positive);
        Vec d = t[1];
        a.op(VPAND, d, t[0], routine.everyLane(0x7F80_0000));
        a.op(VPMAXSD, d, d, routine.everyLane(Float.floatToRawIntBits(0x1p-60f)));
        a.op(VPSUBD, d, d, routine.everyLane(11 << 23));
        a.op(VSUBPS, t[2], t[0], t[0]); // zero, or none
        a.op(VMOVUPS, t[0], routine.everyLane(254 << 23));
        a.op(VPSUBD, t[0], t[0], d); // its inverse
        a.op(VADDPS, d, d, t[2]);
        for (Vec eight : x) {
            a.op(VMULPS, eight, eight, t[0]);
            a.op(VCVTPS2DQ, eight, eight);
        }
        if (record.isSplit()) {
            a.op(VMOVD_STORE, Mem.at(RSI, record.scale()), d.xmm());
        }
        if (record != Activations.PAIRS) {
            sums(routine, record, x, t);
        }
        if (record.isSplit()) {
            split(routine, x, t);
        } else {
            a.op(VMULPS, d, d, routine.everyLane(Float.floatToRawIntBits(0x1p-24f)));
            for (Vec eight : x) {
                a.op(VCVTDQ2PS, eight, eight);
                a.op(VMULPS, eight, eight, d);
            }
            stored(routine, record, x, 0);
        }
        return finished(a, run, record);
    }

    /** The sums of the halves, or of all, by d in t1. */
    private static void sums(Routine routine, Activations record, Vec[] x, Vec[] t) {
        Assembler a = routine.a;
        a.op(VPADDD, t[2], x[0], x[1]);
        a.op(VPADDD, t[3], x[2], x[3]);
        if (record != Activations.SUMMED_PAIRS && record.halves() == 1) {
            a.op(VPADDD, t[2], t[2], t[3]);
            Elementwise.acrossLanes(a, t[2], t[0], VPADDD);
            sum(routine, record, t[2], t[1], 0);
            return;
        }
        Elementwise.acrossLanes(a, t[2], t[0], VPADDD);
        Elementwise.acrossLanes(a, t[3], t[0], VPADDD);
        if (record != Activations.SUMMED_PAIRS) {
            sum(routine, record, t[2], t[1], 0);
            sum(routine, record, t[3], t[1], 1);
            return;
        }
        a.op(VPADDD, t[0], t[2], t[3]);
        Vec[] ofPairs = {t[2], t[3], t[0]};
        for (int i = 0; i < ofPairs.length; i++) {
            a.op(VCVTDQ2PS, ofPairs[i], ofPairs[i]);
            a.op(VMULPS, ofPairs[i], ofPairs[i], t[1]);
            a.op(VMOVD_STORE, Mem.at(RSI, record.sumOfPairs(i % 2, i == 2)), ofPairs[i].xmm());
        }
    }

    private static byte[] copied() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Label run = begun(a);
        Vec[] x = loaded(routine);
        for (int i = 0; i < x.length; i++) {
            a.op(VMOVUPS_STORE, Mem.at(RSI, 32 * i), x[i]);
        }
        return finished(a, run, Activations.FLOATS);
    }

    /** The same arguments, in whole fours of runs. */
    private static byte[] dealt() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec four = routine.take();
        int bytes = Activations.FOURTHS.bytes;
        a.add(R8, bytes);
        a.lea(R9, Mem.at(R8, R8, 2, 0));
        a.align(32);
        Label runs = a.here();
        for (int i = 0; i < 8; i++) {
            int within = i / 4 * 16;
            Mem to = switch (i % 4) {
                case 0 -> Mem.at(RSI, within);
                case 1 -> Mem.at(RSI, R8, 1, within);
                case 2 -> Mem.at(RSI, R8, 2, within);
                default -> Mem.at(RSI, R9, 1, within);
            };
            a.op(VMOVUPS, four.xmm(), Mem.at(RDI, 16 * i));
            a.op(VMOVUPS_STORE, to, four.xmm());
        }
        a.add(RDI, 4 * 32);
        a.add(RSI, bytes);
        a.sub(RDX, 4);
        a.jump(Condition.GREATER, runs);
        a.ret();
        return a.finish();
    }

    /** Numbers rounded to bf16, then what is left of each, rounded too. */
    private static byte[] parts(Activations record) {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Label run = begun(a);
        Vec[] x = loaded(routine);
        Vec[] high = routine.take(x.length);
        for (int i = 0; i < x.length; i++) {
            TileFloats.rounded(routine, high[i], x[i]);
            a.op(VSUBPS, x[i], x[i], high[i]);
            TileFloats.rounded(routine, x[i], x[i]);
        }
        stored(routine, record, high, 0);
        stored(routine, record, x, record.bytes / 2);
        return finished(a, run, record);
    }

    static Vec[] loaded(Routine routine) {
        Vec[] x = routine.take(4);
        for (int i = 0; i < x.length; i++) {
            routine.a.op(VMOVUPS, x[i], Mem.at(RDI, 32 * i));
        }
        return x;
    }

    /** Writes 32 numbers that bf16 holds, as f32 or as bf16. */
    private static void stored(Routine routine, Activations record, Vec[] x, int offset) {
        Assembler a = routine.a;
        boolean single = record == Activations.PARTS;
        for (int i = 0; i < x.length; i++) {
            if (single) {
                a.op(VMOVUPS_STORE, Mem.at(RSI, offset + 32 * i), x[i]);
            } else {
                a.op(VPSRAD, x[i], x[i], 16);
            }
        }
        for (int i = 0; i < x.length && !single; i += 2) {
            a.op(VPACKSSDW, x[i], x[i], x[i + 1]);
            a.op(VPERMQ, x[i], x[i], 0b11_01_10_00); // packing works within 128 bits
            if (record != Activations.PAIRED_PARTS) {
                a.op(VPSHUFB, x[i], x[i], routine.everyPart(PAIRS));
            }
            a.op(VMOVUPS_STORE, Mem.at(RSI, offset + 16 * i), x[i]);
        }
    }

    /** Where the loop over runs begins. */
    static Label begun(Assembler a) {
        a.mov(R10, RCX);
        a.mov(R11, Abreast.BLOCKS);
        a.align(32);
        return a.here();
    }

    static byte[] finished(Assembler a, Label run, Activations record) {
        Label together = new Label();
        Label lane = new Label();
        a.add(RDI, 4 * record.columns);
        a.add(RSI, record.bytes);
        a.dec(R10);
        a.jump(Condition.NOT_ZERO, together);
        a.mov(R10, RCX);
        a.add(RSI, R8);
        a.dec(R11);
        a.jump(Condition.NOT_ZERO, lane);
        a.mov(R11, Abreast.BLOCKS);
        a.add(RSI, R9);
        a.bind(lane);
        a.bind(together);
        a.dec(RDX);
        a.jump(Condition.NOT_ZERO, run);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** t0: half the way from the smallest to the largest number; t1: the middle between them. */
    private static void middle(Routine routine, Vec[] x, Vec[] t) {
        Assembler a = routine.a;
        a.op(VMAXPS, t[0], x[0], x[1]);
        a.op(VMAXPS, t[2], x[2], x[3]);
        a.op(VMAXPS, t[0], t[0], t[2]);
        a.op(VMINPS, t[1], x[0], x[1]);
        a.op(VMINPS, t[2], x[2], x[3]);
        a.op(VMINPS, t[1], t[1], t[2]);
        Elementwise.acrossLanes(a, t[0], t[2], VMAXPS);
        Elementwise.acrossLanes(a, t[1], t[2], VMINPS);
        int half = Float.floatToRawIntBits(0.5f);
        a.op(VPBROADCASTD, t[3], a.constant(Routine.littleEndian(half)));
        a.op(VMULPS, t[0], t[0], t[3]); // halves first: the sum of two large numbers may be none
        a.op(VMULPS, t[1], t[1], t[3]);
        a.op(VADDPS, t[2], t[0], t[1]);
        a.op(VSUBPS, t[0], t[0], t[1]);
        a.op(VMOVUPS, t[1], t[2]);
    }

    /** t0: the largest magnitude, by its bits, so that what is no number is the largest. */
    private static void largest(Routine routine, Vec[] x, Vec[] t, Vec positive) {
        Assembler a = routine.a;
        for (int i = 0; i < 4; i++) {
            a.op(VANDPS, t[i], x[i], positive);
        }
        a.op(VPMAXSD, t[0], t[0], t[1]);
        a.op(VPMAXSD, t[2], t[2], t[3]);
        a.op(VPMAXSD, t[0], t[0], t[2]);
        Elementwise.acrossLanes(a, t[0], t[1], VPMAXSD);
    }

    /** Numbers up to t0 become whole ones up to {@code most}; t1 becomes d, which is stored. */
    private static void scaled(Routine routine, Activations record, Vec[] x, Vec[] t, Vec most, Vec least) {
        Assembler a = routine.a;
        a.op(VDIVPS, t[1], t[0], most);
        a.op(VMOVD_STORE, Mem.at(RSI, record.scale()), t[1].xmm());
        a.op(VMAXPS, t[0], t[0], least); // where all are alike q is 0, not NaN
        a.op(VDIVPS, t[0], most, t[0]);
        for (Vec eight : x) {
            a.op(VMULPS, eight, eight, t[0]);
            a.op(VCVTPS2DQ, eight, eight);
        }
    }

    /** {@code blocks(f32 source, Q8_0 target, blocks)}: the cache's way to keep numbers in 8 bits. */
    static byte[] blocks() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec positive = routine.allLanes(0x7FFF_FFFF);
        Vec most = routine.allLanes(Float.floatToRawIntBits(127));
        Vec least = routine.allLanes(Float.floatToRawIntBits(1e-30f));
        a.align(32);
        Label block = a.here();
        Vec[] x = routine.take(4);
        Vec[] t = routine.take(4);
        for (int i = 0; i < 4; i++) {
            a.op(VMOVUPS, x[i], Mem.at(RDI, 32 * i));
            a.op(VANDPS, t[i], x[i], positive);
        }
        a.op(VMAXPS, t[0], t[0], t[1]);
        a.op(VMAXPS, t[2], t[2], t[3]);
        a.op(VMAXPS, t[0], t[0], t[2]);
        Elementwise.acrossLanes(a, t[0], t[1], VMAXPS);
        a.op(VDIVPS, t[1], t[0], most);
        a.op(Op.VCVTPS2PH, t[1].xmm(), t[1], 0);
        a.op(VMOVD_STORE, Gpr.RAX, t[1].xmm());
        a.store16(Mem.at(RSI), Gpr.RAX);
        a.op(VMAXPS, t[0], t[0], least);
        a.op(VDIVPS, t[0], most, t[0]);
        for (Vec four : x) {
            a.op(VMULPS, four, four, t[0]);
            a.op(VCVTPS2DQ, four, four);
        }
        packed(routine, x);
        a.op(VMOVUPS_STORE, Mem.at(RSI, 2), x[0]);
        a.add(RDI, 4 * Codes.RUN);
        a.add(RSI, 34);
        a.dec(RDX);
        a.jump(Condition.NOT_ZERO, block);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** What belongs to the sum of a half: {@code d · Σq} and {@code −128 · Σq}. */
    private static void sum(Routine routine, Activations record, Vec sum, Vec d, int half) {
        Assembler a = routine.a;
        routine.with(scaled -> {
            a.op(VCVTDQ2PS, scaled, sum);
            a.op(VMULPS, scaled, scaled, d);
            a.op(VMOVD_STORE, Mem.at(RSI, record.sum(half)), scaled.xmm());
        });
        routine.with(offset -> {
            routine.zero(offset);
            a.op(VPSUBD, offset, offset, sum);
            a.op(VPSLLD, offset, offset, 7);
            a.op(VMOVD_STORE, Mem.at(RSI, record.offset(half)), offset.xmm());
        });
    }

    /** 32 numbers as bytes, in the first vector. */
    static void packed(Routine routine, Vec[] x) {
        Assembler a = routine.a;
        a.op(VPACKSSDW, x[0], x[0], x[1]);
        a.op(VPACKSSDW, x[2], x[2], x[3]);
        a.op(VPACKSSWB, x[0], x[0], x[2]);
        // Packing works within 128 bits: fours 0, 8, 16, 24, then 4, 12, 20, 28.
        a.op(VMOVUPS, x[1], a.constant(ORDER));
        a.op(VPERMD, x[0], x[1], x[0]);
    }

    /** Of each four numbers the upper parts, then the lower ones. */
    private static void split(Routine routine, Vec[] x, Vec[] t) {
        Assembler a = routine.a;
        for (int i = 0; i < x.length; i++) {
            a.op(VPAND, t[i], x[i], routine.everyLane((1 << Activations.LOW_BITS) - 1));
            a.op(VPSRAD, x[i], x[i], Activations.LOW_BITS);
        }
        packed(routine, x);
        packed(routine, t);
        a.op(VPERMQ, x[0], x[0], 0b11_01_10_00); // putting side by side works within 128 bits
        a.op(VPERMQ, t[0], t[0], 0b11_01_10_00);
        a.op(VPUNPCKLDQ, x[1], x[0], t[0]);
        a.op(VPUNPCKHDQ, x[2], x[0], t[0]);
        a.op(VMOVUPS_STORE, Mem.at(RSI), x[1]);
        a.op(VMOVUPS_STORE, Mem.at(RSI, 32), x[2]);
    }

    private static final byte[] ORDER = {
        0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 6, 0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0
    };

    /** Of every four words the first and third, then the others. */
    private static final byte[] PAIRS = {0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15};

    private static void words(Routine routine, Vec[] x) {
        Assembler a = routine.a;
        for (int i = 0; i < 4; i += 2) {
            // Fours 0, 2 | 1, 3 of sixteen: each part holds four numbers of either vector.
            a.op(VPACKSSDW, x[i], x[i], x[i + 1]);
            a.op(VPERMQ, x[i], x[i], 0b11_01_10_00);
            a.op(VPSHUFB, x[i], x[i], routine.everyPart(PAIRS));
            a.op(VMOVUPS_STORE, Mem.at(RSI, 16 * i), x[i]);
        }
    }
}
