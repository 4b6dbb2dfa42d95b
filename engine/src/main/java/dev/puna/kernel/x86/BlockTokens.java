package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPDPWSSD;

/**
 * Products of codes that their scales are in already: behind a run's there is one multiply-add, by the step of its
 * activations. Middles and minima are products of whole numbers too, of two halves or runs at a time; once a block the
 * factors count.
 */
final class BlockTokens implements ManyTokens.BlockBody {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;
    private final BlockPanel panel;
    private final int strips;
    /** Of each token and strip: the runs so far, and the whole sum of one. */
    private final Vec[][] blocks;

    private final Vec[][] totals;
    private final Vec[] weights;

    BlockTokens(Routine routine, Codes codes, int strips, int tokens) {
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
        this.panel = new BlockPanel(routine.lanes.bytes, codes.minima());
        this.strips = strips;
        this.blocks = new Vec[tokens][];
        this.totals = new Vec[tokens][];
        for (int t = 0; t < tokens; t++) {
            blocks[t] = routine.take(strips);
            totals[t] = routine.take(strips);
        }
        this.weights = routine.take(strips);
    }

    @Override
    public int partPanelBytes() {
        return panel.runBytes();
    }

    @Override
    public int panelBytes() {
        return panel.sideBytes();
    }

    @Override
    public void begin() {
        zero(blocks);
    }

    private void zero(Vec[][] vectors) {
        for (Vec[] ofToken : vectors) {
            for (Vec vector : ofToken) {
                routine.zero(vector);
            }
        }
    }

    @Override
    public void part(Mem[] panels, Mem[] tokens) {
        if (codes.bias() == 0) {
            zero(totals);
        } else {
            for (int t = 0; t < tokens.length; t++) {
                a.op(VPBROADCASTD, totals[t][0], tokens[t].plus(BlockRecord.OFFSET));
                for (int s = 1; s < strips; s++) {
                    a.op(VMOVUPS, totals[t][s], totals[t][0]);
                }
            }
        }
        for (int group = 0; group < Codes.GROUPS; group++) {
            products(VPDPBUSD, panels, group * panel.vector(), tokens, 4 * group);
        }
        toFloats();
        times(blocks, totals, tokens, BlockRecord.SCALE);
    }

    @Override
    public void run(Vec[][] sums, Mem[] panels, Mem[] tokens) {
        zero(totals);
        for (int two = 0; two < BlockRecord.RUNS / 2; two++) {
            int at = BlockPanel.WEIGHTS + two * panel.vector();
            products(VPDPWSSD, panels, at, tokens, BlockRecord.MIDDLES + 4 * two);
        }
        toFloats();
        times(blocks, totals, tokens, BlockRecord.MIDDLE_FACTOR);
        factor(sums, blocks, panels, panel.scaleFactor());
        if (codes.minima()) {
            zero(totals);
            for (int run = 0; run < BlockRecord.RUNS; run++) {
                products(VPDPWSSD, panels, panel.minima(run), tokens, BlockRecord.SUMS + 4 * run);
            }
            toFloats();
            for (int t = 0; t < tokens.length; t++) {
                for (Vec total : totals[t]) {
                    a.op(
                            VMULPS,
                            total,
                            total,
                            tokens[t].plus(BlockRecord.SUM_FACTOR).toAll());
                }
            }
            factor(sums, totals, panels, panel.minimumFactor());
        }
    }

    /** Adds products of a vector of each strip and four bytes of each token. */
    private void products(Op op, Mem[] panels, int ofPanel, Mem[] tokens, int ofToken) {
        for (int s = 0; s < strips; s++) {
            a.op(VMOVUPS, weights[s], panels[s].plus(ofPanel));
        }
        for (int t = 0; t < tokens.length; t++) {
            Vec[] sums = totals[t];
            Mem four = tokens[t].plus(ofToken);
            routine.with(activations -> {
                a.op(VPBROADCASTD, activations, four);
                for (int s = 0; s < strips; s++) {
                    a.op(op, sums[s], weights[s], activations);
                }
            });
        }
    }

    private void toFloats() {
        for (Vec[] ofToken : totals) {
            for (Vec total : ofToken) {
                a.op(VCVTDQ2PS, total, total);
            }
        }
    }

    /** {@code sums += numbers · what each token has there}. */
    private void times(Vec[][] sums, Vec[][] numbers, Mem[] tokens, int ofToken) {
        for (int t = 0; t < tokens.length; t++) {
            for (int s = 0; s < strips; s++) {
                a.op(
                        VFMADD231PS,
                        sums[t][s],
                        numbers[t][s],
                        tokens[t].plus(ofToken).toAll());
            }
        }
    }

    /** {@code sums += numbers · what each strip has there}. */
    private void factor(Vec[][] sums, Vec[][] numbers, Mem[] panels, int ofPanel) {
        for (int s = 0; s < strips; s++) {
            a.op(VMOVUPS, weights[s], panels[s].plus(ofPanel));
            for (int t = 0; t < numbers.length; t++) {
                a.op(VFMADD231PS, sums[t][s], numbers[t][s], weights[s]);
            }
        }
    }
}
