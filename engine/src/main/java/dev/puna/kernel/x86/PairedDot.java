package dev.puna.kernel.x86;

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

import java.util.BitSet;

/**
 * Multiplies a strip's codes with one token as they are unpacked, where scales are whole numbers: {@link PairedPanel}.
 */
final class PairedDot extends PairedPanel.Summed implements OneToken.Sums {
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
    PairedDot(Routine routine, Codes codes, Gpr record, Gpr scratch) {
        super(routine, codes);
        this.record = record;
        this.scratch = scratch;
        this.depth = PairedPanel.depth(codes);
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
