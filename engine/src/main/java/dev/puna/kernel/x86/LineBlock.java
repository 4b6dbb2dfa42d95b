package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Gpr.RSP;
import static dev.puna.kernel.x86.Op.VCVTPH2PS;
import static dev.puna.kernel.x86.Op.VINSERTI128;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPERMW;
import static dev.puna.kernel.x86.Op.VPSHUFD;

import dev.puna.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/**
 * How a type's blocks of 256 numbers are worked off for four rows and one token or a few, at 16 lanes. A line of 64 bytes of each row
 * is read as it lies and turned within its four parts of 16 bytes, so that a lane stands for a part of a row's line.
 *
 * <p>R8 is the first row's block, RSI the bytes from one row to the next, RDX three times that, RCX the activations, one
 * token's behind the other's, RSP memory for {@link #asideBytes}.
 */
abstract class LineBlock {
    /** Vectors of 256 activations: four for each of four lines. */
    static final int LINES = 4;
    /** So many tokens' sums stay in vectors throughout. */
    private static final int MOST_IN_VECTORS = 4;

    protected final Routine routine;
    protected final Assembler a;
    protected final int tokens;
    /** Of each token; lane (j, r): what runs 2j and 2j + 1 of row r have come to. */
    private final Operand[] sums;

    protected final Vec ones;
    /** Vectors that have a place in memory. */
    private int aside;

    LineBlock(Routine routine, int tokens) {
        this.routine = routine;
        this.a = routine.a;
        this.tokens = tokens;
        this.sums = new Operand[tokens];
        Arrays.setAll(sums, _ -> tokens <= MOST_IN_VECTORS ? routine.take() : place());
        this.ones = routine.allBytes(1);
    }

    static LineBlock of(DType type, Routine routine, int tokens) {
        return switch (type) {
            case Q4_K, Q5_K -> new LineFours(type, routine, tokens);
            case Q6_K -> new LineSixes(routine, tokens);
            case IQ4_XS -> new LineLevels(routine, tokens);
            default -> throw new IllegalArgumentException(type.name());
        };
    }

    /** Where the sum of each token is: a vector, or memory where there are many. */
    final Operand[] sums() {
        return sums;
    }

    /** Writes the code that adds a block of each row to the sums. */
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

    /** Multiplies codes with the k-th four of each part of a line of activations, of each token. */
    protected final void multiply(Vec[] totals, Vec codes, int line, int k) {
        for (int token = 0; token < tokens; token++) {
            Mem activations = Mem.at(RCX, token * recordBytes() + 64 * line);
            Vec total = totals[token];
            routine.with(four -> {
                a.op(VPSHUFD, four, activations, 0x55 * k);
                a.op(VPDPBUSD, total, codes, four);
            });
        }
    }

    /** What stands beside 256 activations: a lane for each lane of the sums. */
    protected final Mem beside(int number, int token) {
        return Mem.at(RCX, token * recordBytes() + 64 * (LINES + number));
    }

    /**
     * Adds to a token's sum what products, and codes, come to by what stands beside the activations from {@code number} on.
     *
     * @param minima which count less, or none
     */
    protected final void add(int token, int number, Vec products, Vec codes, Vec... minima) {
        with(sums[token], sum -> {
            a.op(Op.VFMADD231PS, sum, products, beside(number, token));
            a.op(Op.VFMADD231PS, sum, codes, beside(number + 1, token));
            for (Vec minimum : minima) {
                a.op(Op.VFNMADD231PS, sum, minimum, beside(number + 2, token));
            }
            if (sums[token] instanceof Mem place) {
                a.op(VMOVUPS_STORE, place, sum);
            }
        });
    }

    /** Bytes for what is put aside, and for the sums of several tokens. */
    final int asideBytes() {
        return tokens == 1 ? 0 : 64 * (8 + 3 * tokens);
    }

    private Mem place() {
        assert 64 * (aside + 1) <= asideBytes();
        return Mem.at(RSP, 64 * aside++);
    }

    /** What is needed again only later in the block: where there are several tokens it waits in memory. */
    protected final Operand aside(Vec vector) {
        if (tokens == 1) {
            return vector;
        }
        Mem place = place();
        a.op(VMOVUPS_STORE, place, vector);
        routine.give(vector);
        return place;
    }

    protected final Operand[] aside(Vec... vectors) {
        return Arrays.stream(vectors).map(this::aside).toArray(Operand[]::new);
    }

    /** The vector that was put aside. */
    protected final Vec back(Operand aside) {
        if (aside instanceof Vec vector) {
            return vector;
        }
        Vec vector = routine.take();
        a.op(VMOVDQU, vector, aside);
        return vector;
    }

    protected final void give(Operand... operands) {
        for (Operand operand : operands) {
            if (operand instanceof Vec vector) {
                routine.give(vector);
            }
        }
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

    /** A constant: in a vector, or in memory where there are several tokens. */
    protected final Operand kept(byte[] constant) {
        Mem memory = a.constant(constant);
        return tokens == 1 ? back(memory) : memory;
    }

    /** Hands over what is in a vector or in memory. */
    protected final void with(Operand operand, Consumer<Vec> body) {
        Vec vector = back(operand);
        body.accept(vector);
        if (operand != vector) {
            routine.give(vector);
        }
    }

    /** Words of {@code source} in that order. */
    protected final void ordered(Vec target, Operand order, Vec source) {
        with(order, words -> a.op(VPERMW, target, words, source));
    }

    /** Lanes of 32 bits that all begin with this. */
    protected final Mem start(int value) {
        return a.constant(Routine.littleEndian(value));
    }

    /** A vector whose low half's lane (p, r) is word {@code word} of row r's part. */
    protected final Operand ofRows(int word) {
        return kept(words(i -> 8 * (i % 4) + word));
    }

    protected final void widened(Vec target, Operand order, Vec source) {
        ordered(target, order, source);
        a.op(VCVTPH2PS, target, target.ymm());
    }

    /** A constant for each part. */
    protected final Mem ofParts(IntUnaryOperator value) {
        return a.constant(words(i -> i % 2 == 0 ? value.applyAsInt(i / 8) : 0));
    }
}
