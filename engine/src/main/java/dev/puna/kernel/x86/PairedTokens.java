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
import static dev.puna.kernel.x86.Op.VPMADDUBSW;
import static dev.puna.kernel.x86.Op.VPMADDWD;

import java.util.function.Consumer;

/** The products of one strip's {@link PairedPanel} with several tokens. */
final class PairedTokens implements ManyTokens.BlockBody {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;
    private final PairedPanel panel;
    private final int depth;
    /** Of each token: the runs so far, and the sums of one. */
    private final Vec[] blocks;

    private final Vec[] words;
    private final Vec weights;

    PairedTokens(Routine routine, Codes codes, int tokens) {
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
        this.panel = PairedPanel.of(routine, codes);
        this.depth = PairedPanel.depth(codes);
        this.blocks = routine.take(tokens);
        this.words = routine.take(tokens);
        this.weights = routine.take();
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
