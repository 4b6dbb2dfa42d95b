package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPADDB;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPADDW;
import static dev.puna.kernel.x86.Op.VPBLENDW;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPBROADCASTW;
import static dev.puna.kernel.x86.Op.VPMADDUBSW;
import static dev.puna.kernel.x86.Op.VPMADDWD;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VPSRAW;

/**
 * Codes whose scales are whole numbers at AVX2: {@code vpmaddwd} takes the scale in place of ones, so that it costs nothing.
 * Of each half of a run its scale is handed over four times, a byte with a sign; minima as {@link Sink} has them.
 */
final class BlockPairs {
    private BlockPairs() {}

    /** Groups whose products fit in 16 bits, of a half of a run at most. */
    static int depth(Codes codes) {
        return Math.min(Codes.GROUPS / codes.halves(), PairProducts.depth(codes));
    }

    /** What one token's sums and panels have in common: the sums of weights. */
    private abstract static class Summed implements Sink {
        protected final Routine routine;
        protected final Assembler a;
        protected final Codes codes;
        protected final BlockPanel panel;
        /** The sum of a half's codes, bytes; of a run's weights, words that stand for their sum. */
        protected final Vec weights;

        Summed(Routine routine, Codes codes) {
            this.routine = routine;
            this.a = routine.a;
            this.codes = codes;
            this.panel = BlockPanel.of(routine.lanes, codes);
            this.weights = routine.take();
        }

        /** Where the scale of a half waits. */
        abstract Mem scale(int run, int half);

        /** Where the weights of a first half wait. */
        abstract Mem waiting();

        /** {@code weights} becomes the sum of the run's when the last group is there. */
        void gather(int run, int group, Vec four) {
            int groups = Codes.GROUPS / codes.halves();
            int half = group / groups;
            if (group % groups == 0) {
                a.op(VMOVUPS, weights, four);
            } else {
                a.op(VPADDB, weights, weights, four);
            }
            if (group % groups == groups - 1) {
                a.op(VPMADDUBSW, weights, weights, scale(run, half));
                if (half > 0) {
                    a.op(VPADDW, weights, weights, waiting());
                } else if (codes.halves() > 1) {
                    a.op(VMOVUPS_STORE, waiting(), weights);
                }
            }
        }

        @Override
        public void scale(int run, int half, Vec scales) {
            a.op(VMOVUPS_STORE, scale(run, half), scales);
        }
    }

    /** Multiplies a strip's codes with one token as they are unpacked. */
    static final class Dot extends Summed implements OneToken.Sums {
        private final Gpr record;
        private final Gpr scratch;
        private final int depth;
        private final Vec sum;
        /** The runs so far. */
        private final Vec block;
        /** Of the runs so far: weights times middles. */
        private final Vec middles;

        private final Vec words;
        private final Vec total;
        /** Minima times sums, while these are all that there is. */
        private Vec minima = Vec.ymm(0);

        /**
         * @param record holds the address of the block's activations
         * @param scratch holds the address of memory for {@link #scratchBytes}
         */
        Dot(Routine routine, Codes codes, Gpr record, Gpr scratch) {
            super(routine, codes);
            this.record = record;
            this.scratch = scratch;
            this.depth = depth(codes);
            this.sum = routine.take();
            this.block = routine.take();
            this.middles = routine.take();
            this.words = routine.take();
            this.total = routine.take();
        }

        @Override
        public int scratchBytes() {
            return (BlockRecord.RUNS * codes.halves() + 4) * routine.lanes.bytes;
        }

        @Override
        public Vec[] sums() {
            return new Vec[] {sum};
        }

        private Mem scratch(int number) {
            return Mem.at(scratch, number * routine.lanes.bytes);
        }

        @Override
        Mem scale(int run, int half) {
            return scratch(4 + run * codes.halves() + half);
        }

        /** Or, where weights are large, the middles of the first runs. */
        @Override
        Mem waiting() {
            return scratch(0);
        }

        private Mem minimaWaiting() {
            return scratch(1);
        }

        private Mem scaleFactor() {
            return scratch(2);
        }

        private Mem minimumFactor() {
            return scratch(3);
        }

        private Mem ofRun(int run, int offset) {
            return Mem.at(record, run * BlockRecord.RUN_BYTES + offset);
        }

        private Mem ofBlock(int offset) {
            return Mem.at(record, BlockRecord.SIDE + offset);
        }

        @Override
        public void factors(Vec scale, Vec minimum) {
            a.op(VMOVUPS_STORE, scaleFactor(), scale);
            a.op(VMOVUPS_STORE, minimumFactor(), minimum);
            minima = total;
            routine.zero(minima);
        }

