package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPADDW;
import static dev.puna.kernel.x86.Op.VPMADDUBSW;
import static dev.puna.kernel.x86.Op.VPMADDWD;

/**
 * AVX2, codes of up to 6 bits: {@code vpmaddubsw} adds two products of a byte without and a byte with a sign to 16 bits, and
 * small codes leave room there for two more: {@code 4 · 63 · 127} is below 2^15. Then {@code vpmaddwd} widens; it
 * multiplies by the whole scale that every eight activations have, in place of ones, so that these scales cost next to
 * nothing.
 */
final class PairProducts implements Products {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;

    PairProducts(Routine routine, Codes codes) {
        assert codes.bits() <= 6 && codes.halves() == 1;
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
    }

    @Override
    public Activations record() {
        return Activations.EIGHTS;
    }

    @Override
    public int steps() {
        return Codes.GROUPS;
    }

    @Override
    public void unpacking() {}

    @Override
    public Vec[] step(Vec group) {
        return new Vec[] {group};
    }

    @Override
    public void gather(Vec codeSum, Vec[] steps, boolean first) {
        throw new UnsupportedOperationException("eights have no z");
    }

    @Override
    public void gathered(Vec codeSum) {
        throw new UnsupportedOperationException("eights have no z");
    }

    private final class Lane implements Sum {
        /** Of eight activations. */
        private final Vec words = routine.take();

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
        for (Sum sum : sums) {
            if (codes.bias() > 0) {
                routine.ofToken(sum.total(), record, Activations.EIGHTS.offsetOfBias(codes.bias()));
            }
        }
    }

    @Override
    public void multiply(Sum[] sums, Vec[] steps, Mem record, int step) {
        for (int strip = 0; strip < sums.length; strip++) {
            Lane lane = (Lane) sums[strip];
            Vec four = steps[strip];
            if (step % 2 == 0) {
                routine.ofToken(lane.words, record, 4 * step);
                a.op(VPMADDUBSW, lane.words, four, lane.words);
                continue;
            }
            routine.with(products -> {
                routine.ofToken(products, record, 4 * step);
                a.op(VPMADDUBSW, products, four, products);
                a.op(VPADDW, lane.words, lane.words, products);
                routine.ofToken(products, record, Activations.EIGHTS.scaleOf(step / 2));
                boolean begins = step == 1 && codes.bias() == 0;
                a.op(VPMADDWD, begins ? lane.total : lane.words, lane.words, products);
                if (!begins) {
                    a.op(VPADDD, lane.total, lane.total, lane.words);
                }
            });
        }
    }

    @Override
    public void count(Vec[] sums, Run[] runs, Mem record) {
        Scales.count(routine, record(), sums, runs, record);
    }
}
