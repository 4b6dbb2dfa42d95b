package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPERMW;
import static dev.puna.kernel.x86.Op.VPOR;
import static dev.puna.kernel.x86.Op.VPSHUFB;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VPSRAD;
import static dev.puna.kernel.x86.Op.VPSRLD;
import static dev.puna.kernel.x86.Op.VPSUBB;
import static dev.puna.kernel.x86.Op.VPXOR;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * AMX: activations are whole numbers of 13 bits, of which at most 8 count, times a power of two ({@link Activations#SPLIT}). So
 * bf16 holds them, as it holds codes, and a tile product, which sums a run (or half) in f32, is exact: a whole number below 2^24.
 * {@link #one} gets the same number from two bytes of each activation, {@code q = 32h + l}, by VNNI.
 *
 * <p>In a panel a code is times 2^24, a byte at the top of a lane, or one looked up, and the activations times 2^−24; of every
 * four columns the first and third are a pair, and the others.
 */
final class TileProducts implements Products {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;
    /** Whether the codes become a panel for tiles. */
    private final boolean pairs;
    /** What brings codes with a sign to lie around 128, for one token; for a panel the bias of codes that are not looked up. */
    private @Nullable Vec shift;
    /** Numbers by code, bf16, for a panel. */
    private @Nullable Vec table;

    private TileProducts(Routine routine, Codes codes, boolean pairs) {
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
        this.pairs = pairs;
    }

    /** For one token. */
    static Products one(Routine routine, Codes codes) {
        return new TileProducts(routine, codes, false);
    }

    /** For a panel: of every pair of columns a vector, whose lanes hold the earlier one in their low halves. */
    static Products pairs(Routine routine, Codes codes) {
        return new TileProducts(routine, codes, true);
    }

    @Override
    public Activations record() {
        if (pairs) {
            return codes.minima() ? Activations.SUMMED_PAIRS : Activations.PAIRS;
        }
        return codes.halves() == 1 ? Activations.SPLIT : Activations.SPLIT_HALVES;
    }

    @Override
    public int steps() {
        return pairs ? Codes.RUN / 2 : Codes.GROUPS;
    }

    @Override
    public void unpacking() {
        if (pairs && codes.bits() <= 5) {
            table = table();
        } else if (pairs && codes.bias() != 0) {
            shift = routine.allBytes(codes.bias());
        } else if (!pairs && codes.signed()) {
            shift = routine.allBytes(128);
        }
    }

    /** A vector that holds all numbers there are. */
    private Vec table() {
        ByteBuffer numbers = ByteBuffer.allocate(routine.lanes.bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int code = 0; numbers.hasRemaining(); code++) {
            numbers.putShort((short) (Float.floatToRawIntBits((code - codes.bias()) * 0x1p24f) >> 16));
        }
        Vec table = routine.take();
        a.op(VMOVUPS, table, a.constant(numbers.array()));
        return table;
    }

    @Override
    public Vec[] step(Vec group) {
        if (!pairs) {
            if (shift != null) {
                a.op(VPXOR, group, group, shift);
            }
            return new Vec[] {group};
        }
        if (table != null) {
            // The codes at the bottom of each half of a lane, one byte after the other
            Vec[] numbers = routine.take(2);
            a.op(VPERMW, numbers[0], group, table);
            a.op(VPSRLD, numbers[1], group, 8);
            a.op(VPERMW, numbers[1], numbers[1], table);
            return numbers;
        }
        if (shift != null) {
            a.op(VPSUBB, group, group, shift);
        }
        Vec[] numbers = routine.take(4);
        for (int i = 0; i < 4; i++) {
            a.op(VPSHUFB, numbers[i], group, toTop(i));
            a.op(VCVTDQ2PS, numbers[i], numbers[i]);
        }
        for (int i = 0; i < 2; i++) {
            a.op(VPSRLD, numbers[i], numbers[i], 16);
            a.op(VPOR, numbers[i], numbers[i], numbers[i + 2]);
        }
        routine.give(numbers[2], numbers[3]);
        return new Vec[] {numbers[0], numbers[1]};
    }

    /** What brings a byte of each lane to its top. */
    private Mem toTop(int index) {
        byte[] order = new byte[16];
        for (int at = 0; at < 16; at++) {
            order[at] = (byte) (at % 4 == 3 ? at - 3 + index : -1);
        }
        return routine.everyPart(order);
    }

    private final class Parts implements Sum {
        private final Vec high = routine.take();
        private final Vec low = routine.take();

        @Override
        public Vec total() {
            return low;
        }
    }

    @Override
    public Sum sum() {
        assert !pairs : "tiles multiply pairs";
        return new Parts();
    }

    @Override
    public void start(Sum[] sums, Mem record, int half) {
        int around = codes.signed() ? 128 : codes.bias();
        for (Sum sum : sums) {
            Parts parts = (Parts) sum;
            routine.zero(parts.high);
            if (around == 0) {
                routine.zero(parts.low);
            } else {
                routine.ofToken(parts.low, record, record().offset(half));
                if (around < 128) {
                    a.op(VPSRAD, parts.low, parts.low, Integer.numberOfTrailingZeros(128 / around));
                }
            }
        }
    }

    @Override
    public void multiply(Sum[] sums, Vec[] steps, Mem record, int step) {
        int ofHalf = Codes.GROUPS / codes.halves();
        for (int strip = 0; strip < sums.length; strip++) {
            Parts parts = (Parts) sums[strip];
            times(parts.high, steps[strip], record, 8 * step);
            times(parts.low, steps[strip], record, 8 * step + 4);
            if (step % ofHalf == ofHalf - 1) {
                a.op(VPSLLD, parts.high, parts.high, Activations.LOW_BITS);
                a.op(VPADDD, parts.low, parts.low, parts.high);
            }
        }
    }

    private void times(Vec sum, Vec step, Mem record, int offset) {
        if (routine.abreast) {
            routine.with(activations -> {
                routine.ofToken(activations, record, offset);
                a.op(VPDPBUSD, sum, step, activations);
            });
        } else {
            a.op(VPDPBUSD, sum, step, record.plus(offset).toAll());
        }
    }

    @Override
    public void count(Vec[] sums, Run[] runs, Mem record) {
        for (int strip = 0; strip < sums.length; strip++) {
            Vec sum = sums[strip];
            Run run = runs[strip];
            for (int half = 0; half < codes.halves(); half++) {
                Operand total = run.totals()[half];
                Operand scale = run.scales()[half];
                routine.in(
                        total,
                        number -> routine.with(factor -> {
                            a.op(VCVTDQ2PS, number, total);
                            routine.ofToken(factor, record, record().scale());
                            a.op(VMULPS, number, number, factor);
                            a.op(VFMADD231PS, sum, number, scale);
                        }));
                if (codes.minima()) {
                    Operand minimum = run.minima()[half];
                    int at = record().sum(half);
                    routine.with(factor -> {
                        routine.ofToken(factor, record, at);
                        a.op(VFMADD231PS, sum, factor, minimum);
                    });
                }
            }
        }
    }
}
