package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPERMT2W;
import static dev.puna.kernel.x86.Op.VPERMW;
import static dev.puna.kernel.x86.Op.VSHUFI32X4;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The last twenty bytes of blocks abreast, turned as {@link Rows#wide} turns them, with half the instructions: a row's four
 * blocks are read in two pieces, whose words are dealt out.
 */
final class Words {
    private static final int ROWS = 4;
    private static final int PIECE = 64;

    /** Bytes that lie behind the first of the twenty's dwords. */
    private static final int END = 16;

    private final Routine routine;
    private final int blockBytes;
    /** Where the words of the first dword come from, and those of the others, of even rows and of odd ones. */
    private Vec[] orders;

    /** At the beginning of a kernel: RAX is used. */
    Words(Routine routine, int blockBytes) {
        assert fit(routine, blockBytes);
        this.routine = routine;
        this.blockBytes = blockBytes;
        this.orders = routine.take(3);
        for (int row = 1; row < ROWS; row++) {
            routine.a.mov(RAX, 0xFFL << 8 * row);
            routine.a.kmovd(of(row), RAX);
        }
    }

    /** Whether blocks are made of words, and the first dword of each of four is in the first piece. */
    static boolean fit(Routine routine, int blockBytes) {
        return routine.abreast && blockBytes % 2 == 0 && Abreast.BLOCKS * blockBytes - END <= PIECE;
    }

    /** Chooses the words of one row. */
    private static Mask of(int row) {
        return new Mask(row);
    }

    /** Before the first blocks, and where {@link #drop} has been called since. */
    void begin() {
        order(orders[0], blockBytes - END - 4, 0, 0);
        order(orders[1], blockBytes - END, 4, 0);
        order(orders[2], blockBytes - END, 4, 2);
    }

    /** Gives vectors back until {@link #keep}. */
    void drop() {
        routine.give(orders);
    }

    void keep() {
        orders = routine.take(3);
    }

    /**
     * Loads an order: 128 bits of one dword of each block, then of the one behind it.
     *
     * @param step bytes from one dword to the next
     * @param first the dword that comes first; those before it are the last
     */
    private void order(Vec target, int offset, int step, int first) {
        ByteBuffer order = ByteBuffer.allocate(PIECE).order(ByteOrder.LITTLE_ENDIAN);
        for (int part = 0; part < 4; part++) {
            int dword = (part + first) % 4;
            for (int block = 0; block < Abreast.BLOCKS; block++) {
                for (int word = 0; word < 4; word += 2) {
                    order.putShort((short) word(block * blockBytes + offset + dword * step + word));
                }
            }
        }
        routine.a.op(VMOVDQU, target, routine.a.constant(order.array()));
    }

    /** Which of both pieces' words has these bytes; before a row's begin any will do. */
    private int word(int bytes) {
        int at = bytes < PIECE ? Math.max(0, bytes) : PIECE + bytes - second();
        return at / 2;
    }

    /** Where the second piece begins. */
    private int second() {
        return Abreast.BLOCKS * blockBytes - PIECE;
    }

    /** Five vectors: lane {@code 4g + i} of the j-th holds the j-th four of the last twenty bytes of row g's i-th block. */
    Vec[] last(Gpr[] rows) {
        Assembler a = routine.a;
        Vec first = routine.take();
        Vec[] v = routine.take(ROWS);
        for (int row = 0; row < ROWS; row++) {
            a.op(VMOVDQU, v[row], Mem.at(rows[row]));
            a.op(VPERMW, row == 0 ? first : first.where(of(row)), orders[0], v[row]);
            a.op(VPERMT2W, v[row], orders[1 + row % 2], Mem.at(rows[row], second()));
        }
        // Pairs of rows exchange halves by moves under a mask, which run on more of the processor's pipes than shuffles
        // do.
        routine.with(spare -> {
            exchange(spare, v[0], v[1]);
            exchange(v[0], v[2], v[3]);
            a.op(VSHUFI32X4, v[2], v[1], v[3], 0x22);
            a.op(VSHUFI32X4, v[3], v[1], v[3], 0x77);
            a.op(VSHUFI32X4, v[1], spare, v[0], 0xDD);
            a.op(VSHUFI32X4, v[0], spare, v[0], 0x88);
        });
        return new Vec[] {first, v[0], v[1], v[2], v[3]};
    }

    /** The lower half of {@code even} and the upper of {@code odd}, and into {@code odd} the upper half of {@code even}. */
    private void exchange(Vec target, Vec even, Vec odd) {
        Mask upper = of(1); // of dwords
        routine.a.op(VMOVUPS, target, even);
        routine.a.op(VMOVUPS, target.where(upper), odd);
        routine.a.op(VMOVUPS, odd.where(upper), even);
    }
}
