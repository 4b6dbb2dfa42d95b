package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPSLLW;
import static dev.puna.kernel.x86.Op.VPSRLW;

import dev.puna.tensor.DType;

/**
 * Q6_K: for each half of four runs 64 bytes of low nibbles (at 0) and 32 bytes of upper bits (at 128), two for each run;
 * then a signed scale for each sixteen numbers (at 192) and one for all (at 208).
 */
final class Sixes implements Format {
    private final Vec low;
    /** Whether scales are handed over as whole numbers, at 8 lanes. */
    private final boolean whole;

    Sixes(Routine routine, boolean whole) {
        this.whole = whole;
        this.low = routine.allBytes(15);
    }

    @Override
    public DType type() {
        return DType.Q6_K;
    }

    @Override
    public Codes codes() {
        return new Codes(6, 32, 2, false, whole);
    }

    @Override
    public int scratchVectors() {
        return Codes.GROUPS;
    }

    @Override
    public void block(Routine routine, Rows rows, Sink sink, Mem scratch) {
        scales(routine, rows, sink);
        Assembler a = routine.a;
        for (int half = 0; half < 2; half++) {
            rows.wideTo(scratch, 128 + 32 * half);
            for (int two = 0; two < 2; two++) { // runs 0 and 2 of the half share bytes, and so do 1 and 3
                Vec[] pairs = rows.wide(64 * half + 32 * two);
                Vec code = routine.take();
                for (int quarter = two; quarter < 4; quarter += 2) {
                    for (int group = 0; group < Codes.GROUPS; group++) {
                        Vec pair = pairs[group];
                        if (quarter >= 2) {
                            a.op(VPSRLW, pair, pair, 4);
                        }
                        a.op(VPAND, code, pair, low);
                        upper(routine, code, scratch.plus(group * routine.lanes.bytes), quarter);
                        sink.codes(4 * half + quarter, group, code);
                    }
                }
                routine.give(code);
                routine.give(pairs);
            }
        }
    }

    /** Bits {@code 2 · quarter} and one more of each byte become bits 4 and 5. */
    private static void upper(Routine routine, Vec code, Mem bits, int quarter) {
        Assembler a = routine.a;
        routine.with(two -> {
            a.op(VMOVUPS, two, bits);
            if (quarter < 2) {
                a.op(VPSLLW, two, two, 4 - 2 * quarter);
            } else if (quarter > 2) {
                a.op(VPSRLW, two, two, 2);
            }
            routine.orMasked(code, two, routine.everyByte(0x30), two);
        });
    }

    private void scales(Routine routine, Rows rows, Sink sink) {
        Vec d = rows.column(194, 3);
        routine.highHalves(d, d);
        if (whole) {
            sink.factors(d, d);
        }
        Vec[] sixteen = rows.columns(192);
        for (int i = 0; i < 16; i++) {
            int sub = i;
            routine.with(number -> {
                if (whole) {
                    routine.wordsOfByte(number, sixteen[sub / 4], sub % 4, true);
                } else {
                    routine.signedByteOfLane(number, sixteen[sub / 4], sub % 4);
                    routine.scaled(number, number, d);
                }
                sink.scale(sub / 2, sub % 2, number);
            });
        }
        routine.give(sixteen);
        routine.give(d);
    }
}
