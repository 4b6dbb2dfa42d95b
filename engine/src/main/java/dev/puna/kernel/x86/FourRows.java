package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R12;
import static dev.puna.kernel.x86.Gpr.R13;
import static dev.puna.kernel.x86.Gpr.R14;
import static dev.puna.kernel.x86.Gpr.R15;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Gpr.RBP;
import static dev.puna.kernel.x86.Gpr.RBX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Gpr.RSP;
import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VEXTRACTI128;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS;
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
    /** Of a sum of each. */
    private static final int ROWS_BYTES = 4 * ROWS;

    /** Runs of a block. */
    static final int RUNS = 8;

    /** How far beyond the next unit memory is fetched. */
    private static final int AHEAD = 4096;

    private FourRows() {}

    /** @param split whether activations are two bytes each */
    static byte[] kernel(DType type, int tokens, boolean split) {
        Routine routine = new Routine(Lanes.SIXTEEN);
        LineBlock block = LineBlock.of(type, routine, tokens, split);
        int joined = Abreast.BLOCKS * Plan.panelRuns(block.source()) / RUNS;
        return units(
                routine,
                new Operand[][] {block.sums()},
                type.blockBytes(),
                block.recordBytes(),
                joined,
                block.asideBytes(),
                block.pieces(),
                block::block);
    }

    /** The first row of each four. */
    static final Gpr[] FOURS = {R8, R9};

    /**
     * The loops over units of four rows for each of {@code sums} and over their blocks.
     *
     * @param sums by four rows and token
     * @param recordBytes of a block's activations, of one token
     * @param joined blocks after which the parts of the sums are added up
     * @param scratchBytes that {@code block} needs at RSP
     * @param pieces of work in a block, between which memory is fetched
     * @param block writes the code that adds a block of each row to the sums
     */
    static byte[] units(
            Routine routine,
            Operand[][] sums,
            int blockBytes,
            int recordBytes,
            int joined,
            int scratchBytes,
            int pieces,
            Consumer<Fetch> block) {
        Assembler a = routine.a;
        int tokens = sums[0].length;
        Mem rows = Mem.at(RSP, scratchBytes);
        routine.enter();
        a.mov(R13, RSP);
        a.sub(RSP, scratchBytes + sums.length * tokens * ROWS_BYTES);
        a.and(RSP, -64);
        a.load(R11, Mem.at(RDI, Arguments.UNITS));
        a.load(R10, Mem.at(RDI, Arguments.OUTPUT));
        a.load(R14, Mem.at(RDI, Arguments.OUTPUT_BYTES));
        a.load(RSI, Mem.at(RDI, Arguments.STRIDE));
        a.load(RBP, Mem.at(RDI, Arguments.WEIGHTS));
        a.lea(RDX, Mem.at(RSI, RSI, 2, 0));
        Label unit = a.here();
        for (int i = 0; i < sums.length; i++) {
            a.mov(FOURS[i], RBP);
            a.lea(RBP, Mem.at(RBP, RSI, 4, 0));
        }
        routine.with(zero -> {
            routine.zero(zero);
            for (int i = 0; i < sums.length * tokens; i++) {
                a.op(VMOVUPS_STORE, rows.plus(i * ROWS_BYTES), zero.xmm());
            }
        });
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
        routine.with(zero -> {
            routine.zero(zero);
            for (Operand[] four : sums) {
                for (Operand sum : four) {
                    switch (sum) {
                        case Vec vector -> routine.zero(vector);
                        case Mem place -> a.op(VMOVUPS_STORE, place, zero);
                        default -> throw new IllegalArgumentException(sum.toString());
                    }
                }
            }
        });
        a.align(64);
        Label next = a.here();
        Fetch fetch = new Fetch(a, RBX, sums.length * ROWS * blockBytes, pieces);
        block.accept(fetch);
        fetch.advance();
        for (int i = 0; i < sums.length; i++) {
            a.add(FOURS[i], blockBytes);
        }
        a.add(RCX, tokens * recordBytes);
        a.dec(RAX);
        a.jump(Condition.NOT_ZERO, next);
        for (int i = 0; i < sums.length; i++) {
            for (int token = 0; token < tokens; token++) {
                join(routine, sums[i][token], rows.plus((i * tokens + token) * ROWS_BYTES));
            }
        }
        a.test(R12, R12);
        a.jump(Condition.NOT_ZERO, join);
        for (int i = 0; i < sums.length; i++) {
            a.mov(R15, R10);
            for (int token = 0; token < tokens; token++) {
                Mem sum = rows.plus((i * tokens + token) * ROWS_BYTES);
                routine.with(four -> {
                    a.op(VMOVUPS, four.xmm(), sum);
                    a.op(VMOVUPS_STORE, Mem.at(R15), four.xmm());
                });
                a.add(R15, R14);
            }
            a.add(R10, ROWS_BYTES);
        }
        a.dec(R11);
        a.jump(Condition.NOT_ZERO, unit);
        a.mov(RSP, R13);
        routine.leave();
        return a.finish();
    }

    /** Adds the parts of a sum to the rows', one after the other. */
    private static void join(Routine routine, Operand sum, Mem rows) {
        Assembler a = routine.a;
        routine.with(soFar -> routine.with(part -> {
            a.op(VMOVUPS, soFar.xmm(), rows);
            for (int j = 0; j < 4; j++) {
                if (sum instanceof Mem place) {
                    a.op(VMOVUPS, part.xmm(), place.plus(16 * j));
                } else {
                    a.op(VEXTRACTI128, part.xmm(), sum, j);
                }
                a.op(VADDPS, soFar.xmm(), soFar.xmm(), part.xmm());
            }
            a.op(VMOVUPS_STORE, rows, soFar.xmm());
        }));
    }

    /** {@code arrange(records, target, blocks, _, gap)}: activations as the kernel reads them, a gap between two blocks. */
    static byte[] arranging(DType type, boolean split) {
        Routine routine = new Routine(Lanes.SIXTEEN);
        Assembler a = routine.a;
        LineBlock layout = LineBlock.of(type, routine, 1, split);
        Activations source = layout.source();
        int runBytes = source.bytes;
        Vec moved = routine.take().xmm();
        Vec low = routine.take().xmm();
        Label block = a.here();
        for (int line = 0; line < LineBlock.LINES; line++) {
            for (int part = 0; part < 4; part++) {
                int sixteen = layout.sixteen(line, part);
                if (split) { // the upper and lower parts of each four lie side by side
                    Mem numbers = Mem.at(RDI, sixteen / 2 * runBytes + sixteen % 2 * 32);
                    a.op(VMOVDQU, low, numbers);
                    a.op(Op.VSHUFPS, moved, low, numbers.plus(16), 0x88);
                    a.op(Op.VSHUFPS, low, low, numbers.plus(16), 0xDD);
                    a.op(Op.VMOVDQU_STORE, Mem.at(RSI, 128 * line + 16 * part), moved);
                    a.op(Op.VMOVDQU_STORE, Mem.at(RSI, 128 * line + 64 + 16 * part), low);
                } else {
                    a.op(VMOVDQU, moved, Mem.at(RDI, sixteen / 2 * runBytes + sixteen % 2 * 16));
                    a.op(Op.VMOVDQU_STORE, Mem.at(RSI, 64 * line + 16 * part), moved);
                }
            }
        }
        for (int number = 0; number < layout.sides(); number++) {
            for (int part = 0; part < 4; part++) {
                LineBlock.Side side = layout.side(number, part);
                a.op(Op.VPBROADCASTD, moved, Mem.at(RDI, side.offset()));
                if (side.shift() > 0) {
                    a.op(Op.VPSRAD, moved, moved, side.shift());
                }
                a.op(Op.VMOVDQU_STORE, Mem.at(RSI, 64 * (layout.numbers() + number) + 16 * part), moved);
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
    static int recordBytes(DType type, boolean split) {
        Routine routine = new Routine(Lanes.SIXTEEN);
        return LineBlock.of(type, routine, 1, split).recordBytes();
    }
}
