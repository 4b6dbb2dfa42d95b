package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPERMW;

/**
 * Q6_K: a line holds 32 bytes of either half. Part (h, x) of the products has half x of the runs of half h; part j of
 * the sums has runs 2j and 2j + 1. Beside the numbers: what the products begin with, of run 0 of both halves to run 3;
 * s and z of the even runs, of the odd ones.
 */
final class LineSixes extends LineBlock {
    private final Vec low;
    private final Vec upper;
    private final Vec taken;
    private final Vec factor;
    /** Lane (j, r), words: scales of run 2j, of run 2j + 1. */
    private final Vec numbers;
    /** Part j: the first half of run 2j or 2j + 1, and the second. */
    private final Vec firsts;

    private final Vec seconds;

    LineSixes(Routine routine, Vec sum) {
        super(routine, sum);
        this.low = routine.allBytes(0x0F);
        this.upper = routine.allBytes(0x30);
        this.taken = routine.allLanes(-32 * 16);
        this.factor = ofRows(7);
        this.numbers = kept(words(i -> 8 * (i / 2 % 4) + 2 * (i / 8) + i % 2));
        this.firsts = kept(parts(j -> j / 2 * 2 + j % 2 * 4));
        this.seconds = kept(parts(j -> j / 2 * 2 + j % 2 * 4 + 1));
    }

    @Override
    Activations source() {
        return Activations.HALVES;
    }

    @Override
    int sixteen(int line, int part) {
        return 2 * (part / 2 * 4 + line) + part % 2;
    }

    @Override
    Side side(int number, int part) {
        Activations halves = Activations.HALVES;
        if (number < 4) { // −128 · Σq becomes −32 · Σq
            return new Side((part / 2 * 4 + number) * halves.bytes + halves.offset(part % 2), 2);
        }
        int field = number % 2 == 0 ? halves.scale() : halves.middle();
        return new Side((2 * part + (number - 4) / 2) * halves.bytes + field, 0);
    }

    @Override
    int sides() {
        return 8;
    }

    @Override
    int pieces() {
        return 14;
    }

    @Override
    void block(Fetch fetch) {
        Vec[] bits = turned(128);
        fetch.piece();
        Vec[] totals = routine.take(4);
        Vec[] sums = routine.take(4);
        for (int c = 0; c < 2; c++) {
            Vec[] v = turned(32 * c, 64 + 32 * c);
            for (int run = c; run < 4; run += 2) {
                a.op(VMOVUPS, totals[run], beside(run));
                a.op(VMOVUPS, sums[run], taken);
            }
            fetch.piece();
            for (int k = 0; k < 4; k++) {
                Vec code = routine.take();
                Vec two = routine.take();
                a.op(Op.VPSLLW, two, bits[k], 4 - 2 * c);
                a.op(Op.VPAND, code, v[k], low);
                routine.orMasked(code, two, upper, two);
                multiply(totals[c], code, c, k);
                a.op(VPDPBUSD, sums[c], code, ones);
                a.op(Op.VPSRLW, v[k], v[k], 4);
                if (c == 1) {
                    a.op(Op.VPSRLW, two, bits[k], 2);
                }
                a.op(Op.VPAND, code, v[k], low);
                routine.orMasked(code, c == 1 ? two : bits[k], upper, two);
                multiply(totals[2 + c], code, 2 + c, k);
                a.op(VPDPBUSD, sums[2 + c], code, ones);
                routine.give(code, two);
                fetch.piece();
            }
            routine.give(v);
        }
        routine.give(bits);
        Vec head = partsOfRows(192);
        Vec d = partsOfRows(194);
        widened(d, factor, d);
        a.op(VPERMW, head, numbers, head);
        fetch.piece();
        for (int n = 0; n < 2; n++) {
            Vec[] scales = routine.take(2);
            for (int half = 0; half < 2; half++) {
                int index = 2 * n + half;
                routine.signedByteOfLane(scales[half], head, index);
                routine.scaled(scales[half], scales[half], d);
            }
            counted(totals[n], totals[2 + n], scales, true);
            a.op(VFMADD231PS, sum, totals[n], beside(4 + 2 * n));
            counted(sums[n], sums[2 + n], scales, false);
            a.op(VFMADD231PS, sum, sums[n], beside(5 + 2 * n));
            routine.give(scales);
            fetch.piece();
        }
        routine.give(totals);
        routine.give(sums);
        routine.give(head, d);
    }

    /**
     * {@code even} becomes the sum of both halves of a run, scaled.
     *
     * @param together whether the second half is multiplied and added in one, as many tokens' products are; the sums of a
     *     panel's weights are not
     */
    private void counted(Vec even, Vec odd, Vec[] scales, boolean together) {
        routine.with(second -> {
            a.op(VMOVDQU, second, even);
            a.op(Op.VPERMT2D, second, seconds, odd);
            a.op(Op.VPERMT2D, even, firsts, odd);
            routine.scaled(even, even, scales[0]);
            if (together) {
                a.op(VCVTDQ2PS, second, second);
                a.op(VFMADD231PS, even, second, scales[1]);
            } else {
                routine.scaled(second, second, scales[1]);
                a.op(Op.VADDPS, even, even, second);
            }
        });
    }
}
