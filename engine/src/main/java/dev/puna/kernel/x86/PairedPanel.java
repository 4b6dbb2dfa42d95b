package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VPADDB;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPMADDUBSW;
import static dev.puna.kernel.x86.Op.VPMADDWD;
import static dev.puna.kernel.x86.Op.VPSUBW;

/**
 * The codes of a strip's rows side by side, for codes whose scales are whole numbers at AVX2: {@code vpmaddwd} widens products
 * by their scale in place of ones, so that it costs nothing. Of each half of a run its scale is handed over in both words of a
 * lane. A panel has of each run its codes, its scales and the sum of its weights, f32; behind a block's runs its minima and the
 * factors.
 *
 * @param vector bytes of a vector
 */
record PairedPanel(int vector, int halves, boolean hasMinima) {
    static PairedPanel of(Routine routine, Codes codes) {
        return new PairedPanel(routine.lanes.bytes, codes.halves(), codes.minima());
    }

    int scale(int half) {
        return (Codes.GROUPS + half) * vector;
    }

    int weights() {
        return (Codes.GROUPS + halves) * vector;
    }

    int runBytes() {
        return weights() + vector;
    }

    /** Vectors of minima, two numbers in a lane: of a run's halves, or of two runs. */
    int minima() {
        return hasMinima ? BlockRecord.RUNS / 2 * halves : 0;
    }

    /** Of what lies behind the runs: */
    int minimum(int number) {
        return number * vector;
    }

    /** Where the sums are that such a vector meets, in what belongs to all runs of a record. */
    int sums(int number) {
        return (halves > 1 ? BlockRecord.SUMS : BlockRecord.RUN_SUMS) + 4 * number;
    }

    int scaleFactor() {
        return minimum(minima());
    }

    int minimumFactor() {
        return scaleFactor() + vector;
    }

    int sideBytes() {
        return minimumFactor() + vector;
    }

    int blockBytes() {
        return BlockRecord.RUNS * runBytes() + sideBytes();
    }

    /**
     * Groups whose products fit in 16 bits, of a half of a run at most. Codes around zero are half as large: where there is a
     * bias, sums begin with what it takes away, and whatever is lost on the way above 16 bits comes back.
     */
    static int depth(Codes codes) {
        int half = Codes.GROUPS / codes.halves();
        return codes.bias() > 0 ? half : Math.min(half, 1 << 7 - Math.max(4, codes.bits()));
    }

    /** What one token's sums and panels have in common: the sums of weights. */
    abstract static class Summed implements Sink {
        protected final Routine routine;
        protected final Assembler a;
        protected final Codes codes;
        protected final PairedPanel panel;
        /** The sum of a half's codes, bytes, and then of a run's weights. */
        protected final Vec weights;

        Summed(Routine routine, Codes codes) {
            this.routine = routine;
            this.a = routine.a;
            this.codes = codes;
            this.panel = PairedPanel.of(routine, codes);
            this.weights = routine.take();
        }

        /** Where the scale of a half waits. */
        abstract Mem scale(int run, int half);

        /** Where the weights of a run's first half wait. */
        abstract Mem waiting(int run);

        @Override
        public void scale(int run, int half, Vec scales) {
            a.op(VMOVUPS_STORE, scale(run, half), scales);
        }

        /** Behind a run's last group {@code weights} is the sum of its weights, f32. */
        void gather(int run, int group, Vec four) {
            int groups = Codes.GROUPS / codes.halves();
            int half = group / groups;
            if (group % groups == 0) {
                a.op(VMOVUPS, weights, four);
            } else {
                a.op(VPADDB, weights, weights, four);
            }
            if (group % groups < groups - 1) {
                return;
            }
            a.op(VPMADDUBSW, weights, weights, routine.everyByte(1));
            if (codes.bias() > 0) {
                int words = codes.bias() * 2 * groups * 0x0001_0001;
                a.op(VPSUBW, weights, weights, routine.everyLane(words));
            }
            a.op(VPMADDWD, weights, weights, scale(run, half));
            if (half > 0) {
                a.op(VPADDD, weights, weights, waiting(run));
            }
            if (half < codes.halves() - 1) {
                a.op(VMOVUPS_STORE, waiting(run), weights);
            } else {
                a.op(VCVTDQ2PS, weights, weights);
            }
        }
    }

    /** Writes a strip's block to a panel. */
    static final class Filling extends Summed {
        private final Gpr base;

        /** @param base holds the address of the block's first run */
        Filling(Routine routine, Codes codes, Gpr base) {
            super(routine, codes);
            this.base = base;
        }

        private Mem ofRun(int run, int offset) {
            return Mem.at(base, run * panel.runBytes() + offset);
        }

        private Mem side(int offset) {
            return ofRun(BlockRecord.RUNS, offset);
        }

        @Override
        Mem scale(int run, int half) {
            return ofRun(run, panel.scale(half));
        }

        @Override
        Mem waiting(int run) {
            return ofRun(run, panel.weights());
        }

        @Override
        public void factors(Vec scale, Vec minimum) {
            a.op(VMOVUPS_STORE, side(panel.scaleFactor()), scale);
            a.op(VMOVUPS_STORE, side(panel.minimumFactor()), minimum);
        }

        @Override
        public void minimum(int run, int half, Vec pair) {
            a.op(VMOVUPS_STORE, side(panel.minimum(run * codes.halves() / 2)), pair);
        }

        @Override
        public void codes(int run, int group, Vec four) {
            gather(run, group, four);
            a.op(VMOVUPS_STORE, ofRun(run, group * panel.vector()), four);
            if (group == Codes.GROUPS - 1) {
                a.op(VMOVUPS_STORE, ofRun(run, panel.weights()), weights);
            }
        }
    }
}
