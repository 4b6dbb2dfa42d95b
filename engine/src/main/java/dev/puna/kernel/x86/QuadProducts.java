package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPADDB;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPSRAD;
import static dev.puna.kernel.x86.Op.VPXOR;

import org.jspecify.annotations.Nullable;

/**
 * AVX-512 with VNNI: {@code vpdpbusd} adds four products of a byte without and a byte with a sign to 32 bits. Codes are
 * made to lie around 128 where many tokens share them, and a sum begins with −128 times the sum of the activations. For one
 * token they stay as they are, if they have no sign, and a sum begins with as much less. The sums of codes with minima
 * begin with zero.
 */
final class QuadProducts implements Products {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;
    /** What codes lie around as they are multiplied. */
    private final int around;
    /** What brings them there. */
    private @Nullable Vec shift;

    /** Ones in all bytes, once {@link #unpacking} has taken them. */
    private Vec ones = Vec.zmm(0);

    private QuadProducts(Routine routine, Codes codes, int around) {
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
        this.around = around;
    }

    /** For one token. */
    static Products one(Routine routine, Codes codes) {
        return new QuadProducts(routine, codes, codes.signed() ? 128 : codes.bias());
    }

    /** For many tokens. */
    static Products many(Routine routine, Codes codes) {
        return new QuadProducts(routine, codes, codes.minima() ? 0 : 128);
    }

    @Override
    public Activations record() {
        return codes.halves() == 1 ? Activations.BYTES : Activations.HALVES;
    }

    @Override
    public int steps() {
        return Codes.GROUPS;
    }

    @Override
    public void unpacking() {
        shift = around == codes.bias() ? null : routine.allBytes(around - codes.bias());
        ones = routine.allBytes(1);
    }

    @Override
    public Vec[] step(Vec group) {
        if (shift != null) {
            a.op(codes.signed() ? VPXOR : VPADDB, group, group, shift);
        }
        return new Vec[] {group};
    }

    /** Whether the codes of a run's groups add up to bytes: that leaves the pipes to the products. */
    private boolean sumsAreBytes() {
        return around == codes.bias() && codes.bits() <= 5;
    }

    @Override
    public void gather(Vec codeSum, Vec[] steps, boolean first) {
        if (sumsAreBytes()) {
            if (first) {
                a.op(VMOVUPS, codeSum, steps[0]);
            } else {
                a.op(VPADDB, codeSum, codeSum, steps[0]);
            }
            return;
        }
        if (first) {
            lessBias(codeSum);
        }
        a.op(VPDPBUSD, codeSum, steps[0], ones);
    }

    @Override
    public void gathered(Vec codeSum) {
        if (sumsAreBytes()) {
            routine.with(bytes -> {
                a.op(VMOVUPS, bytes, codeSum);
                lessBias(codeSum);
                a.op(VPDPBUSD, codeSum, bytes, ones);
            });
        }
    }

    /** What the sum of a half's codes begins with. */
    private void lessBias(Vec codeSum) {
        if (around == 0) {
            routine.zero(codeSum);
        } else {
            a.op(VPBROADCASTD, codeSum, a.constant(Routine.littleEndian(-around * Codes.RUN / codes.halves())));
        }
    }

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
        if (around == 0) {
            routine.zero(first);
        } else {
            routine.ofToken(first, record, record().offset(half));
            if (around < 128) {
                a.op(VPSRAD, first, first, Integer.numberOfTrailingZeros(128 / around));
            }
        }
        for (int strip = 1; strip < sums.length; strip++) {
            a.op(VMOVUPS, sums[strip].total(), first);
        }
    }

    @Override
    public void multiply(Sum[] sums, Vec[] steps, Mem record, int step) {
        if (sums.length == 1 && !routine.abreast) {
            a.op(VPDPBUSD, sums[0].total(), steps[0], record.plus(4 * step).toAll());
        } else {
            routine.with(activations -> {
                routine.ofToken(activations, record, 4 * step);
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
