package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPADDB;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPOR;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VPSLLW;
import static dev.puna.kernel.x86.Op.VPSRLD;
import static dev.puna.kernel.x86.Op.VPSRLW;
import static dev.puna.kernel.x86.Op.VPSUBW;

import dev.puna.tensor.DType;
import java.util.function.BiConsumer;

/**
 * Q2_K and Q3_K: 32 bytes hold two bits of each number of four runs, and there are two such halves. Q3_K has third bits,
 * 32 bytes of them, run r in bit r. Each sixteen numbers have a scale, and in Q2_K a minimum.
 */
final class TwosAndThrees implements Format {
    private final DType type;
    private final boolean three;
    /** Whether scales are handed over as whole numbers. */
    private final boolean whole;

    /**
     * Whether codes are handed over times four: those of odd runs, as they lie, are so, and of even runs the scales. So bytes
     * are shifted once, not three times. A bias counts as a minimum then.
     */
    private final boolean fourfold;

    private final Vec low;

    TwosAndThrees(DType type, Routine routine, boolean whole) {
        this.type = type;
        this.whole = whole;
        this.fourfold = whole && routine.lanes == Lanes.EIGHT;
        this.three = type == DType.Q3_K;
        this.low = routine.allBytes(3);
    }

    @Override
    public DType type() {
        return type;
    }

    @Override
    public Codes codes() {
        if (fourfold) {
            return new Codes(three ? 5 : 4, 0, 2, true, true);
        }
        return three ? new Codes(3, 4, 2, false, whole) : new Codes(2, 0, 2, true, whole);
    }

    @Override
    public int scratchVectors() {
        return three ? Codes.GROUPS : 0;
    }

    @Override
    public void block(Routine routine, Rows rows, Sink sink, Mem scratch) {
        Assembler a = routine.a;
        if (three) {
            scalesOfThrees(routine, rows, sink);
            rows.wideTo(scratch, 0);
        } else {
            scalesOfTwos(routine, rows, sink);
        }
        for (int half = 0; half < 2; half++) {
            Vec[] fours = rows.wide((three ? 32 : 16) + 32 * half);
            Vec code = routine.take();
            for (int run = 4 * half; run < 4 * half + 4; run++) {
                for (int group = 0; group < Codes.GROUPS; group++) {
                    Vec four = fours[group];
                    if (fourfold && run % 4 == 2) {
                        a.op(VPSRLW, four, four, 4);
                    } else if (!fourfold && run % 4 > 0) {
                        a.op(VPSRLW, four, four, 2);
                    }
                    if (fourfold && run % 2 == 1) {
                        and(routine, code, four, 12);
                    } else {
                        a.op(VPAND, code, four, low);
                    }
                    if (three) {
                        third(routine, code, scratch.plus(group * routine.lanes.bytes), run);
                    }
                    sink.codes(run, group, code);
                }
            }
            routine.give(code);
            routine.give(fours);
        }
    }

    private void third(Routine routine, Vec code, Mem bits, int run) {
        Assembler a = routine.a;
        int target = fourfold && run % 2 == 1 ? 4 : 2;
        routine.with(bit -> {
            a.op(VMOVUPS, bit, bits);
            if (run < target) {
                a.op(VPSLLW, bit, bit, target - run);
            } else if (run > target) {
                a.op(VPSRLW, bit, bit, run - target);
            }
            and(routine, bit, bit, 1 << target);
            a.op(VPOR, code, code, bit);
        });
    }

    /** Bytes 0 to 15: the scale in the low nibble, the minimum in the high one; at 80 what they are multiplied with. */
    private void scalesOfTwos(Routine routine, Rows rows, Sink sink) {
        Assembler a = routine.a;
        Vec d = rows.column(68, 3);
        Vec least = routine.take();
        routine.highHalves(least, d);
        routine.lowHalves(d, d);
        times(routine, least, -1);
        Vec[] sixteen = rows.columns(0);
        if (whole) {
            if (fourfold) {
                times(routine, d, 1 / 4f);
            }
            sink.factors(d, least);
            routine.with(nibbles -> {
                for (int two = 0; two < 4; two++) {
                    and(routine, nibbles, sixteen[two], 15);
                    if (fourfold) {
                        fours(routine, nibbles, 2 * two, sink);
                    } else {
                        pairs(routine, nibbles, 2 * two, (run, pair) -> sink.scale(run, 0, pair));
                    }
                    a.op(VPSRLW, nibbles, sixteen[two], 4);
                    and(routine, nibbles, nibbles, 15);
                    pairs(routine, nibbles, 2 * two, (run, pair) -> sink.minimum(run, 0, pair));
                }
            });
        }
        for (int i = 0; i < 16 && !whole; i++) {
            int sub = i;
            routine.with(number -> {
                routine.bitsOfLane(number, sixteen[sub / 4], sub % 4 * 8, 4);
                routine.scaled(number, number, d);
                sink.scale(sub / 2, sub % 2, number);
                routine.bitsOfLane(number, sixteen[sub / 4], sub % 4 * 8 + 4, 4);
                routine.scaled(number, number, least);
                sink.minimum(sub / 2, sub % 2, number);
            });
        }
        routine.give(sixteen);
        routine.give(d, least);
    }

