package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPADDW;
import static dev.puna.kernel.x86.Op.VPMADDUBSW;
import static dev.puna.kernel.x86.Op.VPMADDWD;

/**
 * AVX2, codes without a sign: {@code vpmaddubsw} adds two products of a byte without and a byte with a sign to 16 bits, and
 * codes of up to 6 bits leave room there for two more: {@code 4 · 63 · 127} is below 2^15. Those of 8 bits (levels) do not, and
 * have activations of 7 bits. Then {@code vpmaddwd} widens; it multiplies by the whole scale that every eight activations
 * have, or every four, in place of ones, so that these scales cost next to nothing.
 */
final class PairProducts implements Products {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;
    private final Activations record;
    /** Steps that share a scale. */
    private final int together;

    PairProducts(Routine routine, Codes codes) {
        assert !codes.signed() && codes.bits() != 7 && codes.halves() == 1;
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
        this.record = codes.bits() == 8 ? Activations.FOURS : Activations.EIGHTS;
        this.together = record.group() / 4;
    }

    @Override
    public Activations record() {
        return record;
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
        throw new UnsupportedOperationException("groups have no z");
    }

    @Override
    public void gathered(Vec codeSum) {
        throw new UnsupportedOperationException("groups have no z");
    }

    private final class Lane implements Sum {
        /** What the first of two steps comes to. */
        private final Vec words = together > 1 ? routine.take() : Vec.ymm(0);

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
                routine.ofToken(sum.total(), record, this.record.offsetOfBias(codes.bias()));
            }
        }
    }

    @Override
    public void multiply(Sum[] sums, Vec[] steps, Mem record, int step) {
        boolean last = step % together == together - 1;
        for (int strip = 0; strip < sums.length; strip++) {
            Lane lane = (Lane) sums[strip];
            Vec four = steps[strip];
            if (!last) {
                products(lane.words, four, record, step);
                continue;
            }
            routine.with(words -> {
                products(words, four, record, step);
                if (together > 1) {
                    a.op(VPADDW, words, words, lane.words);
                }
                routine.with(scale -> {
                    routine.ofToken(scale, record, this.record.scaleOf(step / together));
                    boolean begins = step < together && codes.bias() == 0;
                    a.op(VPMADDWD, begins ? lane.total : words, words, scale);
                    if (!begins) {
                        a.op(VPADDD, lane.total, lane.total, words);
                    }
                });
            });
        }
    }

    private void products(Vec target, Vec codes, Mem record, int step) {
        routine.ofToken(target, record, 4 * step);
        a.op(VPMADDUBSW, target, codes, target);
    }

    @Override
    public void count(Vec[] sums, Run[] runs, Mem record) {
        Scales.count(routine, record(), sums, runs, record);
    }
}
