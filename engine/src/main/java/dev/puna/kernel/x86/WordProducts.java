package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPMADDWD;
import static dev.puna.kernel.x86.Op.VPSLLW;
import static dev.puna.kernel.x86.Op.VPSRAW;

/**
 * AVX2, codes of 8 bits with a sign: too wide for sums of 16 bits, so they are widened first, and {@code vpmaddwd} adds two
 * products of 16 bits to 32. The activations have 16 bits too, at no cost.
 */
final class WordProducts implements Products {
    private final Routine routine;
    private final Assembler a;

    WordProducts(Routine routine) {
        this.routine = routine;
        this.a = routine.a;
    }

    @Override
    public Activations record() {
        return Activations.WORDS;
    }

    @Override
    public int steps() {
        return 2 * Codes.GROUPS;
    }

    /** Numbers 0 and 2 of every four, then 1 and 3. */
    @Override
    public Vec[] step(Vec group) {
        Vec even = routine.take();
        a.op(VPSLLW, even, group, 8);
        a.op(VPSRAW, even, even, 8);
        a.op(VPSRAW, group, group, 8);
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
    public void start(Sum[] sums, Mem record, int half) {}

    @Override
    public void multiply(Sum[] sums, Vec[] steps, Mem record, int step) {
        routine.with(activations -> {
            routine.ofToken(activations, record, 4 * step);
            for (int strip = 0; strip < sums.length; strip++) {
                Vec total = sums[strip].total();
                Vec codes = steps[strip];
                if (step == 0) {
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
