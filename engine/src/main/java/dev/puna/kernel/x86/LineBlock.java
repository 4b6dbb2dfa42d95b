package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Gpr.RSP;
import static dev.puna.kernel.x86.Op.VCVTPH2PS;
import static dev.puna.kernel.x86.Op.VINSERTI128;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPDPBUSD;
import static dev.puna.kernel.x86.Op.VPERMW;
import static dev.puna.kernel.x86.Op.VPSHUFD;
import static dev.puna.kernel.x86.Op.VPSLLD;

import dev.puna.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

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

    /** The records that activations come from. */
    protected final Activations source;
    /** Of use where activations have a middle. */
    private final Vec ones;
    /** Vectors that have a place in memory. */
    private int aside;

    LineBlock(Routine routine, int tokens, Activations source) {
        this.routine = routine;
        this.a = routine.a;
        this.tokens = tokens;
        this.source = source;
        this.sums = new Operand[tokens];
        Arrays.setAll(sums, _ -> tokens <= MOST_IN_VECTORS ? routine.take() : place());
        this.ones = source.hasMiddle() ? routine.allBytes(1) : Vec.zmm(0);
    }

    /** @param split whether activations are two bytes each, and have no middle */
    static LineBlock of(DType type, Routine routine, int tokens, boolean split) {
        return switch (type) {
            case Q4_K, Q5_K -> new LineFours(type, routine, tokens, split ? Activations.SPLIT : Activations.BYTES);
            case Q6_K -> new LineSixes(routine, tokens, split ? Activations.SPLIT_HALVES : Activations.HALVES);
            case IQ4_XS -> new LineLevels(routine, tokens, split ? Activations.SPLIT : Activations.BYTES);
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

    final Activations source() {
        return source;
    }

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

    /** Vectors of the numbers themselves: of split ones a line of upper parts, then one of lower ones. */
    final int numbers() {
        return source.isSplit() ? 2 * LINES : LINES;
    }

    /** Vectors beside them that the runs of one parity have: the step, and perhaps the middle. */
    protected final int ofParity() {
        return source.hasMiddle() ? 2 : 1;
    }

    /** Where these come from: part j has runs 2j and 2j + 1. */
    protected final Side ofParity(int number, int part) {
        int field = number % ofParity() == 0 ? source.scale() : source.middle();
        return new Side((2 * part + number / ofParity()) * source.bytes + field, 0);
    }

    /** Bytes of 256 activations. */
    final int recordBytes() {
        return 64 * (numbers() + sides());
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

    /**
     * Where products of each token are summed up: the sums, and behind them where activations are split those of the upper parts.
     *
     * @param beside what the sums begin with, or -1 for zero
     */
    protected final Vec[] products(int beside) {
        Vec[] products = routine.take(source.isSplit() ? 2 * tokens : tokens);
        for (int i = 0; i < products.length; i++) {
            if (beside < 0 || i >= tokens) {
                routine.zero(products[i]);
            } else {
                a.op(VMOVUPS, products[i], beside(beside, i));
            }
        }
        return products;
    }

    /** Multiplies codes with the k-th four of each part of a line of activations, of each token. */
    protected final void multiply(Vec[] products, Vec codes, int line, int k) {
        boolean split = source.isSplit();
        for (int token = 0; token < tokens; token++) {
            Mem activations = Mem.at(RCX, token * recordBytes() + 64 * (split ? 2 * line : line));
            if (split) {
                multiply(products[tokens + token], codes, activations, k);
                multiply(products[token], codes, activations.plus(64), k);
            } else {
                multiply(products[token], codes, activations, k);
            }
        }
    }

    private void multiply(Vec total, Vec codes, Mem activations, int k) {
        routine.with(four -> {
            a.op(VPSHUFD, four, activations, 0x55 * k);
            a.op(VPDPBUSD, total, codes, four);
        });
    }

    /** The sum of each token, once all products are in it. */
    protected final Vec[] summed(Vec[] products) {
        for (int token = 0; token < tokens && source.isSplit(); token++) {
            Vec high = products[tokens + token];
            a.op(VPSLLD, high, high, Activations.LOW_BITS);
            a.op(VPADDD, products[token], products[token], high);
            routine.give(high);
        }
        return Arrays.copyOf(products, tokens);
    }

    /** So many sums of codes, which middles want, all beginning with this; none where activations have no middle. */
    protected final Vec[] codeSums(int count, int start) {
        Vec[] sums = routine.take(source.hasMiddle() ? count : 0);
        for (Vec sum : sums) {
            if (start == 0) {
                routine.zero(sum);
            } else {
                a.op(Op.VPBROADCASTD, sum, start(start));
            }
        }
        return sums;
    }

    /** Adds codes to the i-th of such sums. */
    protected final void gather(Vec[] sums, int i, Vec codes) {
        if (sums.length > 0) {
            a.op(VPDPBUSD, sums[i], codes, ones);
        }
    }

    /** What stands beside 256 activations: a lane for each lane of the sums. */
    protected final Mem beside(int number, int token) {
        return Mem.at(RCX, token * recordBytes() + 64 * (numbers() + number));
    }

    /**
     * Adds to a token's sum what products, and weights, come to by what stands beside the activations from {@code number} on.
     *
     * @param products as numbers, by their scale but for split activations; they may be overwritten
     * @param weights the sums of the weights, which meet the middles; null where there are none
     * @param minima which count less, or none
     */
    protected final void add(int token, int number, Vec products, Vec scale, @Nullable Vec weights, Vec... minima) {
        with(sums[token], sum -> {
            int behind = number + 1;
            if (source.isSplit()) { // exact by the activations' step, a power of two
                a.op(Op.VMULPS, products, products, beside(number, token));
                a.op(Op.VFMADD231PS, sum, products, scale);
            } else {
                a.op(Op.VFMADD231PS, sum, products, beside(number, token));
            }
            if (weights != null) {
                a.op(Op.VFMADD231PS, sum, weights, beside(behind++, token));
            }
            for (Vec minimum : minima) {
                a.op(Op.VFNMADD231PS, sum, minimum, beside(behind, token));
            }
            if (sums[token] instanceof Mem place) {
                a.op(VMOVUPS_STORE, place, sum);
            }
        });
    }

    /** Sums of products as numbers: by their scale, but for split activations. */
    protected final void counted(Vec products, Vec scale) {
        if (source.isSplit()) {
            a.op(Op.VCVTDQ2PS, products, products);
        } else {
            routine.scaled(products, products, scale);
        }
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

    protected final void give(@Nullable Operand... operands) {
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
