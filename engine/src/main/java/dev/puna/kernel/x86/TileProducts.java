package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VPSLLW;
import static dev.puna.kernel.x86.Op.VPSRAD;
import static dev.puna.kernel.x86.Op.VPSUBB;
import static dev.puna.kernel.x86.Op.VPXOR;

import org.jspecify.annotations.Nullable;

/**
 * AMX: codes are bytes, and activations are numbers of ten bits, {@code q = 4h + l}, in two bytes ({@link Activations#SPLIT}). A
 * panel has each code twice, times four and as it is, so that one tile product of 64 bytes sums {@code code · q} over a run of 32,
 * as a whole number. Codes of 8 bits do not fit times four: there {@code q = h + l} has nine. {@link #one} sums the products of h
 * and of l apart, by VNNI, and gets the same number.
 */
final class TileProducts implements Products {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;
    /** Whether the codes become a panel for tiles. */
    private final boolean panel;
    /** What brings codes with a sign to lie around 128, for one token, once {@link #unpacking} has taken it. */
    private @Nullable Vec shift;

    private TileProducts(Routine routine, Codes codes, boolean panel) {
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
        this.panel = panel;
    }

    /** For one token. */
    static Products one(Routine routine, Codes codes) {
        return new TileProducts(routine, codes, false);
    }

    /** For a panel: a vector of four columns times four, then one of the same as they are. */
    static Products panel(Routine routine, Codes codes) {
        return new TileProducts(routine, codes, true);
    }

    @Override
    public Activations record() {
        if (codes.bits() == 8) {
            return Activations.SPLIT_EVENLY;
        }
        return codes.halves() == 1 ? Activations.SPLIT : Activations.SPLIT_HALVES;
    }

    @Override
    public int steps() {
        return panel ? 2 * Codes.GROUPS : Codes.GROUPS;
    }

    @Override
    public void unpacking() {
        shift = codes.signed() && !panel ? routine.allBytes(128) : null;
    }

    @Override
    public Vec[] step(Vec group) {
        if (!panel) {
            if (shift != null) {
                a.op(VPXOR, group, group, shift);
            }
            return new Vec[] {group};
        }
        int lowBits = record().lowBits();
        if (lowBits == 0) {
            less(group, codes.bias());
            return new Vec[] {group, group};
        }
        Vec fourfold = routine.take();
        a.op(VPSLLW, fourfold, group, lowBits);
        less(fourfold, codes.bias() << lowBits);
        less(group, codes.bias());
        return new Vec[] {fourfold, group};
    }

    private void less(Vec group, int bias) {
        if (bias != 0) {
            a.op(VPSUBB, group, group, routine.everyByte(bias));
        }
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
        assert !panel : "tiles multiply panels";
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
                if (record().lowBits() > 0) {
                    a.op(VPSLLD, parts.high, parts.high, record().lowBits());
                }
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
        Scales.count(routine, record(), sums, runs, record);
    }
}
