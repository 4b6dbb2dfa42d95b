package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVDQU;

/**
 * Q6_K: a line holds 32 bytes of either half. Part (h, x) of the products has half x of the runs of half h; part j of
 * the sums has runs 2j and 2j + 1. Beside the numbers: what the products begin with, of run 0 of both halves to run 3;
 * s, and z where there are middles, of the even runs, of the odd ones.
 */
final class LineSixes extends LineBlock {
    private final Vec low;
    private final Vec upper;
    private final Operand factor;
    /** Lane (j, r), words: scales of run 2j, of run 2j + 1. */
    private final Operand numbers;
    /** Part j: the first half of run 2j or 2j + 1, and the second. */
    private final Operand firsts;

    private final Operand seconds;

    LineSixes(Routine routine, int tokens, Activations source) {
        super(routine, tokens, source);
        this.low = routine.allBytes(0x0F);
        this.upper = routine.allBytes(0x30);
        this.factor = ofRows(7);
        this.numbers = kept(words(i -> 8 * (i / 2 % 4) + 2 * (i / 8) + i % 2));
        this.firsts = kept(parts(j -> j / 2 * 2 + j % 2 * 4));
        this.seconds = kept(parts(j -> j / 2 * 2 + j % 2 * 4 + 1));
    }

    @Override
    int sixteen(int line, int part) {
        return 2 * (part / 2 * 4 + line) + part % 2;
    }

    @Override
    Side side(int number, int part) {
        if (number < 4) { // −128 · Σq becomes −32 · Σq
            return new Side((part / 2 * 4 + number) * source.bytes + source.offset(part % 2), 2);
        }
        return ofParity(number - 4, part);
    }

    @Override
    int sides() {
        return 4 + 2 * ofParity();
    }

    @Override
    int pieces() {
        return 14;
    }

    @Override
    void block(Fetch fetch) {
        Vec[] bits = turned(128);
        fetch.piece();
        Operand[][] totals = new Operand[4][]; // by run and token
        Operand[] codeSums = new Operand[4];
        for (int c = 0; c < 2; c++) {
            Vec[] v = turned(32 * c, 64 + 32 * c);
            Vec[][] products = {products(c), products(c + 2)};
            Vec[] codes = codeSums(2, -32 * 16);
            fetch.piece();
            for (int k = 0; k < 4; k++) {
                Vec code = routine.take();
                Vec two = routine.take();
                a.op(Op.VPSLLW, two, bits[k], 4 - 2 * c);
                a.op(Op.VPAND, code, v[k], low);
                routine.orMasked(code, two, upper, two);
                multiply(products[0], code, c, k);
                gather(codes, 0, code);
                a.op(Op.VPSRLW, v[k], v[k], 4);
                if (c == 1) {
                    a.op(Op.VPSRLW, two, bits[k], 2);
                }
                a.op(Op.VPAND, code, v[k], low);
                routine.orMasked(code, c == 1 ? two : bits[k], upper, two);
                multiply(products[1], code, 2 + c, k);
                gather(codes, 1, code);
                routine.give(code, two);
                fetch.piece();
            }
            routine.give(v);
            for (int i = 0; i < 2; i++) {
                Vec[] summed = summed(products[i]);
                totals[c + 2 * i] = c == 0 ? aside(summed) : summed;
            }
            for (int i = 0; i < codes.length; i++) {
                codeSums[c + 2 * i] = c == 0 ? aside(codes[i]) : codes[i];
            }
        }
        routine.give(bits);
        Vec head = partsOfRows(192);
        Vec d = partsOfRows(194);
        widened(d, factor, d);
        ordered(head, numbers, head);
        fetch.piece();
        with(
                firsts,
                first -> with(seconds, second -> {
                    for (int n = 0; n < 2; n++) {
                        Vec[] scales = routine.take(2);
                        for (int half = 0; half < 2; half++) {
                            int index = 2 * n + half;
                            routine.signedByteOfLane(scales[half], head, index);
                            routine.scaled(scales[half], scales[half], d);
                        }
                        Vec[] halves = {first, second};
                        Vec weights = null;
                        if (source.hasMiddle()) {
                            weights = together(codeSums[n], codeSums[2 + n], halves, scales, false);
                        }
                        for (int token = 0; token < tokens; token++) {
                            int number = 4 + ofParity() * n;
                            Operand upper = totals[n][token];
                            Operand lower = totals[2 + n][token];
                            if (source.isSplit()) {
                                apart(token, number, upper, lower, halves, scales);
                            } else {
                                Vec total = together(upper, lower, halves, scales, true);
                                add(token, number, total, scales[0], weights);
                                routine.give(total);
                            }
                        }
                        give(weights);
                        routine.give(scales);
                        fetch.piece();
                    }
                }));
        routine.give(head, d);
    }

    /**
     * The sum of both halves of a run, scaled; what came is given back.
     *
     * @param halves which lanes they are
     * @param together whether the second half is multiplied and added in one, as many tokens' products are; the sums of a
     *     panel's weights are not
     */
    private Vec together(Operand upper, Operand lower, Vec[] halves, Vec[] scales, boolean together) {
        Vec even = back(upper);
        routine.with(second -> {
            a.op(VMOVDQU, second, even);
            a.op(Op.VPERMT2D, second, halves[1], lower);
            a.op(Op.VPERMT2D, even, halves[0], lower);
            routine.scaled(even, even, scales[0]);
            if (together) {
                a.op(VCVTDQ2PS, second, second);
                a.op(VFMADD231PS, even, second, scales[1]);
            } else {
                routine.scaled(second, second, scales[1]);
                a.op(Op.VADDPS, even, even, second);
            }
        });
        give(lower);
        return even;
    }

    /** Lets both halves of a run count, one behind the other; what came is given back. */
    private void apart(int token, int number, Operand upper, Operand lower, Vec[] halves, Vec[] scales) {
        Vec first = back(upper);
        routine.with(second -> {
            a.op(VMOVDQU, second, first);
            a.op(Op.VPERMT2D, second, halves[1], lower);
            a.op(Op.VPERMT2D, first, halves[0], lower);
            Vec[] sums = {first, second};
            for (int half = 0; half < 2; half++) {
                counted(sums[half], scales[half]);
                add(token, number, sums[half], scales[half], null);
            }
        });
        routine.give(first);
        give(lower);
    }
}
