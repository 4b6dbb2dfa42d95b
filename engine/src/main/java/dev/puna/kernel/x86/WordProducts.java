package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPMADDWD;
import static dev.puna.kernel.x86.Op.VPSLLW;
import static dev.puna.kernel.x86.Op.VPSRAW;
import static dev.puna.kernel.x86.Op.VPSRLW;
import static dev.puna.kernel.x86.Op.VPXOR;

/**
 * AVX2, codes of 8 bits, with a sign or around 128: too wide for sums of 16 bits, so they are widened first, and
 * {@code vpmaddwd} adds two products of 16 bits to 32. The activations have 16 bits too, at no cost. Without a sign
 * widening is an instruction less, but sums begin with what the bias takes away: one token's codes keep it, a panel's do not.
 */
final class WordProducts implements Products {
    private final Routine routine;
    private final Assembler a;

    private final Codes codes;
    /** Whether codes keep their bias. */
    private final boolean biased;

    /** The low halves of words where they do, once {@link #unpacking} has taken it. */
    private Vec lowBytes = Vec.ymm(0);

    private WordProducts(Routine routine, Codes codes, boolean biased) {
        assert codes.bias() == 0 || codes.bias() == 128;
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
        this.biased = biased;
    }

    /** For one token. */
    static Products one(Routine routine, Codes codes) {
        return new WordProducts(routine, codes, !codes.signed());
    }

    /** For many tokens. */
    static Products many(Routine routine, Codes codes) {
        return new WordProducts(routine, codes, false);
    }

    @Override
    public Activations record() {
        return Activations.WORDS;
    }

    @Override
    public int steps() {
        return 2 * Codes.GROUPS;
    }

    @Override
    public void unpacking() {
        if (biased) {
            lowBytes = routine.allLanes(0x00FF_00FF);
        }
    }

    @Override
    public void gather(Vec codeSum, Vec[] steps, boolean first) {
        throw new UnsupportedOperationException("words have no z");
    }

    @Override
    public void gathered(Vec codeSum) {
        throw new UnsupportedOperationException("words have no z");
    }

    /** Numbers 0 and 2 of every four, then 1 and 3. */
    @Override
    public Vec[] step(Vec group) {
        Vec even = routine.take();
        if (biased) {
            a.op(VPAND, even, group, lowBytes);
            a.op(VPSRLW, group, group, 8);
        } else {
            if (!codes.signed()) {
                a.op(VPXOR, group, group, routine.everyByte(128));
            }
            a.op(VPSLLW, even, group, 8);
            a.op(VPSRAW, even, even, 8);
            a.op(VPSRAW, group, group, 8);
        }
        return new Vec[] {even, group};
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
        if (biased) {
            for (Sum sum : sums) {
                routine.ofToken(sum.total(), record, record().offset(half));
            }
        }
    }

    @Override
    public void multiply(Sum[] sums, Vec[] steps, Mem record, int step) {
        routine.with(activations -> {
            routine.ofToken(activations, record, 4 * step);
            for (int strip = 0; strip < sums.length; strip++) {
                Vec total = sums[strip].total();
                Vec codes = steps[strip];
                if (step == 0 && !biased) {
                    a.op(VPMADDWD, total, codes, activations);
                } else if (strip == sums.length - 1) {
                    a.op(VPMADDWD, activations, codes, activations);
                    a.op(VPADDD, total, total, activations);
                } else {
                    routine.with(products -> {
                        a.op(VPMADDWD, products, codes, activations);
                        a.op(VPADDD, total, total, products);
                    });
                }
            }
        });
    }

    @Override
    public void count(Vec[] sums, Run[] runs, Mem record) {
        Scales.count(routine, record(), sums, runs, record);
    }
}
