package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVDQU_STORE;

import dev.puna.kernel.x86.Assembler.Condition;

/**
 * Blocks abreast: for one token a vector's lanes stand for a few rows and, within each, four neighbouring blocks, so that
 * memory is read nearly in its order. That is what memory's full speed needs: sixteen rows side by side get three
 * quarters of it.
 *
 * <p>A row's blocks are then dealt to four lanes in turn, each with a sum of its own. So many blocks, four panels of them,
 * are summed up that way; then the lanes' sums are added to the row's, in their order. Many tokens take the panels one by
 * one: each holds the blocks of one lane.
 */
final class Abreast {
    static final int BLOCKS = 4;

    private Abreast() {}

    /**
     * {@code interleave(records, target, fours of them, bytes of a record, gap)}: of every four records the first 32 bits side
     * by side, then the next; and so many bytes between two fours.
     */
    static byte[] interleave() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec[] v = routine.take(Abreast.BLOCKS);
        a.lea(R10, Mem.at(RCX, RCX, 2, 0));
        Label four = a.here();
        a.mov(R9, RCX);
        a.shr(R9, 4);
        Label part = a.here();
        a.op(VMOVDQU, v[0].xmm(), Mem.at(RDI));
        a.op(VMOVDQU, v[1].xmm(), Mem.at(RDI, RCX, 1, 0));
        a.op(VMOVDQU, v[2].xmm(), Mem.at(RDI, RCX, 2, 0));
        a.op(VMOVDQU, v[3].xmm(), Mem.at(RDI, R10, 1, 0));
        Rows.turn(routine, v);
        for (int i = 0; i < v.length; i++) {
            a.op(VMOVDQU_STORE, Mem.at(RSI, 16 * i), v[i].xmm());
        }
        a.add(RDI, 16);
        a.add(RSI, 64);
        a.dec(R9);
        a.jump(Condition.NOT_ZERO, part);
        a.add(RDI, R10);
        a.add(RSI, R8);
        a.dec(RDX);
        a.jump(Condition.NOT_ZERO, four);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }
}
