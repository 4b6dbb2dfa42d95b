package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPMAXSD;
import static dev.puna.kernel.x86.Op.VPSHUFB;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VPSRLW;

import dev.puna.tensor.DType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of 32 numbers, each a nibble: sixteen bytes at the end of the block, the low nibbles first. Q4_0, Q4_1, IQ4_NL
 * and MXFP4 differ in what stands before them and in what a nibble means.
 */
final class Nibbles implements Format {
    /** Sixteen levels, denser near zero as weights are. */
    private static final byte[] LEVELS = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    /** Sixteen small floats, doubled so that they are whole, and 16 more so that they have no sign. */
    private static final byte[] FLOATS = {16, 17, 18, 19, 20, 22, 24, 28, 16, 15, 14, 13, 12, 10, 8, 4};

    private final DType type;
    private final Codes codes;
    private final Vec mask;
    /** What nibbles mean, or none. */
    private final @Nullable Table table;

    Nibbles(DType type, Routine routine) {
        this.type = type;
        this.codes = switch (type) {
            case Q4_0 -> new Codes(4, 8, 1, false);
            case Q4_1 -> new Codes(4, 0, 1, true);
            case IQ4_NL -> levels();
            case MXFP4 -> new Codes(5, 16, 1, false);
            default -> throw new IllegalArgumentException(type.name());
        };
        this.mask = routine.allBytes(15);
        this.table = switch (type) {
            case IQ4_NL -> new Table(routine, levels(codes));
            case MXFP4 -> new Table(routine, FLOATS);
            default -> null;
        };
    }

    /** What {@link #LEVELS} are: they lie around 128. */
    static Codes levels() {
        return new Codes(8, 128, 1, false);
    }

    /** {@link #LEVELS} and the codes' bias. */
    static byte[] levels(Codes codes) {
        byte[] biased = new byte[LEVELS.length];
        for (int i = 0; i < biased.length; i++) {
            biased[i] = (byte) (LEVELS[i] + codes.bias());
        }
        return biased;
    }

    /** Sixteen bytes that nibbles stand for, for the whole of the kernel. */
    static final class Table {
        private final Routine routine;
        private final Vec table;

        Table(Routine routine, byte[] levels) {
            this.routine = routine;
            this.table = routine.take();
            routine.a.op(Op.VMOVDQU, table, routine.everyPart(levels));
        }

        void look(Vec nibble) {
            routine.a.op(VPSHUFB, nibble, table, nibble);
        }
    }

    @Override
    public DType type() {
        return type;
    }

    @Override
    public Codes codes() {
        return codes;
    }

    @Override
    public void block(Routine routine, Rows rows, Sink sink, Mem scratch) {
        Assembler a = routine.a;
        Vec[] end = rows.end(type.blockBytes(), 1);
        if (type == DType.MXFP4) {
            exponent(routine, rows, end, sink);
        } else {
            numbers(routine, rows, codes, end, sink);
        }
        Vec[] pairs = Arrays.copyOfRange(end, end.length - 4, end.length);
        routine.with(nibble -> {
            for (int group = 0; group < Codes.GROUPS; group++) {
                Vec pair = pairs[group % 4];
                if (group >= 4) {
                    a.op(VPSRLW, pair, pair, 4);
                }
                a.op(VPAND, nibble, pair, mask);
                if (table != null) {
                    table.look(nibble);
                }
                sink.codes(0, group, nibble);
            }
        });
        routine.give(pairs);
    }

    /**
     * Hands over the scale, and the minimum if there is one, of blocks that begin with these (f16).
     *
     * @param end what {@link Rows#end} gave; its first vector is given back if it is what holds them
     */
    static void numbers(Routine routine, Rows rows, Codes codes, Vec[] end, Sink sink) {
        if (routine.lanes == Lanes.EIGHT) {
            Vec number = codes.minima() ? rows.column(0, 0) : rows.numbers(0);
            if (codes.minima()) {
                routine.with(scale -> {
                    routine.bothHalves(scale, number);
                    sink.scale(0, 0, scale);
                });
                sink.minimum(0, 0, number);
            } else {
                sink.scale(0, 0, number);
            }
            routine.give(number);
            return;
        }
        routine.with(number -> {
            if (codes.minima()) {
                routine.lowHalves(number, end[0]);
                sink.scale(0, 0, number);
                routine.highHalves(number, end[0]);
                sink.minimum(0, 0, number);
            } else {
                routine.highHalves(number, end[0]);
                sink.scale(0, 0, number);
            }
        });
        routine.give(end[0]);
    }

    /** The block's first byte e becomes 2^(e − 128): half its scale, because the floats are doubled. */
    private static void exponent(Routine routine, Rows rows, Vec[] end, Sink sink) {
        Assembler a = routine.a;
        boolean eight = routine.lanes == Lanes.EIGHT;
        Vec lane = eight ? rows.column(0, 0) : end[0];
        routine.byteOfLane(lane, lane, eight ? 0 : 3);
        routine.with(constant -> {
            a.op(Op.VPBROADCASTD, constant, a.constant(Routine.littleEndian(-1)));
            a.op(VPADDD, lane, lane, constant);
            a.op(VPSLLD, lane, lane, 23);
            a.op(Op.VPBROADCASTD, constant, a.constant(Routine.littleEndian(0x0040_0000)));
            a.op(VPMAXSD, lane, lane, constant); // 2^−127 is the least
        });
        sink.scale(0, 0, lane);
        routine.give(lane);
    }
}
