package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Multiplies a strip's codes with one token as they are unpacked. Whole sums, scales and minima wait in {@code scratch}
 * until the block is complete, and then count in the order of the runs, whatever order they came in.
 */
final class Dot extends Panel.Scaled implements OneToken.Sums {
    private final Gpr records;
    private final Gpr scratch;
    /** Of each token. */
    private final Products.Sum[] wholes;

    private final Vec[] sums;
    private final int runs;
    /** Whether a block has one whole sum: then it can count at once. */
    private final boolean single;
    /** The sum of that run's weights. */
    private Vec weights = Vec.xmm(0);
    /** Its scales, where there is a vector for them. */
    private final @Nullable Vec held;

    /**
     * @param records holds the address of the block's first record
     * @param scratch holds the address of memory for {@link #scratchBytes}
     */
    Dot(Routine routine, Products products, Format format, int tokens, Gpr records, Gpr scratch) {
        this(routine, products, format.codes(), format.runs(), tokens, records, scratch);
    }

    private Dot(Routine routine, Products products, Codes codes, int runs, int tokens, Gpr records, Gpr scratch) {
        super(routine, products, codes, sums(Panel.of(routine.lanes, codes, products)));
        this.records = records;
        this.scratch = scratch;
        this.wholes = new Products.Sum[tokens];
        Arrays.setAll(wholes, _ -> products.sum());
        this.sums = routine.take(tokens);
        this.runs = runs;
        this.single = runs == 1 && codes.halves() == 1;
        this.held = single && tokens == 1 ? routine.take() : null;
        assert single || tokens == 1;
    }

    /** In scratch a run is like a run of a panel that has whole sums, one for each scale, in place of codes. */
    private static Panel sums(Panel panel) {
        return new Panel(panel.vector(), panel.halves(), panel.halves(), panel.minima(), panel.sums());
    }

    @Override
    public int scratchBytes() {
        return runs * panel.runBytes();
    }

    @Override
    public Vec[] sums() {
        return sums;
    }

    /** Of several tokens one group of blocks abreast lies behind the other. */
    private Mem record(int run, int token) {
        return Mem.at(records, (run + token * Abreast.BLOCKS) * products.record().bytes);
    }

    @Override
    Mem at(int run, int offset) {
        return Mem.at(scratch, run * panel.runBytes() + offset);
    }

    @Override
    void steps(int run, int group, Vec[] steps) {
        int groups = Codes.GROUPS / codes.halves();
        int half = group / groups;
        for (int token = 0; token < wholes.length; token++) {
            Products.Sum[] whole = {wholes[token]};
            if (group % groups == 0) {
                products.start(whole, record(run, token), half);
            }
            for (int i = 0; i < steps.length; i++) {
                products.multiply(whole, new Vec[] {steps[i]}, record(run, token), group * steps.length + i);
            }
        }
        if (group % groups == groups - 1 && !single) {
            a.op(VMOVUPS_STORE, at(run, panel.step(half)), wholes[0].total());
        }
    }

    @Override
    public void scale(int run, int half, Vec scales) {
        if (held == null) {
            super.scale(run, half, scales);
        } else {
            a.op(VMOVUPS, held, scales);
        }
    }

    @Override
    Operand scaleOf(int run, int half) {
        return held == null ? super.scaleOf(run, half) : held;
    }

    @Override
    void weights(int run, Vec weights) {
        if (single) {
            this.weights = weights;
        } else {
            super.weights(run, weights);
        }
    }

    @Override
    public void count() {
        for (int run = 0; run < runs; run++) {
            Operand ofRun = single ? weights : at(run, panel.weights());
            int first = run;
            Operand[] scales = new Operand[codes.halves()];
            Arrays.setAll(scales, half -> scaleOf(first, half));
            Operand[] minima = panel.minima() ? operands(run, panel::minimum) : new Operand[0];
            for (int token = 0; token < sums.length; token++) {
                Operand[] totals = single ? new Operand[] {wholes[token].total()} : operands(run, panel::step);
                products.count(
                        new Vec[] {sums[token]},
                        new Products.Run[] {new Products.Run(totals, scales, ofRun, minima)},
                        record(run, token));
            }
        }
    }

    /** What each half has somewhere in the scratch. */
    private Operand[] operands(int run, IntUnaryOperator offset) {
        Operand[] operands = new Operand[codes.halves()];
        Arrays.setAll(operands, half -> at(run, offset.applyAsInt(half)));
        return operands;
    }
}
