package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VCVTPH2PS;
import static dev.puna.kernel.x86.Op.VEXTRACTI128;
import static dev.puna.kernel.x86.Op.VEXTRACTI64X4;
import static dev.puna.kernel.x86.Op.VINSERTI128;
import static dev.puna.kernel.x86.Op.VINSERTI64X4;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VPBLENDD;
import static dev.puna.kernel.x86.Op.VPBLENDW;
import static dev.puna.kernel.x86.Op.VPERM2I128;
import static dev.puna.kernel.x86.Op.VPERMT2Q;
import static dev.puna.kernel.x86.Op.VPUNPCKHDQ;
import static dev.puna.kernel.x86.Op.VPUNPCKHQDQ;
import static dev.puna.kernel.x86.Op.VPUNPCKHWD;
import static dev.puna.kernel.x86.Op.VPUNPCKLDQ;
import static dev.puna.kernel.x86.Op.VPUNPCKLQDQ;
import static dev.puna.kernel.x86.Op.VPUNPCKLWD;
import static dev.puna.kernel.x86.Op.VSHUFI32X4;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

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
    /** Of no use where blocks are abreast. */
    private final Gpr thrice;
    /** Bytes of a block, where blocks are abreast. */
    private final int blockBytes;
    /** The quicker way where all blocks abreast are there, for blocks that it fits. */
    private final @Nullable Words words;

    /** Blocks abreast that there are; further lanes read the last one again. */
    private int blocks = Abreast.BLOCKS;

    /**
     * @param bases one register for four rows; the first holds the address of the strip
     * @param stride holds the bytes from one row to the next
     * @param thrice is to hold three times that
     */
    Rows(Routine routine, Gpr[] bases, Gpr stride, Gpr thrice) {
        this(routine, bases, stride, thrice, 0);
        assert !routine.abreast;
    }

    /**
     * Blocks abreast: what is said of row {@code 4g + i} is of the i-th block of row g.
     *
     * @param bases one register for each row; the first holds the address of the first row
     */
    static Rows abreast(Routine routine, Gpr[] bases, Gpr stride, int blockBytes) {
        assert routine.abreast;
        return new Rows(routine, bases, stride, stride, blockBytes);
    }

    private Rows(Routine routine, Gpr[] bases, Gpr stride, Gpr thrice, int blockBytes) {
        assert bases.length * 4 == routine.lanes.rows;
        this.routine = routine;
        this.a = routine.a;
        this.bases = bases;
        this.stride = stride;
        this.thrice = thrice;
        this.blockBytes = blockBytes;
        this.words = Words.fit(routine, blockBytes) ? new Words(routine, blockBytes) : null;
    }

    /** From here on there are so many blocks abreast; {@link #begin} comes before there are all again. */
    void blocks(int count) {
        if (words != null && blocks == Abreast.BLOCKS) {
            words.drop();
        } else if (words != null && count == Abreast.BLOCKS) {
            words.keep();
        }
        blocks = count;
    }

    Gpr first() {
        return bases[0];
    }

    /** The address behind the strip. */
    void end(Gpr target) {
        a.lea(target, Mem.at(bases[bases.length - 1], stride, rowsOfBase(), 0));
    }

    private int rowsOfBase() {
        return routine.abreast ? 1 : 4;
    }

    /** Sets the other registers from the first base and the stride. */
    void begin() {
        if (words != null) {
            words.begin();
        }
        if (!routine.abreast) {
            a.lea(thrice, Mem.at(stride, stride, 2, 0));
        }
        for (int g = 1; g < bases.length; g++) {
            a.lea(bases[g], Mem.at(bases[g - 1], stride, rowsOfBase(), 0));
        }
    }

    void advance(int bytes) {
        for (Gpr base : bases) {
            a.add(base, bytes);
        }
    }

    private Mem row(int row, int offset) {
        Gpr base = bases[row / 4];
        if (routine.abreast) {
            return Mem.at(base, offset + Math.min(row % 4, blocks - 1) * blockBytes);
        }
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
        Vec[] v = new Vec[4];
        for (int i = 0; i < 4; i++) {
            v[i] = parts(i, offset);
        }
        turn(v);
        return v;
    }

    /**
     * Lane {@code r}: the number (f16) at {@code offset} of row r, as f32; of eight rows. Each row is read from where its number
     * falls into its place.
     */
    Vec numbers(int offset) {
        assert lanes() == Lanes.EIGHT;
        Vec target = routine.take();
        a.op(VMOVDQU, target.xmm(), row(0, offset));
        for (int r = 1; r < 8; r++) {
            a.op(VPBLENDW, target.xmm(), target.xmm(), row(r, offset - 2 * r), 1 << r);
        }
        a.op(VCVTPH2PS, target, target.xmm());
        return target;
    }

    /** Bytes that {@link #wide} reads of a row. */
    static final int WIDE = 32;

    /** As {@link #columns}, eight vectors with half as many loads. */
    Vec[] wide(int offset) {
        return wide(offset, 0);
    }

    /**
     * The last of eight vectors, from the {@code from}-th on: lane {@code r} of the j-th holds bytes {@code offset + 4j} to
     * {@code offset + 4j + 3} of row r. All 32 bytes of a row are read. Where a block is smaller, the offset is negative, 15
     * bytes at most: the first row's lie in the file before its weights, which no file begins with, or in the header that
     * the system's allocator keeps.
     */
    Vec[] wide(int offset, int from) {
        if (words != null && blocks == Abreast.BLOCKS) {
            assert from == 3 && offset + WIDE == blockBytes;
            return words.last(bases);
        }
        int half = lanes().rows / 2; // rows in each of two groups, which are turned by themselves first
        Vec[] low = fours(0, offset);
        Vec[] high = fours(half, offset);
        Vec[] columns = new Vec[8];
        for (int j = 0; j < 4; j++) {
            if (j >= from) {
                columns[j] = routine.take();
                join(columns[j], low[j], high[j], false);
            }
            join(low[j], low[j], high[j], true);
            columns[4 + j] = low[j];
            routine.give(high[j]);
        }
        return Arrays.copyOfRange(columns, from, 8);
    }

    /**
     * The last sixteen bytes of a block, as four vectors like {@link #columns}; with sixteen lanes before them the
     * {@code before} fours that these follow, which with eight lanes are better read by themselves.
     */
    Vec[] end(int blockBytes, int before) {
        return lanes() == Lanes.EIGHT ? columns(blockBytes - 16) : wide(blockBytes - WIDE, 4 - before);
    }

    private Lanes lanes() {
        return routine.lanes;
    }

    /**
     * Four rows, and in the upper half of sixteen lanes the four behind them: each sixteen bytes of the j-th vector are the
     * j-th four bytes of their sixteen bytes of the four rows.
     */
    private Vec[] fours(int row, int offset) {
        Vec[] v = routine.take(4);
        for (int i = 0; i < 4; i++) {
            a.op(VMOVDQU, v[i].ymm(), row(row + i, offset));
            if (lanes() == Lanes.SIXTEEN) {
                a.op(VINSERTI64X4, v[i], v[i], row(row + 4 + i, offset), 1);
            }
        }
        turn(v);
        return v;
    }

    private void turn(Vec[] v) {
        turn(routine, v);
    }

    /** Four lanes of four vectors, turned in place. */
    static void turn(Routine routine, Vec[] v) {
        Assembler a = routine.a;
        Vec low = routine.take();
        a.op(VPUNPCKLDQ, low, v[0], v[1]);
        a.op(VPUNPCKHDQ, v[0], v[0], v[1]); // high
        a.op(VPUNPCKLDQ, v[1], v[2], v[3]); // low2
        a.op(VPUNPCKHDQ, v[2], v[2], v[3]); // high2
        a.op(VPUNPCKHQDQ, v[3], v[0], v[2]);
        a.op(VPUNPCKLQDQ, v[2], v[0], v[2]);
        a.op(VPUNPCKLQDQ, v[0], low, v[1]);
        a.op(VPUNPCKHQDQ, v[1], low, v[1]);
        routine.give(low);
    }

    /** The first, or else the second, sixteen bytes of each 32 bytes of two vectors, those of {@code left} first. */
    private void join(Vec target, Vec left, Vec right, boolean second) {
        switch (lanes()) {
            case EIGHT -> a.op(VPERM2I128, target, left, right, second ? 0x31 : 0x20);
            case SIXTEEN -> a.op(VSHUFI32X4, target, left, right, second ? 0xDD : 0x88);
        }
    }

    /** Bytes that memory is read in. */
    static final int LINE = 64;

    /**
     * Hands over sixteen vectors, in order: lane {@code r} of the j-th holds bytes {@code offset + 4j} to {@code offset +
     * 4j + 3} of row r. Every line is read in one go: rows whose distance is a power of two push each other out of the
     * nearest cache.
     */
    void line(int offset, BiConsumer<Integer, Vec> sink) {
        switch (routine.lanes) {
            case EIGHT -> {
                for (int j = 0; j < 16; j += 4) {
                    Vec[] columns = columns(offset + 4 * j);
                    for (int i = 0; i < 4; i++) {
                        sink.accept(j + i, columns[i]);
                    }
                    routine.give(columns);
                }
            }
            case SIXTEEN -> {
                Vec[] turned = turnedLine(offset);
                for (int j = 0; j < 16; j++) {
                    sink.accept(j, turned[j]);
                }
                routine.give(turned);
            }
        }
    }

    /**
     * Hands over 32 vectors, in order: lane {@code r} of the j-th holds 16 bits from {@code offset + 2j} on of row r, read
     * as f16, as f32.
     *
     * @param order of sixteen lanes: vectors that {@link #orders} gave
     */
    void halves(int offset, Vec[] order, BiConsumer<Integer, Vec> sink) {
        switch (routine.lanes) {
            case EIGHT -> {
                for (int half = 0; half < 2; half++) {
                    Vec[] turned = eightRowsOfHalves(0, offset + WIDE * half);
                    widened(turned, 16 * half, sink);
                    routine.give(turned);
                }
            }
            case SIXTEEN -> {
                Vec[] upper = eightRowsOfHalves(0, offset);
                Vec[] lower = eightRowsOfHalves(8, offset);
                for (int j = 0; j < 8; j++) { // the first two parts of both, then the last two
                    Vec last = routine.take();
                    a.op(VMOVUPS, last, upper[j]);
                    a.op(VPERMT2Q, upper[j], order[0], lower[j]);
                    a.op(VPERMT2Q, last, order[1], lower[j]);
                    routine.give(lower[j]);
                    lower[j] = last;
                }
                widened(upper, 0, sink);
                widened(lower, 16, sink);
                routine.give(upper);
                routine.give(lower);
            }
        }
    }

    /** What {@link #halves} needs, for the whole of the kernel. */
    static Vec[] orders(Routine routine) {
        if (routine.lanes == Lanes.EIGHT) {
            return new Vec[0];
        }
        Vec[] orders = routine.take(2);
        for (int i = 0; i < 2; i++) {
            ByteBuffer order = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
            for (int part = 2 * i; part < 2 * i + 2; part++) {
                for (int source = 0; source < 2; source++) {
                    order.putLong(8 * source + 2 * part).putLong(8 * source + 2 * part + 1);
                }
            }
            routine.a.op(VMOVDQU, orders[i], routine.a.constant(order.array()));
        }
        return orders;
    }

    /** Eight rows: part p of the j-th vector holds their 16 bits from {@code offset + 16p + 2j} on. */
    private Vec[] eightRowsOfHalves(int first, int offset) {
        Vec[] v = new Vec[8];
        for (int i = 0; i < 8; i++) {
            v[i] = routine.take();
            a.op(VMOVDQU, v[i], row(first + i, offset));
        }
        for (int i = 0; i < 8; i += 2) {
            unpack(v, i, i + 1, VPUNPCKLWD, VPUNPCKHWD);
        }
        for (int i = 0; i < 8; i += 4) {
            unpack(v, i, i + 2, VPUNPCKLDQ, VPUNPCKHDQ);
            unpack(v, i + 1, i + 3, VPUNPCKLDQ, VPUNPCKHDQ);
        }
        for (int i = 0; i < 4; i++) {
            unpack(v, i, i + 4, VPUNPCKLQDQ, VPUNPCKHQDQ);
        }
        // of the numbers of four rows the first four lie in 0 and 1 and in 2 and 3 by twos
        return new Vec[] {v[0], v[4], v[2], v[6], v[1], v[5], v[3], v[7]};
    }

    /** Low halves of both to the left, high ones to the right. */
    private void unpack(Vec[] v, int left, int right, Op lows, Op highs) {
        Vec low = routine.take();
        a.op(lows, low, v[left], v[right]);
        a.op(highs, v[right], v[left], v[right]);
        routine.give(v[left]);
        v[left] = low;
    }

    /** Eight vectors of two columns each: the first eight lie in their lower halves. */
    private void widened(Vec[] turned, int column, BiConsumer<Integer, Vec> sink) {
        boolean sixteen = routine.lanes == Lanes.SIXTEEN;
        for (int j = 0; j < 16; j++) {
            Vec both = turned[j % 8];
            Vec half = sixteen ? both.ymm() : both.xmm();
            if (j < 8) {
                int at = column + j;
                routine.with(values -> {
                    a.op(VCVTPH2PS, values, half);
                    sink.accept(at, values);
                });
            } else {
                a.op(sixteen ? VEXTRACTI64X4 : VEXTRACTI128, half, both, 1);
                a.op(VCVTPH2PS, both, half);
                sink.accept(column + j, both);
            }
        }
    }

    /** Sixteen rows of sixteen lanes, turned: first four lanes of four rows at a time, then parts of four lanes. */
    private Vec[] turnedLine(int offset) {
        Vec[] v = new Vec[16];
        for (int i = 0; i < 16; i += 4) {
            Vec[] four = routine.take(4);
            for (int r = 0; r < 4; r++) {
                a.op(VMOVDQU, four[r], row(i + r, offset));
            }
            turn(four);
            System.arraycopy(four, 0, v, i, 4);
        }
        for (int j = 0; j < 4; j++) { // part p of v[4i + j] holds lanes 4p + j of rows 4i to 4i + 3
            Vec firsts = routine.take();
            Vec firsts2 = routine.take();
            a.op(VSHUFI32X4, firsts, v[j], v[4 + j], 0x44);
            a.op(VSHUFI32X4, v[j], v[j], v[4 + j], 0xEE);
            a.op(VSHUFI32X4, firsts2, v[8 + j], v[12 + j], 0x44);
            a.op(VSHUFI32X4, v[8 + j], v[8 + j], v[12 + j], 0xEE);
            a.op(VSHUFI32X4, v[4 + j], firsts, firsts2, 0xDD);
            a.op(VSHUFI32X4, firsts, firsts, firsts2, 0x88);
            a.op(VSHUFI32X4, v[12 + j], v[j], v[8 + j], 0xDD);
            a.op(VSHUFI32X4, firsts2, v[j], v[8 + j], 0x88);
            routine.give(v[j], v[8 + j]);
            v[j] = firsts;
            v[8 + j] = firsts2;
        }
        return v;
    }

    /** Writes {@link #wide} to memory. */
    void wideTo(Mem target, int offset) {
        Vec[] columns = wide(offset);
        for (int j = 0; j < columns.length; j++) {
            a.op(VMOVUPS_STORE, target.plus(j * routine.lanes.bytes), columns[j]);
        }
        routine.give(columns);
    }

    /** Lane {@code r}: bytes {@code offset + 4j} to {@code offset + 4j + 3} of row r; reads sixteen from {@code offset}, or of eight rows 32. */
    Vec column(int offset, int j) {
        if (lanes() == Lanes.EIGHT) { // as numbers
            Vec target = routine.take();
            a.op(VMOVDQU, target, row(0, offset + 4 * j));
            for (int r = 1; r < 8; r++) {
                a.op(VPBLENDD, target, target, row(r, offset + 4 * j - 4 * r), 1 << r);
            }
            return target;
        }
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
