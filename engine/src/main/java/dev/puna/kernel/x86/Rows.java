package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VINSERTI128;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VPUNPCKHDQ;
import static dev.puna.kernel.x86.Op.VPUNPCKHQDQ;
import static dev.puna.kernel.x86.Op.VPUNPCKLDQ;
import static dev.puna.kernel.x86.Op.VPUNPCKLQDQ;

/**
 * The rows of a strip, each {@code stride} bytes behind the one before, and the way across them: bytes that lie along the
 * rows become lanes that stand for the rows.
 *
 * <p>Row {@code 4g + i} is reached as {@code bases[g] + i · stride}, so that every row has an address without arithmetic.
 */
final class Rows {
    private final Routine routine;
    private final Assembler a;
    private final Gpr[] bases;
    private final Gpr stride;
    private final Gpr thrice;

    /**
     * @param bases one register for four rows; the first holds the address of the strip
     * @param stride holds the bytes from one row to the next
     * @param thrice is to hold three times that
     */
    Rows(Routine routine, Gpr[] bases, Gpr stride, Gpr thrice) {
        assert bases.length * 4 == routine.lanes.rows;
        this.routine = routine;
        this.a = routine.a;
        this.bases = bases;
        this.stride = stride;
        this.thrice = thrice;
    }

    Gpr first() {
        return bases[0];
    }

    /** The strip's last four rows begin there. */
    Gpr last() {
        return bases[bases.length - 1];
    }

    /** Sets the other registers from the first base and the stride. */
    void begin() {
        a.lea(thrice, Mem.at(stride, stride, 2, 0));
        for (int g = 1; g < bases.length; g++) {
            a.lea(bases[g], Mem.at(bases[g - 1], stride, 4, 0));
        }
    }

    void advance(int bytes) {
        for (Gpr base : bases) {
            a.add(base, bytes);
        }
    }

    private Mem row(int row, int offset) {
        Gpr base = bases[row / 4];
        return switch (row % 4) {
            case 0 -> Mem.at(base, offset);
            case 1 -> Mem.at(base, stride, 1, offset);
            case 2 -> Mem.at(base, stride, 2, offset);
            default -> Mem.at(base, thrice, 1, offset);
        };
    }

    /** Sixteen bytes of row {@code i} of each four in the four rows' part. */
    private Vec parts(int i, int offset) {
        Vec target = routine.take();
        a.op(VMOVDQU, target.xmm(), row(i, offset));
        for (int g = 1; g < bases.length; g++) {
            Vec wide = g == 1 ? target.ymm() : target;
            a.op(VINSERTI128, wide, wide, row(4 * g + i, offset), g);
        }
        return target;
    }

    /** Four vectors: lane {@code r} of the j-th holds bytes {@code offset + 4j} to {@code offset + 4j + 3} of row r. */
    Vec[] columns(int offset) {
        Vec p0 = parts(0, offset);
        Vec p1 = parts(1, offset);
        Vec low = routine.take();
        a.op(VPUNPCKLDQ, low, p0, p1);
        a.op(VPUNPCKHDQ, p0, p0, p1); // high
        routine.give(p1);
        Vec p2 = parts(2, offset);
        Vec p3 = parts(3, offset);
        Vec low2 = routine.take();
        a.op(VPUNPCKLDQ, low2, p2, p3);
        a.op(VPUNPCKHDQ, p2, p2, p3); // high2
        a.op(VPUNPCKHQDQ, p3, low, low2);
        a.op(VPUNPCKLQDQ, low, low, low2);
        a.op(VPUNPCKHQDQ, low2, p0, p2);
        a.op(VPUNPCKLQDQ, p0, p0, p2);
        routine.give(p2);
        return new Vec[] {low, p3, p0, low2};
    }

    /** Writes the columns of {@code times} times sixteen bytes to memory. */
    void columnsTo(Mem target, int offset, int times) {
        for (int i = 0; i < 4 * times; i += 4) {
            Vec[] columns = columns(offset + 4 * i);
            for (int j = 0; j < 4; j++) {
                a.op(VMOVUPS_STORE, target.plus((i + j) * routine.lanes.bytes), columns[j]);
            }
            routine.give(columns);
        }
    }

    /** Lane {@code r}: bytes {@code offset + 4j} to {@code offset + 4j + 3} of row r; reads sixteen from {@code offset}. */
    Vec column(int offset, int j) {
        Op halves = j < 2 ? VPUNPCKLDQ : VPUNPCKHDQ;
        Vec p0 = parts(0, offset);
        Vec p1 = parts(1, offset);
        a.op(halves, p0, p0, p1);
        routine.give(p1);
        Vec p2 = parts(2, offset);
        Vec p3 = parts(3, offset);
        a.op(halves, p2, p2, p3);
        a.op(j % 2 == 0 ? VPUNPCKLQDQ : VPUNPCKHQDQ, p0, p0, p2);
        routine.give(p2, p3);
        return p0;
    }
}
