package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;

/**
 * The codes of a strip's rows side by side, ready to be multiplied with many tokens: per run its steps, then its scales,
 * then its minima, each a vector with a lane per row.
 *
 * @param vector bytes of a vector
 * @param steps vectors of codes in a run
 * @param halves scales of a run
 * @param minima whether there are as many minima
 */
record Panel(int vector, int steps, int halves, boolean minima) {

    static Panel of(Lanes lanes, Codes codes, Products products) {
        boolean minima = codes.minima() || (products.biasIsMinimum() && codes.bias() != 0);
        return new Panel(lanes.bytes, products.steps(), codes.halves(), minima);
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

    /** Bytes of a run. */
    int runBytes() {
        return (steps + halves * (minima ? 2 : 1)) * vector;
    }

    /** Writes a strip's numbers to a panel, run by run from {@code base} on. */
    static final class Filling implements Sink {
        private final Routine routine;
        private final Products products;
        private final Codes codes;
        private final Panel panel;
        private final Gpr base;

        Filling(Routine routine, Products products, Codes codes, Gpr base) {
            this.routine = routine;
            this.products = products;
            this.codes = codes;
            this.panel = of(routine.lanes, codes, products);
            this.base = base;
        }

        Panel panel() {
            return panel;
        }

        @Override
        public void scale(int run, int half, Vec scales) {
            store(run, panel.scale(half), scales);
            if (panel.minima && !codes.minima()) {
                bias(routine, codes, scales);
                store(run, panel.minimum(half), scales);
            }
        }

        @Override
        public void minimum(int run, int half, Vec minima) {
            store(run, panel.minimum(half), minima);
        }

        @Override
        public void codes(int run, int group, Vec group4) {
            Vec[] steps = products.step(group4);
            int each = products.steps() / Codes.GROUPS;
            for (int i = 0; i < each; i++) {
                store(run, panel.step(group * each + i), steps[i]);
                if (steps[i] != group4) {
                    routine.give(steps[i]);
                }
            }
        }

        private void store(int run, int offset, Vec vector) {
            routine.a.op(VMOVUPS_STORE, Mem.at(base, run * panel.runBytes() + offset), vector);
        }
    }

    /** Turns scales into what their codes' bias takes away. */
    static void bias(Routine routine, Codes codes, Vec scales) {
        int factor = Float.floatToRawIntBits(-codes.bias());
        routine.with(vector -> {
            routine.a.op(Op.VPBROADCASTD, vector, routine.a.constant(Routine.littleEndian(factor)));
            routine.a.op(VMULPS, scales, scales, vector);
        });
    }
}
