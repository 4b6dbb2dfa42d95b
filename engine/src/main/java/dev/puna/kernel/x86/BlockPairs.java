package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.RSP;
import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPADDB;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPADDW;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPMADDUBSW;
import static dev.puna.kernel.x86.Op.VPMADDWD;
import static dev.puna.kernel.x86.Op.VPSUBW;

import java.util.BitSet;
import java.util.function.Consumer;

/**
 * Codes whose scales are whole numbers at AVX2: {@code vpmaddwd} widens products by their scale in place of ones, so that it
 * costs nothing. Of each half of a run its scale is handed over in both words of a lane.
 */
final class BlockPairs {
    private BlockPairs() {}

    /**
     * Groups whose products fit in 16 bits, of a half of a run at most. Codes around zero are half as large: where there is a
     * bias, sums begin with what it takes away, and whatever is lost on the way above 16 bits comes back.
     */
    private static int depth(Codes codes) {
        int half = Codes.GROUPS / codes.halves();
        return codes.bias() > 0 ? half : Math.min(half, PairProducts.depth(codes));
    }

    /**
     * A panel: of each run its codes, its scales and the sum of its weights, f32; behind a block's runs its minima and the
     * factors.
     */
    record Panel(int vector, int halves, boolean hasMinima) {
        static Panel of(Routine routine, Codes codes) {
            return new Panel(routine.lanes.bytes, codes.halves(), codes.minima());
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
    }

    /** What one token's sums and panels have in common: the sums of weights. */
    private abstract static class Summed implements Sink {
        protected final Routine routine;
        protected final Assembler a;
        protected final Codes codes;
        protected final Panel panel;
        /** The sum of a half's codes, bytes, and then of a run's weights. */
        protected final Vec weights;

