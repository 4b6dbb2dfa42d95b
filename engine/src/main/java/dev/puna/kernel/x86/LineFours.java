package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VSHUFI32X4;

import dev.puna.tensor.DType;

/**
 * Q4_K and Q5_K: part j of the sums has runs 2j and 2j + 1. Beside the numbers: s, z where there are middles, dΣq of the even
 * runs, of the odd ones.
 */
final class LineFours extends LineBlock {
    private final DType type;
    private final Vec low;
    private final boolean five;
    private final Vec high;
    private final Vec sixteens;
    private final Operand factor;
    private final Operand least;
    /** Words of lane (j, r): scales 2j and 2j + 1, minima; of the upper runs the nibbles of both. */
    private final Operand numbers;
    /** The upper bits of the upper runs. */
    private final Operand uppers;

    private final Mem shifts;
    private final Mem lowBits;
    private final Mem upperBits;

    LineFours(DType type, Routine routine, int tokens, Activations source) {
        super(routine, tokens, source);
        this.type = type;
        this.low = routine.allBytes(0x0F);
        this.five = type == DType.Q5_K;
        this.high = routine.allBytes(0xF0);
        this.sixteens = routine.allBytes(0x10);
        this.factor = ofRows(0);
        this.least = ofRows(1);
        this.numbers = kept(words(i -> {
            int j = i / 8;
            int row = i / 2 % 4;
            return 8 * row + (j < 2 ? 2 + i % 2 * 2 + j : 6 + j - 2);
        }));
        this.uppers = kept(words(i -> 8 * (i / 2 % 4) + 2 + i % 2 * 2 + i / 8 % 2));
        this.shifts = a.constant(words(i -> i < 16 || i % 2 == 0 ? 0 : 4));
        this.lowBits = a.constant(words(i -> i < 16 ? 0x3F3F : 0x0F0F));
        this.upperBits = a.constant(words(i -> i < 16 ? 0 : 0x3030));
    }

    @Override
    int sixteen(int line, int part) {
        return 2 * (line / 2 * 4 + part / 2 * 2 + line % 2) + part % 2;
    }

    @Override
    Side side(int number, int part) {
        int[] fields = source.hasMiddle()
                ? new int[] {source.scale(), source.middle(), source.sum(0)}
                : new int[] {source.scale(), source.sum(0)};
        int ofParity = fields.length;
        return new Side((2 * part + number / ofParity) * source.bytes + fields[number % ofParity], 0);
    }

    @Override
    int sides() {
        return source.hasMiddle() ? 6 : 4;
    }

    @Override
    int pieces() {
        return 9;
    }

    @Override
    void block(Fetch fetch) {
        Vec[] factors = routine.take(2);
        Vec[] least = routine.take(2);
        scales(factors, least);
        Operand[] scales = aside(factors);
        Operand[] minima = aside(least);
        fetch.piece();
        Vec[] fifths = five ? fifths() : new Vec[0];
        Operand[][][] totals = new Operand[2][][]; // by line, parity of the run and token
        Operand[][] codeSums = new Operand[2][];
        for (int line = 0; line < 2; line++) {
            Vec[] v = turned((five ? 48 : 16) + 64 * line);
            Vec[][] products = {products(-1), products(-1)};
            Vec[] codes = codeSums(2, 0);
            for (int k = 0; k < 4; k++) {
                Vec code = routine.take();
                a.op(Op.VPAND, code, v[k], low);
                if (five) {
                    fifth(code, fifths[k], 4 * line);
                }
                multiply(products[0], code, 2 * line, k);
                gather(codes, 0, code);
                if (five) {
                    a.op(Op.VPSRLW, code, v[k], 4);
                    a.op(Op.VPAND, code, code, low);
                    fifth(code, fifths[k], 4 * line + 1);
                } else {
                    a.op(Op.VPAND, code, v[k], high);
                }
                multiply(products[1], code, 2 * line + 1, k);
                gather(codes, 1, code);
                routine.give(code);
                fetch.piece();
            }
            routine.give(v);
            Vec[][] summed = {summed(products[0]), summed(products[1])};
            totals[line] = line == 0 ? new Operand[][] {aside(summed[0]), aside(summed[1])} : summed;
            codeSums[line] = line == 0 ? aside(codes) : codes;
        }
        routine.give(fifths);
        for (int n = 0; n < 2; n++) {
            Vec scale = back(scales[n]);
            Vec minimum = back(minima[n]);
            Vec weights = null;
            if (source.hasMiddle()) {
                weights = sumOfHalves(codeSums[0][n], codeSums[1][n]);
                routine.scaled(weights, weights, scale);
                a.op(Op.VFNMADD231PS, weights, minimum, constant(32));
            }
            for (int token = 0; token < tokens; token++) {
                Vec total = sumOfHalves(totals[0][n][token], totals[1][n][token]);
                counted(total, scale);
                add(token, sides() / 2 * n, total, scale, weights, minimum);
                routine.give(total);
            }
            give(weights);
            routine.give(scale, minimum);
        }
    }

