package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPADDB;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPADDW;
import static dev.puna.kernel.x86.Op.VPMADDUBSW;
import static dev.puna.kernel.x86.Op.VPMADDWD;

/**
 * AVX2, codes of up to 6 bits: {@code vpmaddubsw} adds two products of a byte without and a byte with a sign to 16 bits,
 * and small codes leave room there for more: {@code 2 · 15 · 127} eight times over stays below 2^15, {@code 2 · 31 · 127}
 * four times, {@code 2 · 63 · 127} twice. Only then {@code vpmaddwd} widens. A bias counts as a minimum.
 */
final class PairProducts implements Products {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;
    /** Steps that fit in 16 bits. */
    private final int depth;
    /** Steps of a half. */
    private final int half;

    private final Vec ones;

    PairProducts(Routine routine, Codes codes) {
        assert codes.bits() <= 6;
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
        this.half = Codes.GROUPS / codes.halves();
        this.depth = Math.min(half, depth(codes));
        this.ones = routine.allLanes(0x0001_0001);
    }

    /** Groups of four whose products fit in 16 bits. */
    static int depth(Codes codes) {
        return codes.bits() <= 4 ? 8 : codes.bits() == 5 ? 4 : 2;
    }

    @Override
    public Activations record() {
        return codes.halves() == 1 ? Activations.BYTES : Activations.HALVES;
    }

    @Override
    public boolean biasIsMinimum() {
        return true;
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

    /** At most eight codes of 5 bits, or four of 6, in one byte. */
    @Override
    public void gather(Vec codeSum, Vec[] steps, boolean first) {
        if (first) {
            a.op(VMOVUPS, codeSum, steps[0]);
        } else {
            a.op(VPADDB, codeSum, codeSum, steps[0]);
        }
    }

    @Override
    public void gathered(Vec codeSum) {
        a.op(VPMADDUBSW, codeSum, codeSum, routine.everyByte(1));
        a.op(VPMADDWD, codeSum, codeSum, ones);
    }

    private final class Lane implements Sum {
        private final Vec words = routine.take();
        private final Vec total = depth == half ? words : routine.take();

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
        int within = step % half;
        for (int strip = 0; strip < sums.length; strip++) {
            Lane lane = (Lane) sums[strip];
            Vec codes = steps[strip];
            routine.with(products -> {
                routine.ofToken(products, record, 4 * step);
                if (within % depth == 0) {
                    a.op(VPMADDUBSW, lane.words, codes, products);
                } else {
                    a.op(VPMADDUBSW, products, codes, products);
                    a.op(VPADDW, lane.words, lane.words, products);
                }
            });
            if (within == depth - 1) {
                a.op(VPMADDWD, lane.total, lane.words, ones);
            } else if (within % depth == depth - 1) {
                a.op(VPMADDWD, lane.words, lane.words, ones);
                a.op(VPADDD, lane.total, lane.total, lane.words);
            }
        }
    }

    @Override
    public void count(Vec[] sums, Run[] runs, Mem record) {
        Scales.count(routine, record(), sums, runs, record);
    }
}