        Summed(Routine routine, Codes codes) {
            this.routine = routine;
            this.a = routine.a;
            this.codes = codes;
            this.panel = Panel.of(routine, codes);
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

    /** Multiplies a strip's codes with one token as they are unpacked. */
    static final class Dot extends Summed implements OneToken.Sums {
        private final Gpr record;
        private final Gpr scratch;
        private final int depth;
        private final Vec sum;
        /** The runs so far. */
        private final Vec block;

        private final Vec words;
        /** Of a run; before the runs minima times sums. */
        private final Vec total;
        /** The run that counts next, and those behind it that are there already. */
        private int next;

        private final BitSet early = new BitSet();

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
            this.words = routine.take();
            this.total = routine.take();
        }

        @Override
        public int scratchBytes() {
            return (BlockRecord.RUNS * (codes.halves() + 2) + 4) * routine.lanes.bytes;
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
            return scratch(run * codes.halves() + half);
        }

        private Mem behindScales(int number) {
            return scratch(BlockRecord.RUNS * codes.halves() + number);
        }

        @Override
        Mem waiting(int run) {
            return behindScales(0);
        }

        private Mem scaleFactor() {
            return behindScales(1);
        }

        private Mem minimumFactor() {
            return behindScales(2);
        }

        private Mem minima() {
            return behindScales(3);
        }

        private Mem early(int run) {
            return behindScales(4 + 2 * run);
        }

        private Mem ofRun(int run, int offset) {
            return Mem.at(record, run * BlockRecord.RUN_BYTES + offset);
        }

        private Mem ofBlock(int offset) {
            return Mem.at(record, BlockRecord.SIDE + offset);
        }

        @Override
        public void factors(Vec scale, Vec minimum) {
            next = 0;
            a.op(VMOVUPS_STORE, scaleFactor(), scale);
            if (codes.minima()) {
                a.op(VMOVUPS_STORE, minimumFactor(), minimum);
                routine.zero(total);
            }
        }

        @Override
        public void minimum(int run, int half, Vec pair) {
            int number = run * codes.halves() / 2;
            routine.with(sums -> {
                a.op(VPBROADCASTD, sums, ofBlock(panel.sums(number)));
                a.op(VPMADDWD, sums, sums, pair);
                a.op(VPADDD, total, total, sums);
                if (number == panel.minima() - 1) {
                    a.op(VCVTDQ2PS, total, total);
                    a.op(VPBROADCASTD, sums, ofBlock(BlockRecord.SUM_FACTOR));
                    a.op(VMULPS, total, total, sums);
                    a.op(VMOVUPS_STORE, minima(), total);
                }
            });
        }

        @Override
        public void codes(int run, int group, Vec four) {
            int half = group * codes.halves() / Codes.GROUPS;
            gather(run, group, four);
            boolean begins = group % depth == 0;
            if (begins && codes.bias() > 0) {
                a.op(VPBROADCASTD, words, ofRun(run, BlockRecord.wordOffsets(half)));
            }
            routine.with(products -> {
                a.op(VPBROADCASTD, products, ofRun(run, 4 * group));
                if (begins && codes.bias() == 0) {
                    a.op(VPMADDUBSW, words, four, products);
                } else {
                    a.op(VPMADDUBSW, products, four, products);
                    a.op(VPADDW, words, words, products);
                }
            });
            if (group % depth == depth - 1) {
                Vec scaled = group < depth ? total : words;
                a.op(VPMADDWD, scaled, words, scale(run, half));
                if (group >= depth) {
                    a.op(VPADDD, total, total, words);
                }
            }
            if (group == Codes.GROUPS - 1) {
                run(run, four);
            }
        }

        /** Lets a run count, and those that came before it too early. */
        private void run(int run, Vec factor) {
            a.op(VCVTDQ2PS, total, total);
            if (run != next) {
                a.op(VMOVUPS_STORE, early(run), total);
                a.op(VMOVUPS_STORE, early(run).plus(routine.lanes.bytes), weights);
                early.set(run);
                return;
            }
            count(run, total, weights, factor);
            for (next++; early.get(next); next++) {
                early.clear(next);
                count(next, early(next), early(next).plus(routine.lanes.bytes), factor);
            }
        }

        private void count(int run, Operand total, Operand weights, Vec factor) {
            a.op(VPBROADCASTD, factor, ofRun(run, BlockRecord.SCALE));
            a.op(run == 0 ? VMULPS : VFMADD231PS, block, factor, total);
            a.op(VPBROADCASTD, factor, ofRun(run, BlockRecord.MIDDLE));
            a.op(VFMADD231PS, block, factor, weights);
        }

        @Override
        public void count() {
            a.op(VFMADD231PS, sum, block, scaleFactor());
            if (codes.minima()) {
                a.op(VMOVUPS, block, minima());
                a.op(VFMADD231PS, sum, block, minimumFactor());
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

    /** The products of one strip's panel with several tokens. */
    static final class Tokens implements ManyTokens.Body {
        private final Routine routine;
        private final Assembler a;
        private final Codes codes;
        private final Panel panel;
        private final int depth;
        /** Of each token: the runs so far, and the sums of one. */
        private final Vec[] blocks;

        private final Vec[] words;
        private final Vec weights;

        Tokens(Routine routine, Codes codes, int tokens) {
            this.routine = routine;
            this.a = routine.a;
            this.codes = codes;
            this.panel = Panel.of(routine, codes);
            this.depth = depth(codes);
            this.blocks = routine.take(tokens);
            this.words = routine.take(tokens);
            this.weights = routine.take();
        }

        @Override
        public int times() {
            return BlockRecord.RUNS;
        }

        @Override
        public int partPanelBytes() {
            return panel.runBytes();
        }

        @Override
        public int partRecordBytes() {
            return BlockRecord.RUN_BYTES;
        }

        @Override
        public int panelBytes() {
            return panel.sideBytes();
        }

        @Override
        public int recordBytes() {
            return BlockRecord.BYTES - BlockRecord.SIDE;
        }

        @Override
        public void begin() {
            for (Vec block : blocks) {
                routine.zero(block);
            }
        }

        @Override
        public void part(Mem[] panels, Mem[] tokens) {
            for (int group = 0; group < Codes.GROUPS; group++) {
                int half = group * codes.halves() / Codes.GROUPS;
                products(panels[0], tokens, group, half);
                if (group % depth == depth - 1) {
                    scaled(panels[0].plus(panel.scale(half)), group);
                }
            }
            for (Vec total : words) {
                a.op(VCVTDQ2PS, total, total);
            }
            a.op(VMOVUPS, weights, panels[0].plus(panel.weights()));
            for (int t = 0; t < tokens.length; t++) {
                Vec block = blocks[t];
                Vec total = words[t];
                toAll(tokens[t].plus(BlockRecord.SCALE), scale -> a.op(VFMADD231PS, block, total, scale));
                toAll(tokens[t].plus(BlockRecord.MIDDLE), middle -> a.op(VFMADD231PS, block, weights, middle));
            }
        }

        private void products(Mem strip, Mem[] tokens, int group, int half) {
            boolean begins = group % depth == 0;
            a.op(VMOVUPS, weights, strip.plus(group * panel.vector()));
            for (int t = 0; t < tokens.length; t++) {
                Vec sums = words[t];
                if (begins && codes.bias() > 0) {
                    a.op(VPBROADCASTD, sums, tokens[t].plus(BlockRecord.wordOffsets(half)));
                }
                toAll(tokens[t].plus(4 * group), four -> {
                    if (begins && codes.bias() == 0) {
                        a.op(VPMADDUBSW, sums, weights, four);
                    } else {
                        a.op(VPMADDUBSW, four, weights, four);
                        a.op(VPADDW, sums, sums, four);
                    }
                });
            }
        }

        /** Sums of words by their scale; all but the last wait in memory for the next. */
        private void scaled(Mem scale, int group) {
            a.op(VMOVUPS, weights, scale);
            for (int t = 0; t < words.length; t++) {
                Mem waiting = Mem.at(RSP, t * panel.vector());
                a.op(VPMADDWD, words[t], words[t], weights);
                if (group >= depth) {
                    a.op(VPADDD, words[t], words[t], waiting);
                }
                if (group < Codes.GROUPS - 1) {
                    a.op(VMOVUPS_STORE, waiting, words[t]);
                }
            }
        }

        @Override
        public void run(Vec[][] sums, Mem[] panels, Mem[] tokens) {
            a.op(VMOVUPS, weights, panels[0].plus(panel.scaleFactor()));
            for (int t = 0; t < tokens.length; t++) {
                a.op(VFMADD231PS, sums[t][0], blocks[t], weights);
            }
            if (!codes.minima()) {
                return;
            }
            for (int number = 0; number < panel.minima(); number++) {
                boolean first = number == 0;
                a.op(VMOVUPS, weights, panels[0].plus(panel.minimum(number)));
                for (int t = 0; t < tokens.length; t++) {
                    Vec total = words[t];
                    toAll(tokens[t].plus(panel.sums(number)), two -> {
                        a.op(VPMADDWD, first ? total : two, weights, two);
                        if (!first) {
                            a.op(VPADDD, total, total, two);
                        }
                    });
                }
            }
            a.op(VMOVUPS, weights, panels[0].plus(panel.minimumFactor()));
            for (int t = 0; t < tokens.length; t++) {
                Vec total = words[t];
                a.op(VCVTDQ2PS, total, total);
                toAll(tokens[t].plus(BlockRecord.SUM_FACTOR), factor -> a.op(VMULPS, total, total, factor));
                a.op(VFMADD231PS, sums[t][0], total, weights);
            }
        }

        /** Hands over a vector with the 32 bits that are there in all lanes; it may be overwritten. */
        private void toAll(Mem number, Consumer<Vec> body) {
            routine.with(all -> {
                a.op(VPBROADCASTD, all, number);
                body.accept(all);
            });
        }
    }
}
