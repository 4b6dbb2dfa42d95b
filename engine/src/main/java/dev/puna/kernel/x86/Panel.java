package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;

/**
 * The codes of a strip's rows side by side, ready to be multiplied with many tokens: per run its steps, then its scales,
 * its minima and the sum of its weights, each a vector with a lane per row.
 *
 * @param vector bytes of a vector
 * @param steps vectors of codes in a run
 * @param halves scales of a run
 * @param minima whether there are as many minima
 * @param sums whether there is a sum of the weights
 */
record Panel(int vector, int steps, int halves, boolean minima, boolean sums) {

    static Panel of(Lanes lanes, Codes codes, Products products) {
        boolean sums = products.record().hasMiddle();
        return new Panel(lanes.bytes, products.steps(), codes.halves(), codes.minima(), sums);
    }

    int step(int step) {
        return step * vector;
    }

    int scale(int half) {
        return (steps + half) * vector;
    }

    int minimum(int half) {
        return (steps + halves + half) * vector;
    }

    int weights() {
        return (steps + halves * (minima ? 2 : 1)) * vector;
    }

    /** Bytes of a run. */
    int runBytes() {
        return weights() + (sums ? vector : 0);
    }

    /** What panels and single products have in common: scales and minima go to memory, and weights are summed up. */
    abstract static class Scaled implements Sink {
        protected final Routine routine;
        protected final Assembler a;
        protected final Products products;
        protected final Codes codes;
        protected final Panel panel;
        /** Of no use where there are no sums. */
        private final Vec codeSum;

        Scaled(Routine routine, Products products, Codes codes, Panel panel) {
            this.routine = routine;
            this.a = routine.a;
            this.products = products;
            this.codes = codes;
            this.panel = panel;
            products.unpacking();
            this.codeSum = panel.sums ? routine.take() : Vec.xmm(0);
        }

        /** The address of what lies at {@code offset} of a run. */
        abstract Mem at(int run, int offset);

        /** Does what is to be done with the sum of a run's weights, or of its halves so far. */
        void weights(int run, Vec weights) {
            a.op(VMOVUPS_STORE, at(run, panel.weights()), weights);
        }

        /** Does what is to be done with the steps of a group. */
        abstract void steps(int run, int group, Vec[] steps);

        /** Where the scales of a half are, once they came. */
        Operand scaleOf(int run, int half) {
            return at(run, panel.scale(half));
        }

        @Override
        public void scale(int run, int half, Vec scales) {
            a.op(VMOVUPS_STORE, at(run, panel.scale(half)), scales);
        }

        @Override
        public void minimum(int run, int half, Vec minima) {
            a.op(VMOVUPS_STORE, at(run, panel.minimum(half)), minima);
        }

        @Override
        public void codes(int run, int group, Vec four) {
            int groups = Codes.GROUPS / codes.halves();
            Vec[] steps = products.step(four);
            if (panel.sums) {
                products.gather(codeSum, steps, group % groups == 0);
            }
            steps(run, group, steps);
            for (Vec step : steps) {
                if (!step.equals(four)) {
                    routine.give(step);
                }
            }
            if (panel.sums && group % groups == groups - 1) {
                weights(run, group / groups);
            }
        }

        /** Adds to the sum of a run's weights those of a half: its codes, scaled, and its minima. */
        private void weights(int run, int half) {
            products.gathered(codeSum);
            a.op(VCVTDQ2PS, codeSum, codeSum);
            a.op(VMULPS, codeSum, codeSum, scaleOf(run, half));
            if (panel.minima) {
                routine.with(count -> {
                    int numbers = Float.floatToRawIntBits(Codes.RUN / codes.halves());
                    a.op(VPBROADCASTD, count, a.constant(Routine.littleEndian(numbers)));
                    a.op(VFMADD231PS, codeSum, count, at(run, panel.minimum(half)));
                });
            }
            if (half > 0) {
                a.op(VADDPS, codeSum, codeSum, at(run, panel.weights()));
            }
            weights(run, codeSum);
        }
    }

    /** Writes a strip's numbers to a panel, run by run from {@code base} on. */
    static final class Filling extends Scaled {
        private final Gpr base;
        private final Arrangement arrangement;

        /** @param base holds the address of the block's first run */
        Filling(Routine routine, Products products, Codes codes, Arrangement arrangement, Gpr base) {
            super(routine, products, codes, of(routine.lanes, codes, products));
            this.base = base;
            this.arrangement = arrangement;
        }

        /** Bytes from the panel of one lane of blocks abreast to the next's. */
        int laneBytes() {
            return Plan.panelRuns(products.record()) * panel.runBytes();
        }

        Panel panel() {
            return panel;
        }

        @Override
        Mem at(int run, int offset) {
            int together = arrangement.together;
            int ofLanes = arrangement.inBlock() ? run / together * laneBytes() : 0;
            int ofRun = arrangement.inBlock() ? run % together : run;
            return Mem.at(base, ofLanes + ofRun * panel.runBytes() + offset);
        }

        @Override
        void steps(int run, int group, Vec[] steps) {
            for (int i = 0; i < steps.length; i++) {
                a.op(VMOVUPS_STORE, at(run, panel.step(group * steps.length + i)), steps[i]);
            }
        }
    }
}
