package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;

import org.jspecify.annotations.Nullable;

/**
 * Multiplies a strip's codes with one token as they are unpacked. Whole sums, scales and minima wait in {@code scratch}
 * until the block is complete, and then count in the order of the runs, whatever order they came in.
 */
final class Dot implements Sink {
    private final Routine routine;
    private final Assembler a;
    private final Products products;
    private final Codes codes;
    private final Panel panel;
    private final Gpr records;
    private final Gpr scratch;
    private final Products.Sum whole;
    private final Vec sum;

    /**
     * @param records holds the address of the block's first record
     * @param scratch holds the address of memory for {@link #scratchBytes}
     */
    Dot(Routine routine, Products products, Codes codes, Gpr records, Gpr scratch) {
        this.routine = routine;
        this.a = routine.a;
        this.products = products;
        this.codes = codes;
        // In scratch a run is like a run of a panel whose only step, or one per half, is the whole sum.
        Panel full = Panel.of(routine.lanes, codes, products);
        this.panel = new Panel(full.vector(), codes.halves(), codes.halves(), full.minima());
        this.records = records;
        this.scratch = scratch;
        this.whole = products.sum();
        this.sum = routine.take();
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

    private Mem at(int run, int offset) {
        return Mem.at(scratch, run * panel.runBytes() + offset);
    }

    @Override
    public void scale(int run, int half, Vec scales) {
        a.op(VMOVUPS_STORE, at(run, panel.scale(half)), scales);
        if (panel.minima() && !codes.minima()) {
            Panel.bias(routine, codes, scales);
            minimum(run, half, scales);
        }
    }

    @Override
    public void minimum(int run, int half, Vec minima) {
        a.op(VMOVUPS_STORE, at(run, panel.minimum(half)), minima);
    }

    @Override
    public void codes(int run, int group, Vec group4) {
        int groupsOfHalf = Codes.GROUPS / codes.halves();
        int half = group / groupsOfHalf;
        if (group % groupsOfHalf == 0) {
            whole.start(record(run), half);
        }
        Vec[] steps = products.step(group4);
        for (int i = 0; i < steps.length; i++) {
            products.multiply(new Products.Sum[] {whole}, new Vec[] {steps[i]}, record(run), group * steps.length + i);
            if (steps[i] != group4) {
                routine.give(steps[i]);
            }
        }
        if (group % groupsOfHalf == groupsOfHalf - 1) {
            a.op(VMOVUPS_STORE, at(run, panel.step(half)), whole.total());
        }
    }

    /** Lets the runs of a block count. */
    void count(int runs) {
        for (int run = 0; run < runs; run++) {
            for (int half = 0; half < codes.halves(); half++) {
                Vec total = routine.take();
                a.op(VMOVUPS, total, at(run, panel.step(half)));
                @Nullable Vec minimum = panel.minima() ? routine.take() : null;
                if (minimum != null) {
                    a.op(VMOVUPS, minimum, at(run, panel.minimum(half)));
                }
                products.count(sum, total, at(run, panel.scale(half)), minimum, record(run), half);
                routine.give(total);
                if (minimum != null) {
                    routine.give(minimum);
                }
            }
        }
    }
}