        @Override
        public void minimum(int run, int half, Vec pair) {
            int number = run * codes.halves() / 2;
            routine.with(sums -> {
                a.op(VPBROADCASTD, sums, ofBlock(BlockRecord.sums(codes, number)));
                a.op(VPMADDWD, sums, sums, pair);
                a.op(VPADDD, minima, minima, sums);
                if (number == panel.minima() - 1) {
                    a.op(VCVTDQ2PS, minima, minima);
                    a.op(VPBROADCASTD, sums, ofBlock(BlockRecord.SUM_FACTOR));
                    a.op(VMULPS, minima, minima, sums);
                    a.op(VMOVUPS_STORE, minimaWaiting(), minima);
                }
            });
        }

        @Override
        public void codes(int run, int group, Vec four) {
            gather(run, group, four);
            routine.with(products -> {
                a.op(VPBROADCASTD, products, ofRun(run, 4 * group));
                if (group % depth == 0) {
                    a.op(VPMADDUBSW, words, four, products);
                } else {
                    a.op(VPMADDUBSW, products, four, products);
                    a.op(VPADDW, words, words, products);
                }
            });
            if (group % depth == depth - 1) {
                scaled(run, group, four);
            }
            if (group == Codes.GROUPS - 1) {
                run(run, four);
            }
        }

        /** Adds words, scaled, to the total. */
        private void scaled(int run, int group, Vec spare) {
            a.op(VMOVUPS, spare, scale(run, group * codes.halves() / Codes.GROUPS));
            a.op(VPSRAW, spare, spare, 8);
            if (group < depth) {
                a.op(VPMADDWD, total, words, spare);
            } else {
                a.op(VPMADDWD, words, words, spare);
                a.op(VPADDD, total, total, words);
            }
        }

        private void run(int run, Vec spare) {
            a.op(VCVTDQ2PS, total, total);
            a.op(VPBROADCASTD, spare, ofRun(run, BlockRecord.SCALE));
            if (run == 0) {
                a.op(VMULPS, block, total, spare);
            } else {
                a.op(VFMADD231PS, block, total, spare);
            }
            a.op(VPBROADCASTW, spare, ofBlock(BlockRecord.MIDDLES + 2 * run));
            if (run == 0 || (panel.large() && run == BlockPanel.LARGE)) {
                a.op(VPMADDWD, middles, weights, spare);
            } else {
                a.op(VPMADDWD, weights, weights, spare);
                a.op(VPADDD, middles, middles, weights);
            }
            if (panel.large() && run == BlockPanel.LARGE - 1) {
                a.op(VMOVUPS_STORE, waiting(), middles);
            }
        }

        @Override
        public void count() {
            routine.with(factor -> {
                a.op(VPBROADCASTD, factor, ofBlock(BlockRecord.MIDDLE_FACTOR));
                if (panel.large()) {
                    a.op(VCVTDQ2PS, words, waiting());
                    a.op(VFMADD231PS, block, words, factor);
                }
                a.op(VCVTDQ2PS, middles, middles);
                a.op(VFMADD231PS, block, middles, factor);
                a.op(VFMADD231PS, sum, block, scaleFactor());
                a.op(VMOVUPS, factor, minimaWaiting());
                a.op(VFMADD231PS, sum, factor, minimumFactor());
            });
        }
    }

    /** Writes a strip's block to a panel. */
    static final class Filling extends Summed implements BlockPanel.Writer {
        private final Gpr base;
        private final Vec ones;
        private final Vec even;

        Filling(Routine routine, Codes codes, Gpr base) {
            super(routine, codes);
            this.base = base;
            this.ones = routine.allLanes(0x0001_0001);
            this.even = routine.take();
        }

        @Override
        public BlockPanel panel() {
            return panel;
        }

        private Mem ofRun(int run, int vector) {
            return Mem.at(base, run * panel.runBytes() + vector * panel.vector());
        }

        private Mem side(int offset) {
            return Mem.at(base, BlockRecord.RUNS * panel.runBytes() + offset);
        }

        @Override
        Mem scale(int run, int half) {
            return ofRun(run, Codes.GROUPS + half);
        }

        /** They go where the weights of the first runs, and then of the last, will be. */
        @Override
        Mem waiting() {
            return side(panel.weight(panel.weights() - 1));
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
            a.op(VMOVUPS_STORE, ofRun(run, group), four);
            if (group == Codes.GROUPS - 1) {
                if (panel.large()) {
                    a.op(VMOVUPS_STORE, side(panel.weight(run)), weights);
                } else if (run % 2 == 0) {
                    a.op(VPMADDWD, even, weights, ones);
                } else {
                    a.op(VPMADDWD, weights, weights, ones);
                    a.op(VPSLLD, weights, weights, 16);
                    a.op(VPBLENDW, weights, even, weights, 0b1010_1010);
                    a.op(VMOVUPS_STORE, side(panel.weight(run / 2)), weights);
                }
            }
        }
    }
}
