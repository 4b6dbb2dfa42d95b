package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
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
import static dev.puna.kernel.x86.Op.VPMOVSXBD;

import dev.puna.kernel.Pages;
import dev.puna.kernel.x86.Assembler.Condition;
import dev.puna.tensor.DType;
import java.util.Arrays;

/**
 * Cached keys as the kernels want them: in strips of {@link #POSITIONS} positions, turned when they are stored, so that a
 * lane is a position without any shuffling. A strip is, for each 32 numbers of a head, the positions' scales if the
 * type has any, then each number's values: in f16 a line of memory.
 */
final class KeyStrips {
    static final int POSITIONS = 32;
    static final int GROUP = 32;
    /** Numbers that a loop writes out at a time. */
    static final int AT_A_TIME = 8;

    private KeyStrips() {}

    /** Whether keys are kept so; else one behind the other like values. */
    static boolean fit(Pages pages) {
        return pages.headSize() % GROUP == 0 && pages.blockTokens() % POSITIONS == 0;
    }

    /** Bytes from one number's values to the next's. */
    static int numberBytes(DType type) {
        return POSITIONS * (type == DType.Q8_0 ? 1 : type.blockBytes());
    }

    static int groupBytes(DType type) {
        return (int) (POSITIONS * type.bytes(GROUP));
    }

    /** Bytes of a group before its first number's values. */
    static int scaleBytes(DType type) {
        return groupBytes(type) - GROUP * numberBytes(type);
    }

    /** The scales of a group that begins at {@code strip}, from lane {@code first} on, f32. */
    static void scales(Routine routine, Vec target, Gpr strip, int first) {
        routine.a.op(VCVTPH2PS, target, Mem.at(strip, 2 * first));
    }

    /** One number of as many positions as there are lanes, from position {@code first} of the strip on, f32. */
    static void number(Routine routine, DType type, Vec target, Mem values, int first, Vec scales) {
        Assembler a = routine.a;
        Mem at = values.plus(numberBytes(type) / POSITIONS * first);
        switch (type) {
            case F32 -> a.op(VMOVUPS, target, at);
            case F16 -> a.op(VCVTPH2PS, target, at);
            case Q8_0 -> {
                a.op(VPMOVSXBD, target, at);
                a.op(VCVTDQ2PS, target, target);
                a.op(VMULPS, target, target, scales);
            }
            default -> throw new IllegalArgumentException(type.name());
        }
    }

    /** {@code store(row, strip, lane, groups)}: puts a row of the type in its place. */
    static byte[] store(DType type) {
        Assembler a = new Assembler();
        int numberBytes = numberBytes(type) / POSITIONS;
        // RDX: the lane's place among the numbers, R10: among the scales
        a.lea(R10, Mem.at(RSI, RDX, 2, 0));
        a.lea(RDX, Mem.at(RSI, RDX, numberBytes, scaleBytes(type)));
        Label group = a.here();
        int scale = type == DType.Q8_0 ? 2 : 0;
        if (scale > 0) {
            a.load16(RAX, Mem.at(RDI));
            a.store16(Mem.at(R10), RAX);
            a.add(R10, groupBytes(type));
        }
        for (int i = 0; i < GROUP; i++) {
            Mem source = Mem.at(RDI, scale + i * numberBytes);
            Mem target = Mem.at(RDX, i * numberBytes(type));
            switch (numberBytes) {
                case 1 -> {
                    a.load8(RAX, source);
                    a.store8(target, RAX);
                }
                case 2 -> {
                    a.load16(RAX, source);
                    a.store16(target, RAX);
                }
                default -> {
                    a.load32(RAX, source);
                    a.store32(target, RAX);
                }
            }
        }
        a.add(RDI, scale + GROUP * numberBytes);
        a.add(RDX, groupBytes(type));
        a.dec(RCX);
        a.jump(Condition.NOT_ZERO, group);
        a.ret();
        return a.finish();
    }

    /** {@code unpack(strip, panel, panelBytes, groups)}: to the panels of two strips of 16 rows, or of four of 8. */
    static byte[] unpack(Lanes lanes, DType type) {
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        Gpr[] panels = Arrays.copyOf(new Gpr[] {RSI, R8, R9, R10}, POSITIONS / lanes.rows);
        for (int panel = 1; panel < panels.length; panel++) {
            a.lea(panels[panel], Mem.at(panels[panel - 1], RDX, 1, 0));
        }
        Vec[] scales = type == DType.Q8_0 ? routine.take(panels.length) : new Vec[0];
        Vec value = routine.take();
        Label group = a.here();
        for (int i = 0; i < scales.length; i++) {
            scales(routine, scales[i], RDI, i * lanes.rows);
        }
        a.add(RDI, scaleBytes(type));
        a.mov(RAX, GROUP / AT_A_TIME);
        Label some = a.here();
        for (int i = 0; i < AT_A_TIME; i++) {
            for (int panel = 0; panel < panels.length; panel++) {
                Vec scale = scales.length == 0 ? value : scales[panel];
                number(routine, type, value, Mem.at(RDI, i * numberBytes(type)), panel * lanes.rows, scale);
                a.op(VMOVUPS_STORE, Mem.at(panels[panel], i * lanes.bytes), value);
            }
        }
        a.add(RDI, AT_A_TIME * numberBytes(type));
        for (Gpr panel : panels) {
            a.add(panel, AT_A_TIME * lanes.bytes);
        }
        a.dec(RAX);
        a.jump(Condition.NOT_ZERO, some);
        a.dec(RCX);
        a.jump(Condition.NOT_ZERO, group);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }
}
