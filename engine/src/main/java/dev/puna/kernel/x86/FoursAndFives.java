package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPOR;
import static dev.puna.kernel.x86.Op.VPSLLW;
import static dev.puna.kernel.x86.Op.VPSRLW;

import dev.puna.tensor.DType;

/**
 * Q4_K and Q5_K: eight runs with scales and minima of 6 bits; of Q5_K 32 bytes of fifth bits, run r in bit r; then 32
 * bytes for each two runs, the first in the low nibbles.
 */
final class FoursAndFives implements Format {
    private final DType type;
    private final boolean five;
    /** Whether scales and minima are handed over as whole numbers, at 8 lanes. */
    private final boolean whole;

    private final Vec low;

    FoursAndFives(DType type, Routine routine, boolean whole) {
        this.type = type;
        this.whole = whole;
        this.five = type == DType.Q5_K;
        this.low = routine.allBytes(15);
    }

    @Override
    public DType type() {
        return type;
    }

    @Override
    public Codes codes() {
        return new Codes(five ? 5 : 4, 0, 1, true, whole);
    }

    @Override
    public int scratchVectors() {
        return five ? Codes.GROUPS : 0;
    }

    @Override
    public void block(Routine routine, Rows rows, Sink sink, Mem scratch) {
        Assembler a = routine.a;
        scales(routine, rows, sink);
        if (five) {
            rows.wideTo(scratch, 16);
        }
        int nibbles = five ? 48 : 16;
        for (int two = 0; two < 4; two++) {
            Vec[] pairs = rows.wide(nibbles + 32 * two);
            Vec code = routine.take();
            for (int run = 2 * two; run < 2 * two + 2; run++) {
                for (int group = 0; group < Codes.GROUPS; group++) {
                    Vec pair = pairs[group];
                    if (run % 2 == 1) {
                        a.op(VPSRLW, pair, pair, 4);
                    }
                    a.op(VPAND, code, pair, low);
                    if (five) {
                        fifth(routine, code, scratch.plus(group * routine.lanes.bytes), run);
                    }
                    sink.codes(run, group, code);
                }
            }
            routine.give(code);
            routine.give(pairs);
        }
    }

    private static void fifth(Routine routine, Vec code, Mem bits, int run) {
        Assembler a = routine.a;
        routine.with(bit -> {
            a.op(VMOVUPS, bit, bits);
            if (run < 4) {
                a.op(VPSLLW, bit, bit, 4 - run);
            } else if (run > 4) {
                a.op(VPSRLW, bit, bit, run - 4);
            }
            routine.orMasked(code, bit, routine.everyByte(0x10), bit);
        });
    }

    /**
     * Twelve bytes hold eight scales and eight minima: bytes 0 to 3 and 4 to 7 the first four of each in their low six
     * bits; the other four have their low bits in the nibbles of bytes 8 to 11 and their upper two in the first eight's.
     */
    private void scales(Routine routine, Rows rows, Sink sink) {
        Assembler a = routine.a;
        Vec[] head = rows.columns(0);
        Vec d = routine.take();
        routine.lowHalves(d, head[0]);
        routine.highHalves(head[0], head[0]);
        Vec least = head[0];
        routine.with(minus -> {
            a.op(Op.VPBROADCASTD, minus, a.constant(Routine.littleEndian(Float.floatToRawIntBits(-1))));
            a.op(Op.VMULPS, least, least, minus);
        });
        if (whole) {
            sink.factors(d, least);
        }
        Vec six = routine.take();
        Vec upper = routine.take();
        for (int minima = 0; minima < 2; minima++) {
            Vec first = head[1 + minima];
            and(routine, six, first, 0x3F);
            four(routine, sink, six, 0, minima == 1 ? least : d, minima == 1);
            a.op(VPSRLW, upper, first, 2);
            and(routine, upper, upper, 0x30);
            if (minima == 1) {
                a.op(VPSRLW, head[3], head[3], 4);
            }
            and(routine, six, head[3], 0x0F);
            a.op(VPOR, six, six, upper);
            four(routine, sink, six, 4, minima == 1 ? least : d, minima == 1);
        }
        routine.give(head);
        routine.give(d, six, upper);
    }

    private static void and(Routine routine, Vec target, Vec source, int bytes) {
        routine.a.op(VPAND, target, source, routine.everyByte(bytes));
    }

    /** Four bytes of each lane are numbers of so many runs. */
    private void four(Routine routine, Sink sink, Vec six, int run, Vec factor, boolean minimum) {
        for (int i = 0; i < 4; i += whole && minimum ? 2 : 1) {
            int index = i;
            routine.with(number -> {
                if (!whole) {
                    routine.byteOfLane(number, six, index);
                    routine.scaled(number, number, factor);
                } else if (minimum) {
                    routine.orderBytes(number, six, at -> at % 2 == 1 ? -1 : index + at / 2);
                } else {
                    routine.wordsOfByte(number, six, index, false);
                }
                if (minimum) {
                    sink.minimum(run + index, 0, number);
                } else {
                    sink.scale(run + index, 0, number);
                }
            });
        }
    }
}
