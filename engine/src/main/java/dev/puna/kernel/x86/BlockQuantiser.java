package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Gpr.RSP;
import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VANDPS;
import static dev.puna.kernel.x86.Op.VBROADCASTSS;
import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VCVTPS2DQ;
import static dev.puna.kernel.x86.Op.VDIVPS;
import static dev.puna.kernel.x86.Op.VEXTRACTI128;
import static dev.puna.kernel.x86.Op.VMAXPS;
import static dev.puna.kernel.x86.Op.VMINPS;
import static dev.puna.kernel.x86.Op.VMOVD_STORE;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPACKSSDW;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPERM2I128;
import static dev.puna.kernel.x86.Op.VPERMD;
import static dev.puna.kernel.x86.Op.VPERMQ;
import static dev.puna.kernel.x86.Op.VPSHUFD;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VPSUBD;
import static dev.puna.kernel.x86.Op.VSUBPS;

import dev.puna.kernel.x86.Assembler.Condition;

/**
 * Writes activations as {@link Activations#BLOCKS}, with AVX2's instructions: first each run's ends and sums, then the
 * middles of all, rounded, and around these the numbers.
 */
final class BlockQuantiser {
    // On the stack: eight numbers of each kind
    private static final int LARGEST = 0;
    private static final int SMALLEST = 32;
    private static final int SUMS = 64;
    private static final int MIDDLES = 128;
    private static final int STEPS = 160;
    private static final int INVERSES = 192;
    private static final int FRAME = 224;

    private final boolean paired;
    private final Routine routine = new Routine(Lanes.EIGHT);
    private final Assembler a = routine.a;
    private final Vec positive = routine.allLanes(0x7FFF_FFFF);
    /** More bits make no difference: products of 8 bits are coarser. */
    private final Vec words = floats(8_191);

    private final Vec bytes = floats(127);
    private final Vec least = floats(1e-30f);
    private final Vec half = floats(Codes.RUN / 2);

    private BlockQuantiser(boolean paired) {
        this.paired = paired;
    }

    /** {@code quantise(f32 source, records target, blocks)}. */
    static byte[] kernel(Activations record) {
        return new BlockQuantiser(record == Activations.PAIRED_BLOCKS).written();
    }

    private Vec floats(float value) {
        return routine.allLanes(Float.floatToRawIntBits(value));
    }