    /** Four vectors: bits 0, 1, 4 and 5 of each byte belong to runs 0 and 1, 4 and 5, or 2 and 3, 6 and 7. */
    private Vec[] fifths() {
        Vec[] v = routine.take(4);
        for (int r = 0; r < FourRows.ROWS; r++) {
            a.op(Op.VBROADCASTI64X4, v[r], row(r, 16));
        }
        Vec[] bits = turn(v);
        Mem shift = a.constant(words(i -> i >= 16 && i % 2 == 0 ? 2 : 0));
        for (Vec four : bits) {
            a.op(Op.VPSRLVD, four, four, shift);
        }
        return bits;
    }

    private void fifth(Vec code, Vec bits, int bit) {
        routine.with(moved -> {
            if (bit < 4) {
                a.op(Op.VPSLLW, moved, bits, 4 - bit);
            } else if (bit > 4) {
                a.op(Op.VPSRLW, moved, bits, bit - 4);
            }
            routine.orMasked(code, bit == 4 ? bits : moved, sixteens, moved);
        });
    }

    /** The odd runs' scales are a sixteenth: their codes stay where they are, in the high nibbles. */
    private void scales(Vec[] scales, Vec[] minima) {
        Vec head = partsOfRows(0);
        Vec d = routine.take();
        Vec min = routine.take();
        widened(d, factor, head);
        widened(min, least, head);
        routine.with(upper -> {
            ordered(upper, uppers, head);
            ordered(head, numbers, head);
            a.op(Op.VPSRLVW, head, head, shifts);
            a.op(Op.VPSRLW, upper, upper, 2);
            a.op(Op.VPAND, head, head, lowBits);
            routine.orMasked(head, upper, upperBits, upper);
        });
        for (int n = 0; n < 2; n++) {
            a.op(Op.VPSHUFB, scales[n], head, byteOfLane(n));
            a.op(VCVTDQ2PS, scales[n], scales[n]);
            if (n == 1) {
                a.op(Op.VPSRLD, minima[n], head, 24);
            } else {
                a.op(Op.VPSHUFB, minima[n], head, byteOfLane(2 + n));
            }
            a.op(VCVTDQ2PS, minima[n], minima[n]);
            a.op(Op.VMULPS, minima[n], minima[n], min);
        }
        a.op(Op.VMULPS, scales[0], scales[0], d);
        if (!five) {
            a.op(Op.VMULPS, d, d, constant(1 / 16f));
        }
        a.op(Op.VMULPS, scales[1], scales[1], d);
        routine.give(head, d, min);
    }

    /** Byte {@code index} of each lane without a sign. */
    private Mem byteOfLane(int index) {
        byte[] order = new byte[16];
        for (int i = 0; i < 16; i++) {
            order[i] = (byte) (i % 4 == 0 ? i + index : -1);
        }
        return routine.everyPart(order);
    }

    private Mem constant(float value) {
        return a.constant(Routine.littleEndian(Float.floatToRawIntBits(value))).toAll();
    }

    /** Of both lines, the second's given back. */
    private Vec sumOfHalves(Operand first, Operand second) {
        Vec sum = back(first);
        routine.with(odd -> {
            a.op(VSHUFI32X4, odd, sum, second, 0xDD);
            a.op(VSHUFI32X4, sum, sum, second, 0x88);
            a.op(Op.VPADDD, sum, sum, odd);
        });
        give(second);
        return sum;
    }
}
