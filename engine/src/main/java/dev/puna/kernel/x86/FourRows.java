package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R12;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Gpr.RBP;
import static dev.puna.kernel.x86.Gpr.RBX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VEXTRACTI128;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;

import dev.puna.kernel.x86.Assembler.Condition;
import dev.puna.tensor.DType;
import java.util.function.Consumer;

/**
 * Four rows times one token where blocks have 256 numbers, at 16 lanes. Memory is read in its order, a block's sums stay in
 * registers, and the code for a block is short: {@link OneToken}'s 16 rows need a third more instructions, memory for sums
 * that wait, and more time for each line that comes from afar.
 *
 * <p>A row has four sums, of runs 2j and 2j + 1 of each block; they are added up as those of {@link Abreast} are.
 */
final class FourRows {
    static final int ROWS = 4;
    /** Runs of a block. */
    static final int RUNS = 8;

    /** How far beyond the next unit memory is fetched. */
    private static final int AHEAD = 4096;

    private FourRows() {}

    static byte[] kernel(DType type) {
        Routine routine = new Routine(Lanes.SIXTEEN);
        Vec sum = routine.take();
        LineBlock block = LineBlock.of(type, routine, sum);
        int joined = Abreast.BLOCKS * Plan.panelRuns(block.source()) / RUNS;
        return units(
                routine, new Vec[] {sum}, type.blockBytes(), block.recordBytes(), joined, block.pieces(), block::block);
    }

    /** The first row of each four. */
    static final Gpr[] FOURS = {R8, R9};

    /**
     * The loops over units of four rows for each of {@code sums} and over their blocks.
     *
     * @param joined blocks after which the parts of the sums are added up
     * @param pieces of work in a block, between which memory is fetched
     * @param block writes the code that adds a block of each row to the sums
     */
    static byte[] units(
            Routine routine,
            Vec[] sums,
            int blockBytes,
            int recordBytes,
            int joined,
            int pieces,
            Consumer<Fetch> block) {
        Assembler a = routine.a;
        Vec[] rows = routine.take(sums.length);
        routine.enter();
        a.load(R11, Mem.at(RDI, Arguments.UNITS));
        a.load(R10, Mem.at(RDI, Arguments.OUTPUT));
        a.load(RSI, Mem.at(RDI, Arguments.STRIDE));
        a.load(RBP, Mem.at(RDI, Arguments.WEIGHTS));
        a.lea(RDX, Mem.at(RSI, RSI, 2, 0));
        Label unit = a.here();
        for (int i = 0; i < sums.length; i++) {
            a.mov(FOURS[i], RBP);
            a.lea(RBP, Mem.at(RBP, RSI, 4, 0));
            routine.zero(rows[i]);
        }
        a.lea(RBX, Mem.at(RBP, AHEAD));
        a.load(RCX, Mem.at(RDI, Arguments.RECORDS));
        a.load(R12, Mem.at(RDI, Arguments.BLOCKS));
        Label join = a.here();
        Label full = new Label();
        a.mov(RAX, joined);
        a.cmp(R12, RAX);
        a.jump(Condition.NOT_BELOW, full);
        a.mov(RAX, R12);
        a.bind(full);
        a.sub(R12, RAX);
        for (Vec sum : sums) {
            routine.zero(sum);
        }
        a.align(64);
        Label next = a.here();
        Fetch fetch = new Fetch(a, RBX, sums.length * ROWS * blockBytes, pieces);
        block.accept(fetch);
        fetch.advance();
        for (int i = 0; i < sums.length; i++) {
            a.add(FOURS[i], blockBytes);
        }
        a.add(RCX, recordBytes);
        a.dec(RAX);
        a.jump(Condition.NOT_ZERO, next);
        for (int i = 0; i < sums.length; i++) {
            join(routine, sums[i], rows[i]);
        }
        a.test(R12, R12);
        a.jump(Condition.NOT_ZERO, join);
        for (Vec four : rows) {
            a.op(VMOVUPS_STORE, Mem.at(R10), four.xmm());
            a.add(R10, 4 * ROWS);
        }
        a.dec(R11);
        a.jump(Condition.NOT_ZERO, unit);
        routine.leave();
        return a.finish();
    }

    /** Adds the parts of the sums to the rows', one after the other. */
    private static void join(Routine routine, Vec sum, Vec rows) {
        Assembler a = routine.a;
        a.op(VADDPS, rows.xmm(), rows.xmm(), sum.xmm());
        routine.with(part -> {
            for (int j = 1; j < 4; j++) {
                a.op(VEXTRACTI128, part.xmm(), sum, j);
                a.op(VADDPS, rows.xmm(), rows.xmm(), part.xmm());
            }
        });
    }

    /** {@code arrange(records, target, blocks, _, gap)}: activations as the kernel reads them, a gap between two blocks. */
    static byte[] arranging(DType type) {
        Routine routine = new Routine(Lanes.SIXTEEN);
        Assembler a = routine.a;
        LineBlock layout = LineBlock.of(type, routine, routine.take());
        Activations source = layout.source();
        int runBytes = source.bytes;
        Vec moved = routine.take().xmm();
        Label block = a.here();
        for (int line = 0; line < LineBlock.LINES; line++) {
            for (int part = 0; part < 4; part++) {
                int sixteen = layout.sixteen(line, part);
                a.op(VMOVDQU, moved, Mem.at(RDI, sixteen / 2 * runBytes + sixteen % 2 * 16));
                a.op(Op.VMOVDQU_STORE, Mem.at(RSI, 64 * line + 16 * part), moved);
            }
        }
        for (int number = 0; number < layout.sides(); number++) {
            for (int part = 0; part < 4; part++) {
                LineBlock.Side side = layout.side(number, part);
                a.op(Op.VPBROADCASTD, moved, Mem.at(RDI, side.offset()));
                if (side.shift() > 0) {
                    a.op(Op.VPSRAD, moved, moved, side.shift());
                }
                a.op(Op.VMOVDQU_STORE, Mem.at(RSI, 64 * (LineBlock.LINES + number) + 16 * part), moved);
            }
        }
        a.add(RDI, RUNS * runBytes);
        a.add(RSI, layout.recordBytes());
        a.add(RSI, R8);
        a.dec(RDX);
        a.jump(Condition.NOT_ZERO, block);
        a.ret();
        return a.finish();
    }

    /** Bytes of 256 activations, arranged. */
    static int recordBytes(DType type) {
        Routine routine = new Routine(Lanes.SIXTEEN);
        return LineBlock.of(type, routine, routine.take()).recordBytes();
    }
}
