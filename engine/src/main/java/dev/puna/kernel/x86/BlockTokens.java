package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.RSP;
import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPADDW;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPBROADCASTW;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPDPWSSD;
import static dev.puna.kernel.x86.Op.VPMADDUBSW;
import static dev.puna.kernel.x86.Op.VPMADDWD;
import static dev.puna.kernel.x86.Op.VPSRAW;

import java.util.function.Consumer;

/**
 * Products of codes that their scales are in already: behind a run's there is one multiply-add, by the step of its
 * activations. Middles and minima are products of whole numbers too, of two halves or runs at a time; once a block the
 * factors count.
 */
final class BlockTokens implements ManyTokens.Body {
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
        this.panel = BlockPanel.of(routine.lanes, codes);
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
        switch (routine.lanes) {
            case EIGHT -> pairs(panels, tokens);
            case SIXTEEN -> quads(panels, tokens);
        }
        toFloats();
        times(blocks, totals, tokens, BlockRecord.SCALE);
    }

    /** Products of two by two, of each half by its scale; where there are several, the first wait in memory. */
    private void pairs(Mem[] panels, Mem[] tokens) {
        int depth = BlockPairs.depth(codes);
        for (int group = 0; group < Codes.GROUPS; group++) {
            boolean first = group % depth == 0;
            a.op(VMOVUPS, weights[0], panels[0].plus(group * panel.vector()));
            for (int t = 0; t < tokens.length; t++) {
                Vec words = totals[t][0];
                Mem four = tokens[t].plus(4 * group);
                routine.with(products -> {
                    a.op(VPBROADCASTD, products, four);
                    if (first) {
                        a.op(VPMADDUBSW, words, weights[0], products);
                    } else {
                        a.op(VPMADDUBSW, products, weights[0], products);
                        a.op(VPADDW, words, words, products);
                    }
                });
            }
            if (group % depth == depth - 1) {
                a.op(VMOVUPS, weights[0], panels[0].plus(panel.scale(group * codes.halves() / Codes.GROUPS)));
                a.op(VPSRAW, weights[0], weights[0], 8);
                for (int t = 0; t < tokens.length; t++) {
                    Vec words = totals[t][0];
                    Mem waiting = Mem.at(RSP, t * panel.vector());
                    a.op(VPMADDWD, words, words, weights[0]);
                    if (group >= depth) {
                        a.op(VPADDD, words, words, waiting);
                    }
                    if (group < Codes.GROUPS - 1) {
                        a.op(VMOVUPS_STORE, waiting, words);
                    }
                }
            }
        }
    }

    private void quads(Mem[] panels, Mem[] tokens) {
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
            products(VPDPBUSD, panels, group * panel.vector(), VPBROADCASTD, tokens, 4 * group);
        }
    }

    @Override
    public void run(Vec[][] sums, Mem[] panels, Mem[] tokens) {
        for (int first = 0; first < panel.weights(); first += BlockPanel.LARGE) {
            zero(totals);
            for (int i = first; i < first + BlockPanel.LARGE; i++) {
                if (panel.large()) {
                    products(VPDPWSSD, panels, panel.weight(i), VPBROADCASTW, tokens, BlockRecord.MIDDLES + 2 * i);
                } else {
                    products(VPDPWSSD, panels, panel.weight(i), VPBROADCASTD, tokens, BlockRecord.MIDDLES + 4 * i);
                }
            }
            toFloats();
            times(blocks, totals, tokens, BlockRecord.MIDDLE_FACTOR);
        }
        factor(sums, blocks, panels, panel.scaleFactor());
        if (codes.minima()) {
            zero(totals);
            for (int i = 0; i < panel.minima(); i++) {
                products(VPDPWSSD, panels, panel.minimum(i), VPBROADCASTD, tokens, BlockRecord.sums(codes, i));
            }
            toFloats();
            for (int t = 0; t < tokens.length; t++) {
                Mem factor = tokens[t].plus(BlockRecord.SUM_FACTOR);
                for (Vec total : totals[t]) {
                    toAll(factor, all -> a.op(VMULPS, total, total, all));
                }
            }
            factor(sums, totals, panels, panel.minimumFactor());
        }
    }

    /** Adds products of a vector of each strip and what {@code broadcast} takes of each token. */
    private void products(Op op, Mem[] panels, int ofPanel, Op broadcast, Mem[] tokens, int ofToken) {
        for (int s = 0; s < strips; s++) {
            a.op(VMOVUPS, weights[s], panels[s].plus(ofPanel));
        }
        for (int t = 0; t < tokens.length; t++) {
            Vec[] sums = totals[t];
            Mem four = tokens[t].plus(ofToken);
            routine.with(activations -> {
                a.op(broadcast, activations, four);
                for (int s = 0; s < strips; s++) {
                    if (routine.lanes == Lanes.SIXTEEN) {
                        a.op(op, sums[s], weights[s], activations);
                    } else { // there is one strip, and pairs of words only
                        a.op(VPMADDWD, activations, weights[s], activations);
                        a.op(VPADDD, sums[s], sums[s], activations);
                    }
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
            Mem factor = tokens[t].plus(ofToken);
            for (int s = 0; s < strips; s++) {
                Vec sum = sums[t][s];
                Vec number = numbers[t][s];
                toAll(factor, all -> a.op(VFMADD231PS, sum, number, all));
            }
        }
    }

    /** Hands over 32 bits for all lanes: as memory where that can be. */
    private void toAll(Mem number, Consumer<Operand> body) {
        if (routine.lanes == Lanes.SIXTEEN) {
            body.accept(number.toAll());
        } else {
            routine.with(all -> {
                a.op(VPBROADCASTD, all, number);
                body.accept(all);
            });
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
