package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VCVTPH2PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPBROADCASTW;
import static dev.puna.kernel.x86.Op.VPMOVSXBD;

import dev.puna.kernel.x86.Assembler.Condition;
import dev.puna.tensor.DType;

/**
 * Cached values to a panel. Here the lanes lie along the row already: a row is a column of the panel, its numbers f32.
 *
 * <p>{@code values(source, rowBytes, rows, panel, stripBytes, groups)}: a group is 32 numbers of a row; each strip's panel
 * has one vector per row.
 */
final class Values {
    private Values() {}

    static byte[] kernel(Lanes lanes, DType type) {
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        int strips = 32 / lanes.rows;
        Vec numbers = routine.take();
        Label row = a.here();
        a.mov(RAX, RDI);
        a.mov(R10, RCX);
        a.mov(R11, R9);
        Label group = a.here();
        for (int strip = 0; strip < strips; strip++) {
            load(routine, type, numbers, strip, RAX, 0);
            a.op(VMOVUPS_STORE, Mem.at(R10), numbers);
            a.add(R10, R8);
        }
        a.add(RAX, (int) type.bytes(32));
        a.dec(R11);
        a.jump(Condition.NOT_ZERO, group);
        a.add(RDI, RSI);
        a.add(RCX, lanes.bytes);
        a.dec(RDX);
        a.jump(Condition.NOT_ZERO, row);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** As many numbers as there are lanes, f32, of a row that begins {@code offset} behind {@code row}. */
    static void load(Routine routine, DType type, Vec numbers, int strip, Gpr row, int offset) {
        Assembler a = routine.a;
        int first = strip * routine.lanes.rows;
        switch (type) {
            case F32 -> a.op(VMOVUPS, numbers, Mem.at(row, offset + 4 * first));
            case F16 -> a.op(VCVTPH2PS, numbers, Mem.at(row, offset + 2 * first));
            case Q8_0 ->
                routine.with(scale -> {
                    int block = offset + first / 32 * 34;
                    Vec half = scale.bytes() == 64 ? scale.ymm() : scale.xmm();
                    a.op(VPBROADCASTW, half, Mem.at(row, block));
                    a.op(VCVTPH2PS, scale, half);
                    a.op(VPMOVSXBD, numbers, Mem.at(row, block + 2 + first % 32));
                    a.op(VCVTDQ2PS, numbers, numbers);
                    a.op(VMULPS, numbers, numbers, scale);
                });
            default -> throw new IllegalArgumentException(type.name());
        }
    }
}