    /**
     * Twelve bytes from 96 on, then what they are multiplied with. The low four bits of scales 0 to 7 are the low nibbles
     * of bytes 0 to 7, of 8 to 15 the high ones; the upper two bits of scale i are bits {@code i / 4 · 2} of byte
     * {@code 8 + i % 4}. Sixteen bytes are read from 94 on, so that none behind the block is.
     */
    private void scalesOfThrees(Routine routine, Rows rows, Sink sink) {
        Assembler a = routine.a;
        Vec[] read = rows.columns(94);
        for (int i = 0; i < 3; i++) {
            int at = i;
            routine.with(next -> {
                a.op(VPSRLD, read[at], read[at], 16);
                a.op(VPSLLD, next, read[at + 1], 16);
                a.op(VPOR, read[at], read[at], next);
            });
        }
        Vec d = read[3];
        routine.highHalves(d, d);
        Vec offset = routine.allLanes(whole ? 0x0020_0020 : -32);
        if (fourfold) { // minima are −16 times a scale, which comes times 256
            routine.with(least -> {
                a.op(VMOVUPS, least, d);
                times(routine, d, 1 / 4f);
                times(routine, least, -1 / 64f);
                sink.factors(d, least);
            });
        } else if (whole) { // scales from -31 to 32, so that the largest product of a code is 124
            times(routine, d, -1);
            sink.factors(d, d);
        }
        Vec six = routine.take();
        Vec upper = routine.take();
        for (int four = 0; four < 4; four++) {
            Vec nibbles = read[four % 2];
            if (four >= 2) {
                a.op(VPSRLW, nibbles, nibbles, 4);
            }
            and(routine, six, nibbles, 15);
            if (four < 2) {
                a.op(VPSLLW, upper, read[2], 4 - 2 * four);
            } else {
                a.op(VPSRLW, upper, read[2], 2 * four - 4);
            }
            and(routine, upper, upper, 0x30);
            a.op(VPOR, six, six, upper);
            if (fourfold) {
                a.op(VPADDB, upper, six, routine.everyByte(-32));
                words(routine, upper, 2 * four, false, (run, pair) -> sink.minimum(run, 0, pair));
                fours(routine, six, 2 * four, sink);
            } else if (whole) {
                pairs(routine, six, 2 * four, (run, pair) -> {
                    a.op(VPSUBW, pair, offset, pair);
                    sink.scale(run, 0, pair);
                });
            }
            for (int i = 0; i < 4 && !whole; i++) {
                int sub = 4 * four + i;
                routine.with(number -> {
                    routine.byteOfLane(number, six, sub % 4);
                    a.op(VPADDD, number, number, offset);
                    routine.scaled(number, number, d);
                    sink.scale(sub / 2, sub % 2, number);
                });
            }
        }
        routine.give(read);
        routine.give(six, upper, offset);
    }

    private static void times(Routine routine, Vec vector, float factor) {
        Assembler a = routine.a;
        routine.with(all -> {
            a.op(Op.VPBROADCASTD, all, a.constant(Routine.littleEndian(Float.floatToRawIntBits(factor))));
            a.op(Op.VMULPS, vector, vector, all);
        });
    }

    /** Scales of {@code run} and the next, bytes of each lane: times four of the first, each in words. */
    private void fours(Routine routine, Vec bytes, int run, Sink sink) {
        Assembler a = routine.a;
        routine.with(scale -> {
            a.op(Op.VPBROADCASTD, scale, a.constant(Routine.littleEndian(0x0001_0004)));
            a.op(Op.VPMULLW, bytes, bytes, scale);
            if (three) { // they lie around 32
                a.op(Op.VPBROADCASTD, scale, a.constant(Routine.littleEndian(0xE0E0_8080)));
                a.op(VPADDB, bytes, bytes, scale);
            }
            for (int i = 0; i < 4; i++) {
                routine.wordsOfByte(scale, bytes, i, three);
                sink.scale(run + i / 2, i % 2, scale);
            }
        });
    }

    /** Four bytes of each lane become two numbers of 16 bits for {@code run}, and two for the next. */
    private static void pairs(Routine routine, Vec bytes, int run, BiConsumer<Integer, Vec> sink) {
        words(routine, bytes, run, true, sink);
    }

    /** The same; else, where bytes have a sign, the numbers times 256. */
    private static void words(Routine routine, Vec bytes, int run, boolean low, BiConsumer<Integer, Vec> sink) {
        for (int i = 0; i < 2; i++) {
            int first = 2 * i;
            int of = run + i;
            routine.with(pair -> {
                routine.orderBytes(pair, bytes, at -> low == (at % 2 == 1) ? -1 : first + at / 2);
                sink.accept(of, pair);
            });
        }
    }

    private static void and(Routine routine, Vec target, Vec source, int bytes) {
        routine.a.op(VPAND, target, source, routine.everyByte(bytes));
    }
}
