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
 * AMX, codes of 8 bits: bf16 holds them exactly, and activations are rounded to bf16. A tile product sums the earlier columns of
 * all pairs in a run one behind the other, likewise the later ones, in f32, and then both together; of every four columns the
 * first and third are a pair, and the others. {@link #one} does the same with ordinary instructions, so that one token gets the
 * bits that {@link TileTokens} gives it. A code is taken times 2^24, as a byte at the top of a lane, and the activations times
 * 2^−24.
 */
final class TileProducts implements Products {
    private final Routine routine;
    private final Assembler a;
    /** Whether the codes become a panel for tiles. */
    private final boolean pairs;
    /** For each byte of a lane, what brings it to the lane's top. */
    private final Mem[] toTop = new Mem[4];

    private final @Nullable Vec bias;

    private TileProducts(Routine routine, Codes codes, boolean pairs) {
        this.routine = routine;
        this.a = routine.a;
        assert codes.halves() == 1 && !codes.minima();
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

    /** For a panel: of every pair of columns a vector, whose lanes hold the earlier one in their low halves. */
    static Products pairs(Routine routine, Codes codes) {
        return new TileProducts(routine, codes, true);
    }

    @Override
    public Activations record() {
        return pairs ? Activations.PAIRS : Activations.ROUNDED;
    }

    @Override
    public int steps() {
        return pairs ? Codes.RUN / 2 : Codes.RUN;
    }

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
        for (int i = 0; i < 2; i++) {
            a.op(VPSRLD, numbers[i], numbers[i], 16);
            a.op(VPOR, numbers[i], numbers[i], numbers[i + 2]);
        }
        routine.give(numbers[2], numbers[3]);
        return new Vec[] {numbers[0], numbers[1]};
    }

    private final class Chains implements Sum {
        private final Vec earlier = routine.take();
        private final Vec later = routine.take();

        @Override
        public Vec total() {
            return earlier;
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
            routine.zero(((Chains) sum).earlier);
            routine.zero(((Chains) sum).later);
        }
    }

    @Override
    public void multiply(Sum[] sums, Vec[] steps, Mem record, int step) {
        for (int strip = 0; strip < sums.length; strip++) {
            Chains chains = (Chains) sums[strip];
            Vec chain = step % 4 < 2 ? chains.earlier : chains.later;
            a.op(VFMADD231PS, chain, steps[strip], record.plus(4 * step).toAll());
            if (step == Codes.RUN - 1) {
                a.op(VADDPS, chains.earlier, chains.earlier, chains.later);
            }
        }
    }

    @Override
    public void count(Vec[] sums, Run[] runs, Mem record) {
        for (int strip = 0; strip < sums.length; strip++) {
            Vec sum = sums[strip];
            Operand total = runs[strip].totals()[0];
            Operand scale = runs[strip].scales()[0];
            routine.in(total, vector -> {
                if (!vector.equals(total)) {
                    a.op(VMOVUPS, vector, total);
                }
                a.op(VFMADD231PS, sum, vector, scale);
            });
        }
    }
}
