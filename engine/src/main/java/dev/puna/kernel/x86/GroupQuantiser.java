package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VANDPS;
import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VCVTPS2DQ;
import static dev.puna.kernel.x86.Op.VDIVPS;
import static dev.puna.kernel.x86.Op.VMAXPS;
import static dev.puna.kernel.x86.Op.VMOVD_STORE;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPERM2I128;
import static dev.puna.kernel.x86.Op.VPERMD;
import static dev.puna.kernel.x86.Op.VPMAXSD;
import static dev.puna.kernel.x86.Op.VPOR;
import static dev.puna.kernel.x86.Op.VPSHUFD;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VSHUFPS;

/** Writes activations whose groups have whole scales, {@link Activations#EIGHTS} and {@link Activations#FOURS}. */
final class GroupQuantiser {
    /** The largest s, that of the group with the run's largest number. */
    private static final int MOST_SCALE = 4_095;

    private final Activations record;
    private final boolean fours;
    private final Routine routine = new Routine(Lanes.EIGHT);
    private final Assembler a = routine.a;

    private GroupQuantiser(Activations record) {
        this.record = record;
        this.fours = record == Activations.FOURS;
    }

    /** As {@link Quantiser#of}. */
    static byte[] kernel(Activations record) {
        return new GroupQuantiser(record).kernel();
    }

    private byte[] kernel() {
        Vec positive = routine.allLanes(0x7FFF_FFFF);
        Vec most = routine.allLanes(Float.floatToRawIntBits(MOST_SCALE));
        Vec order = routine.take();
        a.op(VMOVUPS, order, a.constant(fours ? ORDER_OF_FOURS : ORDER_OF_EIGHTS));
        Label run = Quantiser.begun(a);
        Vec[] x = Quantiser.loaded(routine);
        Vec[] t = routine.take(4);
        Vec step = routine.take();
        Vec factor = routine.take();
        for (int i = 0; i < x.length; i++) {
            a.op(VANDPS, t[i], x[i], positive);
        }
        across(t, VPMAXSD); // by bits, so that what is no number is the largest
        Vec scales = t[0];
        a.op(VMOVUPS, step, scales);
        Elementwise.acrossLanes(a, step, t[1], VPMAXSD);
        a.op(VPMAXSD, step, step, floats(1e-30f)); // where all are 0 q is 0, not NaN
        a.op(VDIVPS, factor, most, step);
        a.op(VMULPS, step, step, floats(1f / MOST_SCALE / record.most()));
        a.op(VMOVD_STORE, Mem.at(RSI, record.scale()), step.xmm());
        // Rounded up but for a thousandth, so that no q is above the most
        a.op(VMULPS, scales, scales, factor);
        a.op(VADDPS, scales, scales, floats(0.499f));
        a.op(VMAXPS, scales, scales, floats(1));
        a.op(VCVTPS2DQ, t[1], scales);
        a.op(VCVTDQ2PS, scales, t[1]);
        a.op(VMULPS, factor, factor, floats(record.most()));
        a.op(VDIVPS, factor, factor, scales);
        multiplied(x, factor, order, t[2]);
        a.op(VPSLLD, factor, t[1], 16);
        a.op(VPOR, factor, factor, t[1]);
        a.op(VPERMD, factor, order, factor);
        storeInOrder(factor);

        Vec[] sums = {t[1], t[2], t[3], factor};
        for (int i = 0; i < x.length; i++) {
            a.op(VMOVUPS, sums[i], x[i]);
        }
        across(sums, VPADDD);
        Vec sum = sums[0];
        a.op(VCVTDQ2PS, sum, sum);
        a.op(VMULPS, sum, sum, scales);
        total(sum, t[2]); // of whole numbers below 2^24: exact
        a.op(VMULPS, step, step, sum);
        a.op(VMOVD_STORE, Mem.at(RSI, record.sum(0)), step.xmm());
        for (int bias : record.biases()) {
            a.op(VMULPS, step, sum, floats(-bias));
            a.op(VCVTPS2DQ, step, step);
            a.op(VMOVD_STORE, Mem.at(RSI, record.offsetOfBias(bias)), step.xmm());
        }
        Quantiser.packed(routine, x);
        a.op(VMOVUPS_STORE, Mem.at(RSI), x[0]);
        return Quantiser.finished(a, run, record);
    }

    private Mem floats(float value) {
        return Elementwise.floats(routine, value);
    }

    /** Where the groups' lanes lie, of eights twice. */
    private static final byte[] ORDER_OF_EIGHTS = Elementwise.ints(0, 4, 2, 6, 0, 4, 2, 6);

    private static final byte[] ORDER_OF_FOURS = Elementwise.ints(0, 4, 1, 5, 2, 6, 3, 7);

    /**
     * Combines the numbers of each group in the first of four vectors, whose lanes then are of groups 0 0 2 2 1 1 3 3, or 0 2 4 6
     * 1 3 5 7.
     */
    private void across(Vec[] v, Op combine) {
        routine.with(other -> {
            for (int i = 0; i < v.length; i += 2) {
                if (fours) {
                    a.op(VSHUFPS, other, v[i], v[i + 1], 0b11_10_11_10);
                    a.op(VSHUFPS, v[i], v[i], v[i + 1], 0b01_00_01_00);
                } else {
                    a.op(VPERM2I128, other, v[i], v[i + 1], 0x31);
                    a.op(VPERM2I128, v[i], v[i], v[i + 1], 0x20);
                }
                a.op(combine, v[i], v[i], other);
            }
            if (fours) {
                a.op(VSHUFPS, other, v[0], v[2], 0b11_01_11_01);
                a.op(VSHUFPS, v[0], v[0], v[2], 0b10_00_10_00);
                a.op(combine, v[0], v[0], other);
            } else {
                a.op(VSHUFPS, other, v[0], v[2], 0b11_10_11_10);
                a.op(VSHUFPS, v[0], v[0], v[2], 0b01_00_01_00);
                a.op(combine, v[0], v[0], other);
                a.op(VPSHUFD, other, v[0], 0b10_11_00_01);
                a.op(combine, v[0], v[0], other);
            }
        });
    }

    /** Whole numbers: {@code x · factor} of each group, rounded. */
    private void multiplied(Vec[] x, Vec factor, Vec order, Vec ofGroup) {
        if (!fours) {
            a.op(VPERMD, factor, order, factor);
            storeInOrder(factor);
        }
        for (int i = 0; i < x.length; i++) {
            if (fours) {
                a.op(VPSHUFD, ofGroup, factor, 0b01_01_01_01 * i);
            } else {
                a.op(VPBROADCASTD, ofGroup, Mem.at(RSI, record.scaleOf(i)));
            }
            a.op(VMULPS, x[i], x[i], ofGroup);
            a.op(VCVTPS2DQ, x[i], x[i]);
        }
    }

    private void storeInOrder(Vec ofGroups) {
        a.op(VMOVUPS_STORE, Mem.at(RSI, record.scaleOf(0)), fours ? ofGroups : ofGroups.xmm());
    }

    /** The sum over all groups, in every lane. */
    private void total(Vec ofGroups, Vec other) {
        a.op(VPERM2I128, other, ofGroups, ofGroups, 1);
        a.op(VADDPS, ofGroups, ofGroups, other);
        a.op(VPSHUFD, other, ofGroups, 0b01_00_11_10);
        a.op(VADDPS, ofGroups, ofGroups, other);
        if (fours) {
            a.op(VPSHUFD, other, ofGroups, 0b10_11_00_01);
            a.op(VADDPS, ofGroups, ofGroups, other);
        }
    }
}