    private byte[] written() {
        a.sub(RSP, FRAME);
        a.align(32);
        Label block = a.here();
        for (int run = 0; run < BlockRecord.RUNS; run++) {
            ends(run);
        }
        middles();
        for (int run = 0; run < BlockRecord.RUNS; run++) {
            numbers(run);
        }
        sums();
        a.add(RDI, 4 * Activations.BLOCKS.columns);
        a.add(RSI, Activations.BLOCKS.bytes);
        a.dec(RDX);
        a.jump(Condition.NOT_ZERO, block);
        a.add(RSP, FRAME);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    private Vec[] run(int run) {
        Vec[] x = routine.take(4);
        for (int i = 0; i < 4; i++) {
            a.op(VMOVUPS, x[i], Mem.at(RDI, 4 * (Codes.RUN * run + 8 * i)));
        }
        return x;
    }

    private void ends(int run) {
        Vec[] x = run(run);
        Vec[] t = routine.take(2);
        for (int end = 0; end < 2; end++) {
            Op op = end == 0 ? VMAXPS : VMINPS;
            a.op(op, t[0], x[0], x[1]);
            a.op(op, t[1], x[2], x[3]);
            a.op(op, t[0], t[0], t[1]);
            Elementwise.acrossLanes(a, t[0], t[1], op);
            a.op(VMOVD_STORE, Mem.at(RSP, (end == 0 ? LARGEST : SMALLEST) + 4 * run), t[0].xmm());
        }
        routine.give(t);
        routine.give(x);
    }

    /** The lanes of t0 put together in the lower half of t0, those of t1 in the upper. */
    private void both(Vec[] t, Op combine) {
        a.op(VPERM2I128, t[2], t[0], t[1], 0x20);
        a.op(VPERM2I128, t[0], t[0], t[1], 0x31);
        a.op(combine, t[0], t[0], t[2]);
        a.op(VPSHUFD, t[1], t[0], 0b01_00_11_10);
        a.op(combine, t[0], t[0], t[1]);
        a.op(VPSHUFD, t[1], t[0], 0b10_11_00_01);
        a.op(combine, t[0], t[0], t[1]);
    }

    /** What x is to be divided by, so that the largest becomes 8,191: its inverse; and stores what undoes that. */
    private void factor(Vec inverse, Vec largest, int factor) {
        routine.with(step -> {
            a.op(VDIVPS, step, largest, words);
            a.op(VMOVD_STORE, Mem.at(RSI, BlockRecord.SIDE + factor), step.xmm());
        });
        a.op(VMAXPS, inverse, largest, least);
        a.op(VDIVPS, inverse, words, inverse);
    }

    /** The middles of the runs, as they are after rounding, and the steps on both sides of them. */
    private void middles() {
        Vec[] v = routine.take(6);
        Vec middle = v[0];
        Vec largest = v[1];
        Vec smallest = v[2];
        a.op(VMOVUPS, largest, Mem.at(RSP, LARGEST));
        a.op(VMOVUPS, smallest, Mem.at(RSP, SMALLEST));
        a.op(Op.VPBROADCASTD, v[3], a.constant(Routine.littleEndian(Float.floatToRawIntBits(0.5f))));
        a.op(VMULPS, v[4], largest, v[3]); // halves first: the sum of two large numbers may be none
        a.op(VMULPS, v[5], smallest, v[3]);
        a.op(VADDPS, middle, v[4], v[5]);
        a.op(VANDPS, v[3], middle, positive);
        Elementwise.acrossLanes(a, v[3], v[4], VMAXPS);
        factor(v[4], v[3], BlockRecord.MIDDLE_FACTOR);
        a.op(VMULPS, v[4], v[4], middle);
        a.op(VCVTPS2DQ, v[4], v[4]);
        a.op(VCVTDQ2PS, middle, v[4]);
        a.op(VPACKSSDW, v[4], v[4], v[4]);
        a.op(VPERMQ, v[4], v[4], 0b1000);
        a.op(VMOVUPS_STORE, Mem.at(RSI, BlockRecord.SIDE + BlockRecord.MIDDLES), v[4].xmm());
        a.op(VBROADCASTSS, v[5], Mem.at(RSI, BlockRecord.SIDE + BlockRecord.MIDDLE_FACTOR));
        a.op(VMULPS, middle, middle, v[5]);
        a.op(VMOVUPS_STORE, Mem.at(RSP, MIDDLES), middle);
        a.op(VSUBPS, largest, largest, middle);
        a.op(VSUBPS, smallest, middle, smallest);
        a.op(VMAXPS, largest, largest, smallest);
        a.op(VDIVPS, v[3], largest, bytes);
        a.op(VMOVUPS_STORE, Mem.at(RSP, STEPS), v[3]);
        a.op(VMAXPS, largest, largest, least); // where all are alike q is 0, not NaN
        a.op(VDIVPS, largest, bytes, largest);
        a.op(VMOVUPS_STORE, Mem.at(RSP, INVERSES), largest);
        routine.give(v);
    }

    private static final byte[][] TWICE = {
        {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0},
        {4, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 7, 0, 0, 0}
    };

    /** Of the numbers as the kernels read them, {@code d · Σq + 16 · z}: a code's rounding must meet its minimum. */
    private void sums() {
        Vec[] v = routine.take(4);
        for (int i = 0; i < 2; i++) {
            a.op(VMOVUPS, v[2], a.constant(TWICE[i]));
            a.op(VCVTDQ2PS, v[i], Mem.at(RSP, SUMS + 32 * i));
            a.op(VPERMD, v[3], v[2], Mem.at(RSP, STEPS));
            a.op(VMULPS, v[i], v[i], v[3]);
            a.op(VPERMD, v[3], v[2], Mem.at(RSP, MIDDLES));
            a.op(VMULPS, v[3], v[3], half);
            a.op(VADDPS, v[i], v[i], v[3]);
        }
        a.op(VANDPS, v[2], v[0], positive);
        a.op(VANDPS, v[3], v[1], positive);
        a.op(VMAXPS, v[2], v[2], v[3]);
        Elementwise.acrossLanes(a, v[2], v[3], VMAXPS);
        factor(v[3], v[2], BlockRecord.SUM_FACTOR);
        for (int i = 0; i < 2; i++) {
            a.op(VMULPS, v[i], v[i], v[3]);
            a.op(VCVTPS2DQ, v[i], v[i]);
        }
        a.op(VPACKSSDW, v[0], v[0], v[1]);
        a.op(VPERMQ, v[0], v[0], 0b11_01_10_00); // packing works within 128 bits
        a.op(VMOVUPS_STORE, Mem.at(RSI, BlockRecord.SIDE + BlockRecord.SUMS), v[0]);
        a.op(Op.VPBROADCASTD, v[1], a.constant(Routine.littleEndian(0x0001_0001)));
        a.op(Op.VPMADDWD, v[0], v[0], v[1]);
        a.op(VPACKSSDW, v[0], v[0], v[0]);
        a.op(VPERMQ, v[0], v[0], 0b1000);
        a.op(VMOVUPS_STORE, Mem.at(RSI, BlockRecord.SIDE + BlockRecord.RUN_SUMS), v[0].xmm());
        routine.give(v);
    }

    private void numbers(int run) {
        int at = run * BlockRecord.RUN_BYTES;
        Vec[] x = run(run);
        Vec[] t = routine.take(3);
        a.op(VBROADCASTSS, t[0], Mem.at(RSP, MIDDLES + 4 * run));
        a.op(VBROADCASTSS, t[1], Mem.at(RSP, INVERSES + 4 * run));
        for (Vec eight : x) {
            a.op(VSUBPS, eight, eight, t[0]);
            a.op(VMULPS, eight, eight, t[1]);
            a.op(VCVTPS2DQ, eight, eight);
        }
        a.op(Op.VMOVSS, t[0].xmm(), Mem.at(RSP, STEPS + 4 * run));
        a.op(VMOVD_STORE, Mem.at(RSI, at + BlockRecord.SCALE), t[0].xmm());
        a.op(VPADDD, t[0], x[0], x[1]);
        a.op(VPADDD, t[1], x[2], x[3]);
        both(t, VPADDD); // of each half
        a.op(VEXTRACTI128, t[1].xmm(), t[0], 1);
        a.op(Op.VPUNPCKLDQ, t[0].xmm(), t[0].xmm(), t[1].xmm());
        a.op(Op.VMOVQ_STORE, Mem.at(RSP, SUMS + 8 * run), t[0].xmm());
        if (!paired) {
            offsets(at, t);
        }
        Quantiser.packed(routine, x);
        a.op(VMOVUPS_STORE, Mem.at(RSI, at), x[0]);
        if (paired) {
            middle(run, at, t);
            wordOffsets(at, x[0], t);
        }
        routine.give(t);
        routine.give(x);
    }

    /** Of the sums of both halves, in the lower two lanes of t0. */
    private void offsets(int at, Vec[] t) {
        routine.zero(t[1]);
        a.op(VPSUBD, t[0].xmm(), t[1].xmm(), t[0].xmm());
        a.op(VPSHUFD, t[1].xmm(), t[0].xmm(), 1);
        a.op(VPADDD, t[1].xmm(), t[1].xmm(), t[0].xmm());
        a.op(VPSLLD, t[1].xmm(), t[1].xmm(), 7);
        a.op(VMOVD_STORE, Mem.at(RSI, at + BlockRecord.OFFSET), t[1].xmm());
        a.op(VPSLLD, t[0].xmm(), t[0].xmm(), 2);
        a.op(VPACKSSDW, t[0].xmm(), t[0].xmm(), t[0].xmm());
        a.op(VMOVD_STORE, Mem.at(RSI, at + BlockRecord.OFFSETS), t[0].xmm());
    }

    private void middle(int run, int at, Vec[] t) {
        a.op(Op.VMOVSS, t[0].xmm(), Mem.at(RSP, MIDDLES + 4 * run));
        a.op(VMOVD_STORE, Mem.at(RSI, at + BlockRecord.MIDDLE), t[0].xmm());
    }

    private void wordOffsets(int at, Vec bytes, Vec[] t) {
        a.op(VMOVUPS, t[0], routine.everyByte(1));
        a.op(Op.VPMADDUBSW, t[0], t[0], bytes);
        a.op(VPSHUFD, t[1], t[0], 0b01_00_11_10);
        a.op(Op.VPADDW, t[0], t[0], t[1]);
        a.op(VPSHUFD, t[1], t[0], 0b10_11_00_01);
        a.op(Op.VPADDW, t[0], t[0], t[1]);
        routine.zero(t[1]);
        a.op(Op.VPSUBW, t[0], t[1], t[0]);
        a.op(Op.VPSLLW, t[0], t[0], 5);
        a.op(VMOVD_STORE, Mem.at(RSI, at + BlockRecord.wordOffsets(0)), t[0].xmm());
        a.op(VEXTRACTI128, t[1].xmm(), t[0], 1);
        a.op(VMOVD_STORE, Mem.at(RSI, at + BlockRecord.wordOffsets(1)), t[1].xmm());
    }
}
