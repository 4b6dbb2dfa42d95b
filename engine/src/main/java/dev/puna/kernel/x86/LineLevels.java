package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVDQU;

/**
 * IQ4_XS: part j of the sums has runs 2j and 2j + 1. Beside the numbers: what the products begin with, in the order of the
 * runs; s, and z where there are middles, of the even runs, of the odd ones.
 */
final class LineLevels extends LineBlock {
    private final Codes codes;
    private final Vec low;
    private final Vec table;
    private final Operand factor;
    /** Lane (j, r): the word with the upper bits of all scales; the one with the lower bits of runs 2j and 2j + 1. */
    private final Operand uppers;

    private final Operand numbers;
    /** Part j: run 2j, run 2j + 1. */
    private final Operand evens;

    private final Operand odds;

    LineLevels(Routine routine, int tokens, Activations source) {
        super(routine, tokens, source);
        this.codes = Nibbles.levels();
        this.low = routine.allBytes(0x0F);
        this.table = routine.take();
        a.op(VMOVDQU, table, routine.everyPart(Nibbles.levels(codes)));
        this.factor = ofRows(0);
        this.uppers = kept(words(i -> 8 * (i / 2 % 4) + 1));
        this.numbers = kept(words(i -> 8 * (i / 2 % 4) + 2 + i / 16));
        this.evens = kept(parts(j -> 2 * j));
        this.odds = kept(parts(j -> 2 * j + 1));
    }

    @Override
    int sixteen(int line, int part) {
        return 2 * (line / 2 * 4 + part) + line % 2;
    }

    @Override
    Side side(int number, int part) {
        if (number < 2) {
            return new Side((4 * number + part) * source.bytes + source.offset(0), 0);
        }
        return ofParity(number - 2, part);
    }

    @Override
    int sides() {
        return 2 + 2 * ofParity();
    }

    @Override
    int pieces() {
        return 9;
    }

    @Override
    void block(Fetch fetch) {
        Operand heads = aside(partsOfRows(0));
        fetch.piece();
        Operand[][] totals = new Operand[2][];
        Operand[] codeSums = new Operand[2];
        for (int line = 0; line < 2; line++) {
            Vec[] v = turned(8 + 64 * line);
            Vec[] products = products(line);
            Vec[] codes = codeSums(1, -128 * 32);
            for (int k = 0; k < 4; k++) {
                Vec code = routine.take();
                a.op(Op.VPAND, code, v[k], low);
                a.op(Op.VPSHUFB, code, table, code);
                multiply(products, code, 2 * line, k);
                gather(codes, 0, code);
                a.op(Op.VPSRLW, code, v[k], 4);
                a.op(Op.VPAND, code, code, low);
                a.op(Op.VPSHUFB, code, table, code);
                multiply(products, code, 2 * line + 1, k);
                gather(codes, 0, code);
                routine.give(code);
                fetch.piece();
            }
            routine.give(v);
            Vec[] summed = summed(products);
            totals[line] = line == 0 ? aside(summed) : summed;
            if (source.hasMiddle()) {
                codeSums[line] = line == 0 ? aside(codes[0]) : codes[0];
            }
        }
        Vec head = back(heads);
        Vec d = routine.take();
        widened(d, factor, head);
        Vec upper = routine.take();
        ordered(upper, uppers, head);
        ordered(head, numbers, head);
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
            int odd = n;
            with(odd == 0 ? evens : odds, runs -> {
                Vec weights = null;
                if (source.hasMiddle()) {
                    weights = ofRuns(runs, odd, codeSums[0], codeSums[1]);
                    routine.scaled(weights, weights, scale);
                }
                for (int token = 0; token < tokens; token++) {
                    Vec total = ofRuns(runs, odd, totals[0][token], totals[1][token]);
                    counted(total, scale);
                    add(token, 2 + ofParity() * odd, total, scale, weights);
                    routine.give(total);
                }
                give(weights);
            });
            routine.give(scale);
        }
        routine.give(d, upper, head);
    }

    /** Runs of both lines; behind the odd ones the lines' vectors are given back. */
    private Vec ofRuns(Vec which, int odd, Operand first, Operand second) {
        Vec runs = routine.take();
        a.op(VMOVDQU, runs, first);
        a.op(Op.VPERMT2D, runs, which, second);
        if (odd == 1) {
            give(first, second);
        }
        return runs;
    }

    private Mem whole(int value) {
        return a.constant(Routine.littleEndian(value)).toAll();
    }
}
