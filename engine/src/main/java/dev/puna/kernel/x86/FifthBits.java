package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPERMD;
import static dev.puna.kernel.x86.Op.VPMINUB;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VPSRLD;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The fifth bits of 32 codes, of each row in one lane. For the whole of a kernel. */
final class FifthBits {
    private static final int FIFTH = 0x10;

    private final Routine routine;
    private final Assembler a;
    /** With sixteen lanes what four bits become; with eight the fifth bit in every byte. */
    private final Vec table;

    // With eight lanes only:

    /** The bit that each byte of a lane keeps. */
    private final Vec own;
    /** In all bytes of a lane the bits of two groups. */
    private final Vec spread;

    FifthBits(Routine routine) {
        this.routine = routine;
        this.a = routine.a;
        boolean eight = routine.lanes == Lanes.EIGHT;
        this.table = eight ? routine.allBytes(FIFTH) : routine.take();
        this.own = eight ? routine.allLanes(0x8040_2010) : table;
        this.spread = eight ? routine.take() : table;
        if (!eight) {
            a.op(VMOVDQU, table, a.constant(bytesOfFourBits()));
        }
    }

    private static byte[] bytesOfFourBits() {
        ByteBuffer table = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        for (int bits = 0; bits < 16; bits++) {
            for (int i = 0; i < 4; i++) {
                table.put((byte) ((bits >> i & 1) * FIFTH));
            }
        }
        return table.array();
    }

    /** Byte i of each lane becomes 0x10 where bit {@code 4·group + i} is set, else 0. Groups come in order. */
    void of(Vec target, Vec bits, int group) {
        switch (routine.lanes) {
            case SIXTEEN -> {
                a.op(VPSRLD, target, bits, 4 * group);
                a.op(VPERMD, target, target, table);
            }
            case EIGHT -> {
                if (group % 2 == 0) {
                    routine.orderBytes(spread, bits, _ -> group / 2);
                    a.op(VPSLLD, target, spread, 4);
                    a.op(VPAND, target, target, own);
                } else {
                    a.op(VPAND, target, spread, own);
                }
                a.op(VPMINUB, target, target, table);
            }
        }
    }
}
