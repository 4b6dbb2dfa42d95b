package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;

import org.jspecify.annotations.Nullable;

/**
 * Multiplies a strip's codes with one token as they are unpacked. Whole sums, scales and minima wait in {@code scratch}
 * until the block is complete, and then count in the order of the runs, whatever order they came in.
 */
final class Dot extends Panel.Scaled {
    private final Gpr records;
    private final Gpr scratch;
    private final Products.Sum[] whole;
    private final Vec sum;

    /**
     * @param records holds the address of the block's first record
     * @param scratch holds the address of memory for {@link #scratchBytes}
     */
    Dot(Routine routine, Products products, Codes codes, Gpr records, Gpr scratch) {
        super(routine, products, codes, sums(Panel.of(routine.lanes, codes, products)));
        this.records = records;
        this.scratch = scratch;
        this.whole = new Products.Sum[] {products.sum()};
        this.sum = routine.take();
    }

    /** In scratch a run is like a run of a panel that has whole sums, one for each scale, in place of codes. */
    private static Panel sums(Panel panel) {
        return new Panel(panel.vector(), panel.halves(), panel.halves(), panel.sums(), panel.minima());
    }

    int scratchBytes(int runs) {
        return runs * panel.runBytes();
    }

    /** The sum of the rows' products. */
    Vec sum() {
        return sum;
    }

    private Mem record(int run) {
        return Mem.at(records, run * products.record().bytes);
    }

    @Override
    Mem at(int run, int offset) {
        return Mem.at(scratch, run * panel.runBytes() + offset);
    }

    @Override
    void steps(int run, int group, Vec[] steps) {
        int groups = Codes.GROUPS / codes.halves();
        int half = group / groups;
        if (group % groups == 0) {
            whole[0].start(record(run), half);
        }
        for (int i = 0; i < steps.length; i++) {
            products.multiply(whole, new Vec[] {steps[i]}, record(run), group * steps.length + i);
        }
        if (group % groups == groups - 1) {
            a.op(VMOVUPS_STORE, at(run, panel.step(half)), whole[0].total());
        }
    }

    /** Lets the runs of a block count. */
    void count(int runs) {
        Vec total = routine.take();
        Vec weights = routine.take();
        @Nullable Vec minimum = panel.minima() ? routine.take() : null;
        for (int run = 0; run < runs; run++) {
            for (int half = 0; half < codes.halves(); half++) {
                a.op(VMOVUPS, total, at(run, panel.step(half)));
                if (panel.sums()) {
                    a.op(VMOVUPS, weights, at(run, panel.weights(half)));
                }
                if (minimum != null) {
                    a.op(VMOVUPS, minimum, at(run, panel.minimum(half)));
                }
                products.count(sum, total, at(run, panel.scale(half)), weights, minimum, record(run), half);
            }
        }
        routine.give(total, weights);
        if (minimum != null) {
            routine.give(minimum);
        }
    }
}
