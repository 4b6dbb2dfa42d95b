package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Op.VCVTPH2PS;
import static dev.puna.kernel.x86.Op.VINSERTI128;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPERMW;
import static dev.puna.kernel.x86.Op.VPSHUFD;

import dev.puna.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntUnaryOperator;

/**
 * How a type's blocks of 256 numbers are worked off for four rows and one token, at 16 lanes. A line of 64 bytes of each row
 * is read as it lies and turned within its four parts of 16 bytes, so that a lane stands for a part of a row's line.
 *
 * <p>R8 is the first row's block, RSI the bytes from one row to the next, RDX three times that, RCX the activations.
 */
abstract class LineBlock {
    /** Vectors of 256 activations: four for each of four lines. */
    static final int LINES = 4;

    protected final Routine routine;
    protected final Assembler a;
    /** Lane (j, r): what runs 2j and 2j + 1 of row r have come to. */
    protected final Vec sum;

    protected final Vec ones;

    LineBlock(Routine routine, Vec sum) {
        this.routine = routine;
        this.a = routine.a;
        this.sum = sum;
        this.ones = routine.allBytes(1);
    }

    static LineBlock of(DType type, Routine routine, Vec sum) {
        return switch (type) {
            case Q4_K, Q5_K -> new LineFours(type, routine, sum);
            case Q6_K -> new LineSixes(routine, sum);
            case IQ4_XS -> new LineLevels(routine, sum);
            default -> throw new IllegalArgumentException(type.name());
        };
    }

    /** Writes the code that adds a block of each row to the sum. */
    abstract void block(Fetch fetch);

    /** Pieces of work, between which memory is fetched. */
    abstract int pieces();

    /** The records that activations come from. */
    abstract Activations source();

    /** Which sixteen of a block's numbers meet a part of a line of codes. */
    abstract int sixteen(int line, int part);

    /** What stands beside the numbers: so many vectors. */
    abstract int sides();

    /** Where, in the block's records, a part of such a vector comes from. */
    abstract Side side(int number, int part);

    /**
     * 32 bits of a record.
     *
     * @param shift bits by which they are shifted to the right
     */
    record Side(int offset, int shift) {}

    /** Bytes of 256 activations. */
    final int recordBytes() {
        return 64 * (LINES + sides());
    }

    protected static Mem row(int row, int offset) {
        return row(R8, row, offset);
    }

    /** The address of one of the four rows that begin at {@code first}. */
    static Mem row(Gpr first, int row, int offset) {
        return switch (row) {
            case 0 -> Mem.at(first, offset);
            case 1 -> Mem.at(first, RSI, 1, offset);
            case 2 -> Mem.at(first, RSI, 2, offset);
            default -> Mem.at(first, RDX, 1, offset);
        };
    }

    /** Sixteen bytes of each row in its part. */
    protected final Vec partsOfRows(int offset) {
        Vec target = routine.take();
        a.op(VMOVDQU, target.xmm(), row(0, offset));
        for (int r = 1; r < FourRows.ROWS; r++) {
            Vec wide = r == 1 ? target.ymm() : target;
            a.op(VINSERTI128, wide, wide, row(r, offset), r);
        }
        return target;
    }

    /** Four vectors: lane (p, r) of the k-th holds bytes {@code offset + 16p + 4k} to {@code 4k + 3} of row r. */
    protected final Vec[] turned(int offset) {
        Vec[] v = routine.take(4);
        for (int r = 0; r < FourRows.ROWS; r++) {
            a.op(VMOVDQU, v[r], row(r, offset));
        }
        return turn(v);
    }

    /** The same of 32 bytes from each offset. */
    protected final Vec[] turned(int offset, int offset2) {
        Vec[] v = routine.take(4);
        for (int r = 0; r < FourRows.ROWS; r++) {
            a.op(VMOVDQU, v[r].ymm(), row(r, offset));
            a.op(Op.VINSERTI64X4, v[r], v[r], row(r, offset2), 1);
        }
        return turn(v);
    }

    /** Lanes of four vectors, turned within each part of 16 bytes. */
    protected final Vec[] turn(Vec[] v) {
        Rows.turn(routine, v);
        return v;
    }

    /** Multiplies codes with the k-th four of each part of a line of activations. */
    protected final void multiply(Vec total, Vec codes, int line, int k) {
        routine.with(four -> {
            a.op(VPSHUFD, four, Mem.at(RCX, 64 * line), 0x55 * k);
            a.op(VPDPBUSD, total, codes, four);
        });
    }

    /** What stands beside 256 activations: a lane for each lane of the sums. */
    protected final Mem beside(int number) {
        return Mem.at(RCX, 64 * (LINES + number));
    }

    /** A constant of 16 bits in each half of a lane. */
    protected static byte[] words(IntUnaryOperator word) {
        ByteBuffer bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 32; i++) {
            bytes.putShort((short) word.applyAsInt(i));
        }
        return bytes.array();
    }

    /** Lanes that choose among the parts of two vectors. */
    protected static byte[] parts(IntUnaryOperator part) {
        return words(i -> i % 2 == 0 ? 4 * part.applyAsInt(i / 8) + i / 2 % 4 : 0);
    }

    protected final Vec kept(byte[] constant) {
        Vec vector = routine.take();
        a.op(VMOVDQU, vector, a.constant(constant));
        return vector;
    }

    /** A vector whose low half's lane (p, r) is word {@code word} of row r's part. */
    protected final Vec ofRows(int word) {
        return kept(words(i -> 8 * (i % 4) + word));
    }

    protected final void widened(Vec target, Vec order, Vec source) {
        a.op(VPERMW, target, order, source);
        a.op(VCVTPH2PS, target, target.ymm());
    }

    /** A constant for each part. */
    protected final Mem ofParts(IntUnaryOperator value) {
        return a.constant(words(i -> i % 2 == 0 ? value.applyAsInt(i / 8) : 0));
    }
}
