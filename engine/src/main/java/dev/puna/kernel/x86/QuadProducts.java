package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPADDB;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPXOR;

import org.jspecify.annotations.Nullable;

/**
 * AVX-512 with VNNI: {@code vpdpbusd} adds four products of a byte without and a byte with a sign to 32 bits. Codes are
 * made to lie around 128, and a sum begins with −128 times the sum of the activations; codes with minima stay as they
 * are, and their sums begin with zero.
 */
final class QuadProducts implements Products {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;
    /** What brings codes to lie around 128. */
    private @Nullable Vec shift;

    /** Ones in all bytes, once {@link #unpacking} has taken them. */
    private Vec ones = Vec.zmm(0);

    QuadProducts(Routine routine, Codes codes) {
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
    }

    @Override
    public Activations record() {
        return codes.halves() == 1 ? Activations.BYTES : Activations.HALVES;
    }

    @Override
    public boolean biasIsMinimum() {
        return false;
    }

    @Override
    public int steps() {
        return Codes.GROUPS;
    }

    @Override
    public void unpacking() {
        shift = codes.minima() ? null : routine.allBytes(128 - codes.bias());
        ones = routine.allBytes(1);
    }

    @Override
    public Vec[] step(Vec group) {
        if (shift != null) {
            a.op(codes.signed() ? VPXOR : VPADDB, group, group, shift);
        }
        return new Vec[] {group};
    }

    @Override
    public void gather(Vec codeSum, Vec[] steps, boolean first) {
        if (first && codes.minima()) {
            routine.zero(codeSum);
        } else if (first) {
            a.op(VPBROADCASTD, codeSum, a.constant(Routine.littleEndian(-128 * Codes.RUN / codes.halves())));
        }
        a.op(VPDPBUSD, codeSum, steps[0], ones);
    }

    @Override
    public void gathered(Vec codeSum) {}

    private final class Lane implements Sum {
        private final Vec total = routine.take();

        @Override
        public Vec total() {
            return total;
        }
    }

    @Override
    public Sum sum() {
        return new Lane();
    }

    @Override
    public void start(Sum[] sums, Mem record, int half) {
        Vec first = sums[0].total();
        if (codes.minima()) {
            routine.zero(first);
        } else {
            a.op(VPBROADCASTD, first, record.plus(record().offset(half)));
        }
        for (int strip = 1; strip < sums.length; strip++) {
            a.op(VMOVUPS, sums[strip].total(), first);
        }
    }

    @Override
    public void multiply(Sum[] sums, Vec[] steps, Mem record, int step) {
        Mem four = record.plus(4 * step);
        if (sums.length == 1) {
            a.op(VPDPBUSD, sums[0].total(), steps[0], four.toAll());
        } else {
            routine.with(activations -> {
                a.op(VPBROADCASTD, activations, four);
                for (int strip = 0; strip < sums.length; strip++) {
                    a.op(VPDPBUSD, sums[strip].total(), steps[strip], activations);
                }
            });
        }
    }

    @Override
    public void count(Vec[] sums, Run[] runs, Mem record) {
        Scales.count(routine, record(), sums, runs, record);
    }
}
