package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPERMW;

/**
 * IQ4_XS: part j of the sums has runs 2j and 2j + 1. Beside the numbers: what the products begin with, in the order of the
 * runs; s and z of the even runs, of the odd ones.
 */
final class LineLevels extends LineBlock {
    private final Codes codes;
    private final Vec low;
    private final Vec taken;
    private final Vec table;
    private final Vec factor;
    /** Lane (j, r): the word with the upper bits of all scales; the one with the lower bits of runs 2j and 2j + 1. */
    private final Vec uppers;

    private final Vec numbers;
    /** Part j: run 2j, run 2j + 1. */
    private final Vec evens;

    private final Vec odds;

    LineLevels(Routine routine, Vec sum) {
        super(routine, sum);
        this.codes = Nibbles.levels();
        this.low = routine.allBytes(0x0F);
        this.taken = routine.allLanes(-128 * 32);
        this.table = routine.take();
        a.op(VMOVDQU, table, routine.everyPart(Nibbles.levels(codes)));
        this.factor = ofRows(0);
        this.uppers = kept(words(i -> 8 * (i / 2 % 4) + 1));
        this.numbers = kept(words(i -> 8 * (i / 2 % 4) + 2 + i / 16));
        this.evens = kept(parts(j -> 2 * j));
        this.odds = kept(parts(j -> 2 * j + 1));
    }

    @Override
    Activations source() {
        return Activations.BYTES;
    }

    @Override
    int sixteen(int line, int part) {
        return 2 * (line / 2 * 4 + part) + line % 2;
    }

    @Override
    Side side(int number, int part) {
        Activations bytes = Activations.BYTES;
        if (number < 2) {
            return new Side((4 * number + part) * bytes.bytes + bytes.offset(0), 0);
        }
        int field = number % 2 == 0 ? bytes.scale() : bytes.middle();
        return new Side((2 * part + (number - 2) / 2) * bytes.bytes + field, 0);
    }

    @Override
    int sides() {
        return 6;
    }

    @Override
    int pieces() {
        return 9;
    }

    @Override
    void block(Fetch fetch) {
        Vec head = partsOfRows(0);
        fetch.piece();
        Vec[] totals = routine.take(2);
        Vec[] sums = routine.take(2);
        for (int line = 0; line < 2; line++) {
            Vec[] v = turned(8 + 64 * line);
            a.op(VMOVUPS, totals[line], beside(line));
            a.op(VMOVUPS, sums[line], taken);
            for (int k = 0; k < 4; k++) {
                Vec code = routine.take();
                a.op(Op.VPAND, code, v[k], low);
                a.op(Op.VPSHUFB, code, table, code);
                multiply(totals[line], code, 2 * line, k);
                a.op(VPDPBUSD, sums[line], code, ones);
                a.op(Op.VPSRLW, code, v[k], 4);
                a.op(Op.VPAND, code, code, low);
                a.op(Op.VPSHUFB, code, table, code);
                multiply(totals[line], code, 2 * line + 1, k);
                a.op(VPDPBUSD, sums[line], code, ones);
                routine.give(code);
                fetch.piece();
            }
            routine.give(v);
        }
        Vec d = routine.take();
        widened(d, factor, head);
        turnedParts(totals);
        turnedParts(sums);
        Vec upper = routine.take();
        a.op(VPERMW, upper, uppers, head);
        a.op(VPERMW, head, numbers, head);
        a.op(Op.VPSRLVD, upper, upper, ofParts(j -> 4 * j));
        a.op(Op.VPSRLVD, head, head, ofParts(j -> j % 2 * 8));
        a.op(Op.VPSLLD, upper, upper, 4);
        for (int n = 0; n < 2; n++) {
            Vec scale = routine.take();
            if (n == 1) {
                a.op(Op.VPSRLD, upper, upper, 2);
                a.op(Op.VPSRLD, head, head, 4);
            }
            a.op(Op.VPAND, scale, head, whole(15));
            a.op(Op.VPTERNLOGD, scale, upper, whole(0x30), 0xF8);
            a.op(Op.VPADDD, scale, scale, whole(-32));
            routine.scaled(scale, scale, d);
            routine.scaled(totals[n], totals[n], scale);
            routine.scaled(sums[n], sums[n], scale);
            a.op(VFMADD231PS, sum, totals[n], beside(2 + 2 * n));
            a.op(VFMADD231PS, sum, sums[n], beside(3 + 2 * n));
            routine.give(scale);
        }
        routine.give(d, upper, head);
        routine.give(totals);
        routine.give(sums);
    }

    private void turnedParts(Vec[] two) {
        routine.with(odd -> {
            a.op(VMOVDQU, odd, two[0]);
            a.op(Op.VPERMT2D, odd, odds, two[1]);
            a.op(Op.VPERMT2D, two[0], evens, two[1]);
            a.op(VMOVDQU, two[1], odd);
        });
    }

    private Mem whole(int value) {
        return a.constant(Routine.littleEndian(value)).toAll();
    }
}
