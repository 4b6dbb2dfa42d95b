package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPOR;
import static dev.puna.kernel.x86.Op.VPSHUFB;
import static dev.puna.kernel.x86.Op.VPSRLD;
import static dev.puna.kernel.x86.Op.VPSUBB;

import org.jspecify.annotations.Nullable;

/**
 * AMX: codes are whole numbers of at most 8 bits, so bf16 holds them exactly, and activations are rounded to bf16. A tile
 * product sums the even columns of a run (or half) one behind the other, likewise the odd ones, in f32, and then both
 * together. {@link #one} does the same with ordinary instructions, so that one token gets the bits that {@link
 * TileTokens} gives it. A code is taken times 2^24, as a byte at the top of a lane, and the activations times 2^−24.
 */
final class TileProducts implements Products {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;
    /** Whether the codes become a panel for tiles. */
    private final boolean pairs;
    /** For each byte of a lane, what brings it to the lane's top. */
    private final Mem[] toTop = new Mem[4];

    private final @Nullable Vec bias;

    private TileProducts(Routine routine, Codes codes, boolean pairs) {
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
        this.pairs = pairs;
        for (int i = 0; i < 4; i++) {
            byte[] order = new byte[16];
            for (int at = 0; at < 16; at++) {
                order[at] = (byte) (at % 4 == 3 ? at - 3 + i : -1);
            }
            toTop[i] = routine.everyPart(order);
        }
        this.bias = codes.bias() == 0 ? null : routine.allBytes(codes.bias());
    }

    /** For one token. */
    static Products one(Routine routine, Codes codes) {
        return new TileProducts(routine, codes, false);
    }

    /** For a panel: of every two columns a vector, whose lanes hold the earlier one in their low halves. */
    static Products pairs(Routine routine, Codes codes) {
        return new TileProducts(routine, codes, true);
    }

    @Override
    public Activations record() {
        return !pairs ? Activations.ROUNDED : codes.minima() ? Activations.SUMMED_PAIRS : Activations.PAIRS;
    }

    @Override
    public int steps() {
        return pairs ? Codes.RUN / 2 : Codes.RUN;
    }

    @Override
    public void unpacking() {}

    @Override
    public Vec[] step(Vec group) {
        if (bias != null) {
            a.op(VPSUBB, group, group, bias);
        }
        Vec[] numbers = routine.take(4);
        for (int i = 0; i < 4; i++) {
            a.op(VPSHUFB, numbers[i], group, toTop[i]);
            a.op(VCVTDQ2PS, numbers[i], numbers[i]);
        }
        if (!pairs) {
            return numbers;
        }
        for (int i = 0; i < 4; i += 2) {
            a.op(VPSRLD, numbers[i], numbers[i], 16);
            a.op(VPOR, numbers[i], numbers[i], numbers[i + 1]);
        }
        routine.give(numbers[1], numbers[3]);
        return new Vec[] {numbers[0], numbers[2]};
    }

    @Override
    public void gather(Vec codeSum, Vec[] steps, boolean first) {
        throw new UnsupportedOperationException("rounded activations have no z");
    }

    @Override
    public void gathered(Vec codeSum) {
        throw new UnsupportedOperationException("rounded activations have no z");
    }

    private final class Chains implements Sum {
        private final Vec even = routine.take();
        private final Vec odd = routine.take();

        @Override
        public Vec total() {
            return even;
        }
    }

    @Override
    public Sum sum() {
        assert !pairs : "tiles multiply pairs";
        return new Chains();
    }

    @Override
    public void start(Sum[] sums, Mem record, int half) {
        for (Sum sum : sums) {
            routine.zero(((Chains) sum).even);
            routine.zero(((Chains) sum).odd);
        }
    }

    @Override
    public void multiply(Sum[] sums, Vec[] steps, Mem record, int step) {
        int ofHalf = Codes.RUN / codes.halves();
        for (int strip = 0; strip < sums.length; strip++) {
            Chains chains = (Chains) sums[strip];
            Vec chain = step % 2 == 0 ? chains.even : chains.odd;
            a.op(VFMADD231PS, chain, steps[strip], record.plus(4 * step).toAll());
            if (step % ofHalf == ofHalf - 1) {
                a.op(VADDPS, chains.even, chains.even, chains.odd);
            }
        }
    }

    @Override
    public void count(Vec[] sums, Run[] runs, Mem record) {
        for (int strip = 0; strip < sums.length; strip++) {
            Run run = runs[strip];
            for (int half = 0; half < codes.halves(); half++) {
                add(sums[strip], run.totals()[half], run.scales()[half]);
                if (codes.minima()) {
                    int at = record().sumOfRounded(half, codes.halves() == 1);
                    add(sums[strip], run.minima()[half], record.plus(at).toAll());
                }
            }
        }
    }

    /** {@code sum += left · right}. */
    private void add(Vec sum, Operand left, Operand right) {
        routine.in(left, vector -> {
            if (!vector.equals(left)) {
                a.op(VMOVUPS, vector, left);
            }
            a.op(VFMADD231PS, sum, vector, right);
        });
    }
}
