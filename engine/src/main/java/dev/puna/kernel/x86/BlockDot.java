package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPDPWSSD;

/**
 * Multiplies a strip's codes whose scales are whole numbers with one token as they are unpacked: whole sums of both halves
 * of a run meet as 16-bit numbers, each times its scale.
 */
final class BlockDot implements OneToken.Sums {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;
    private final Gpr record;
    private final Gpr scratch;
    private final Vec ones;
    private final Vec lowWords;
    private final Vec sum;
    /** The runs so far. */
    private final Vec block;
    /** Of the runs so far: weights times middles, minima times sums. */
    private final Vec middles;

    private final Vec minima;
    /** Of each half. */
    private final Vec[] products;

    private final Vec[] codeSums;
    /** The weights of every other run wait for the next one's. */
    private final Vec even;

    /**
     * @param record holds the address of the block's activations
     * @param scratch holds the address of memory for {@link #scratchBytes}
     */
    BlockDot(Routine routine, Codes codes, Gpr record, Gpr scratch) {
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
        this.record = record;
        this.scratch = scratch;
        this.ones = routine.allBytes(1);
        this.lowWords = routine.allLanes(0xFFFF);
        this.sum = routine.take();
        this.block = routine.take();
        this.middles = routine.take();
        this.minima = codes.minima() ? routine.take() : Vec.xmm(0);
        this.products = routine.take(2);
        this.codeSums = routine.take(2);
        this.even = routine.take();
    }

    @Override
    public int scratchBytes() {
        return (BlockRecord.RUNS + 2) * routine.lanes.bytes;
    }

    @Override
    public Vec[] sums() {
        return new Vec[] {sum};
    }

    private Mem waiting(int number) {
        return Mem.at(scratch, number * routine.lanes.bytes);
    }

    private Mem ofRun(int run, int offset) {
        return Mem.at(record, run * BlockRecord.RUN_BYTES + offset);
    }

    private Mem ofBlock(int offset) {
        return Mem.at(record, BlockRecord.SIDE + offset).toAll();
    }

    @Override
    public void factors(Vec scale, Vec minimum) {
        a.op(VMOVUPS_STORE, waiting(BlockRecord.RUNS), scale);
        routine.zero(block);
        routine.zero(middles);
        if (codes.minima()) {
            a.op(VMOVUPS_STORE, waiting(BlockRecord.RUNS + 1), minimum);
            routine.zero(minima);
        }
    }

    @Override
    public void scale(int run, int half, Vec scales) {
        a.op(VMOVUPS_STORE, waiting(run), scales);
    }

    @Override
    public void minimum(int run, int half, Vec pair) {
        a.op(VPDPWSSD, minima, pair, ofBlock(BlockRecord.SUMS + 4 * run));
    }

    @Override
    public void codes(int run, int group, Vec four) {
        int groups = Codes.GROUPS / codes.halves();
        int half = group / groups;
        if (group % groups == 0) {
            routine.zero(products[half]);
            if (codes.bias() == 0) {
                routine.zero(codeSums[half]);
            } else {
                int taken = -codes.bias() * Codes.RUN / codes.halves();
                a.op(VPBROADCASTD, codeSums[half], a.constant(Routine.littleEndian(taken)));
            }
        }
        a.op(VPDPBUSD, products[half], four, ofRun(run, 4 * group).toAll());
        a.op(VPDPBUSD, codeSums[half], four, ones);
        if (group == Codes.GROUPS - 1) {
            run(run);
        }
    }

    private void run(int run) {
        routine.with(scales -> {
            a.op(Op.VMOVUPS, scales, waiting(run));
            BlockPanel.pair(routine, products[0], products[1], lowWords);
            BlockPanel.pair(routine, codeSums[0], codeSums[1], lowWords);
            routine.with(total -> {
                routine.zero(total);
                if (codes.bias() != 0) {
                    a.op(
                            VPDPWSSD,
                            total,
                            scales,
                            ofRun(run, BlockRecord.OFFSETS).toAll());
                }
                a.op(VPDPWSSD, total, scales, products[1]);
                a.op(VCVTDQ2PS, total, total);
                a.op(VFMADD231PS, block, total, ofRun(run, BlockRecord.SCALE).toAll());
            });
            Vec weights = run % 2 == 0 ? even : codeSums[1];
            a.op(Op.VPMADDWD, weights, codeSums[1], scales);
            if (run % 2 == 1) {
                BlockPanel.pair(routine, even, weights, lowWords);
                a.op(VPDPWSSD, middles, weights, ofBlock(BlockRecord.MIDDLES + 2 * (run - 1)));
            }
        });
    }

    @Override
    public void count() {
        a.op(VCVTDQ2PS, middles, middles);
        a.op(VFMADD231PS, block, middles, ofBlock(BlockRecord.MIDDLE_FACTOR));
        a.op(VFMADD231PS, sum, block, waiting(BlockRecord.RUNS));
        if (codes.minima()) {
            a.op(VCVTDQ2PS, minima, minima);
            a.op(VMULPS, minima, minima, ofBlock(BlockRecord.SUM_FACTOR));
            a.op(VFMADD231PS, sum, minima, waiting(BlockRecord.RUNS + 1));
        }
    }
}
