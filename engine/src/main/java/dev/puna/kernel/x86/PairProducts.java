package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPADDW;
import static dev.puna.kernel.x86.Op.VPMADDUBSW;
import static dev.puna.kernel.x86.Op.VPMADDWD;

import java.util.Arrays;

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
        assert !codes.signed() && codes.bits() != 7;
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
    public Vec[] step(Vec group) {
        return new Vec[] {group};
    }

    private final class Lane implements Sum {
        /** What the steps come to that share a scale. */
        private final Vec words = routine.take();

        private final Vec total = routine.take();

        @Override
        public Vec total() {
            return total;
        }
    }

    @Override
    public Sum sum() {
        assert codes.halves() == 1;
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
        Vec[] words = words(sums);
        Vec activations = routine.take();
        routine.ofToken(activations, record, 4 * step);
        if (step % together == 0) {
            for (int strip = 0; strip < words.length; strip++) {
                a.op(VPMADDUBSW, words[strip], steps[strip], activations);
            }
        } else {
            for (int strip = 0; strip < words.length; strip++) {
                Vec products = strip == words.length - 1 ? activations : routine.take();
                a.op(VPMADDUBSW, products, steps[strip], activations);
                a.op(VPADDW, words[strip], words[strip], products);
                if (products != activations) {
                    routine.give(products);
                }
            }
        }
        if (step % together == together - 1) {
            routine.ofToken(activations, record, this.record.scaleOf(step / together));
            count(sums, words, activations, step < together && codes.bias() == 0);
        }
        routine.give(activations);
    }

    /** Adds words, times a scale, to the totals, or begins them. */
    private void count(Sum[] sums, Vec[] words, Vec scale, boolean first) {
        for (int strip = 0; strip < sums.length; strip++) {
            Vec total = sums[strip].total();
            a.op(VPMADDWD, first ? total : words[strip], words[strip], scale);
            if (!first) {
                a.op(VPADDD, total, total, words[strip]);
            }
        }
    }

    private static Vec[] words(Sum[] sums) {
        return Arrays.stream(sums).map(sum -> ((Lane) sum).words).toArray(Vec[]::new);
    }

    @Override
    public void count(Vec[] sums, Run[] runs, Mem record) {
        Scales.count(routine, record(), sums, runs, record);
    }
}
