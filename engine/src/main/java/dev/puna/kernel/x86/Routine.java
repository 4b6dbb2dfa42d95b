package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VBROADCASTI128;
import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VCVTPH2PS;
import static dev.puna.kernel.x86.Op.VEXTRACTI128;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPERMQ;
import static dev.puna.kernel.x86.Op.VPMOVDW;
import static dev.puna.kernel.x86.Op.VPOR;
import static dev.puna.kernel.x86.Op.VPSHUFB;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VPSRAD;
import static dev.puna.kernel.x86.Op.VPSRAW;
import static dev.puna.kernel.x86.Op.VPSRLD;
import static dev.puna.kernel.x86.Op.VPTERNLOGD;
import static dev.puna.kernel.x86.Op.VPXOR;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/** A kernel being written: its instructions, its vectors and which of them are free. */
final class Routine {
    final Assembler a;
    final Lanes lanes;
    /** Whether lanes stand for rows and blocks abreast, see {@link Abreast}, and not for rows only. */
    final boolean abreast;

    private final BitSet free = new BitSet();

    Routine(Lanes lanes) {
        this(lanes, new Assembler());
    }

    /** A part of a kernel that another began: all vectors are free. */
    Routine(Lanes lanes, Assembler a) {
        this(lanes, a, false);
    }

    private Routine(Lanes lanes, Assembler a, boolean abreast) {
        this.a = a;
        this.lanes = lanes;
        this.abreast = abreast;
        free.set(0, lanes.registers);
    }

    /** A kernel whose lanes stand for rows and blocks abreast. */
    static Routine abreast(Lanes lanes) {
        return new Routine(lanes, new Assembler(), true);
    }

    /** What is 32 bits in a token's record, {@code offset} bytes behind its begin, for each lane. */
    void ofToken(Vec target, Mem record, int offset) {
        if (abreast) {
            a.op(VBROADCASTI128, target, record.plus(Abreast.BLOCKS * offset));
        } else {
            a.op(VPBROADCASTD, target, record.plus(offset));
        }
    }

    /** A vector that nobody uses. */
    Vec take() {
        int number = free.nextSetBit(0);
        if (number < 0) {
            throw new IllegalStateException("a kernel needs more than " + lanes.registers + " vectors");
        }
        free.clear(number);
        return new Vec(number, lanes.bytes, 0, false);
    }

    Vec[] take(int count) {
        Vec[] vectors = new Vec[count];
        for (int i = 0; i < count; i++) {
            vectors[i] = take();
        }
        return vectors;
    }

    void give(Vec... vectors) {
        for (Vec vector : vectors) {
            assert !free.get(vector.number()) : vector + " was given back twice";
            free.set(vector.number());
        }
    }

    /** Writes what {@code body} does with a vector that is free again behind it. */
    void with(Consumer<Vec> body) {
        Vec vector = take();
        body.accept(vector);
        give(vector);
    }

    void zero(Vec target) {
        a.op(VPXOR, target, target, target);
    }

    /** A vector that holds {@code value} in each of its 32-bit lanes, for the whole of the kernel. */
    Vec allLanes(int value) {
        Vec vector = take();
        a.op(VPBROADCASTD, vector, a.constant(littleEndian(value)));
        return vector;
    }

    /** A vector that holds {@code value} in each of its bytes, for the whole of the kernel. */
    Vec allBytes(int value) {
        return allLanes((value & 0xFF) * 0x01010101);
    }

    /** The address of a constant: a vector of that byte. */
    Mem everyByte(int value) {
        byte[] all = new byte[lanes.bytes];
        Arrays.fill(all, (byte) value);
        return a.constant(all);
    }

    /** The address of a constant: a vector of lanes of 32 bits. */
    Mem everyLane(int value) {
        ByteBuffer all = ByteBuffer.allocate(lanes.bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (all.hasRemaining()) {
            all.putInt(value);
        }
        return a.constant(all.array());
    }

    /** The address of a constant: {@code bytes} (16 of them) in each 128-bit part. */
    Mem everyPart(byte... bytes) {
        assert bytes.length == 16;
        byte[] all = new byte[lanes.bytes];
        for (int i = 0; i < all.length; i++) {
            all[i] = bytes[i % 16];
        }
        return a.constant(all);
    }

    /** The low halves of the lanes, read as f16, as f32. */
    void lowHalves(Vec target, Vec source) {
        switch (lanes) {
            case EIGHT -> {
                a.op(VPSHUFB, target, source, everyPart(LOW_WORDS));
                a.op(VPERMQ, target, target, 0b1000);
                a.op(VCVTPH2PS, target, target.xmm());
            }
            case SIXTEEN -> {
                a.op(VPMOVDW, target.ymm(), source);
                a.op(VCVTPH2PS, target, target.ymm());
            }
        }
    }

    /** The low halves of eight lanes, read as f16, as f32; {@code lanes} become the high ones. */
    void bothHalves(Vec low, Vec lanes) {
        a.op(VPSHUFB, lanes, lanes, everyPart(LOW_THEN_HIGH_WORDS));
        a.op(VPERMQ, lanes, lanes, 0b11_01_10_00);
        a.op(VCVTPH2PS, low, lanes.xmm());
        a.op(VEXTRACTI128, lanes.xmm(), lanes, 1);
        a.op(VCVTPH2PS, lanes, lanes.xmm());
    }

    /** The high halves of the lanes, read as f16, as f32. */
    void highHalves(Vec target, Vec source) {
        a.op(VPSRLD, target, source, 16);
        lowHalves(target, target);
    }

    /** Byte {@code index} of each lane, without a sign. */
    void byteOfLane(Vec target, Vec source, int index) {
        if (index == 3) {
            a.op(VPSRLD, target, source, 24);
        } else {
            a.op(VPSLLD, target, source, 24 - 8 * index);
            a.op(VPSRLD, target, target, 24);
        }
    }

    /** Byte {@code index} of each lane, with its sign. */
    void signedByteOfLane(Vec target, Vec source, int index) {
        if (index == 3) {
            a.op(VPSRAD, target, source, 24);
        } else {
            a.op(VPSLLD, target, source, 24 - 8 * index);
            a.op(VPSRAD, target, target, 24);
        }
    }

    /** Byte {@code index} of each lane, without or with its sign, in both of its words. */
    void wordsOfByte(Vec target, Vec source, int index, boolean signed) {
        orderBytes(target, source, at -> signed == (at % 2 == 1) ? index : -1);
        if (signed) {
            a.op(VPSRAW, target, target, 8);
        }
    }

    /** In each byte of a lane that one which {@code order} has for its place, or zero where that is −1. */
    void orderBytes(Vec target, Vec source, IntUnaryOperator order) {
        byte[] bytes = new byte[16];
        for (int i = 0; i < 16; i++) {
            int from = order.applyAsInt(i % 4);
            bytes[i] = (byte) (from < 0 ? -1 : i / 4 * 4 + from);
        }
        a.op(VPSHUFB, target, source, everyPart(bytes));
    }

    /** Bits {@code from} to {@code from + count − 1} of each lane. */
    void bitsOfLane(Vec target, Vec source, int from, int count) {
        Vec shifted = source;
        if (from + count < 32) {
            a.op(VPSLLD, target, source, 32 - from - count);
            shifted = target;
        }
        a.op(VPSRLD, target, shifted, 32 - count);
    }

    /** Hands over the operand if it is a vector, else one that is free again behind it. */
    void in(Operand operand, Consumer<Vec> body) {
        if (operand instanceof Vec vector) {
            body.accept(vector);
        } else {
            with(body);
        }
    }

    /** Vectors that nobody uses. */
    int spare() {
        return free.cardinality();
    }

    /**
     * {@code target |= source & mask}.
     *
     * @param spare may be overwritten; may be the source
     */
    void orMasked(Vec target, Vec source, Operand mask, Vec spare) {
        switch (lanes) {
            case SIXTEEN -> a.op(VPTERNLOGD, target, source, mask, 0xF8);
            case EIGHT -> {
                a.op(VPAND, spare, source, mask);
                a.op(VPOR, target, target, spare);
            }
        }
    }

    /** Whole numbers times a factor, f32. */
    void scaled(Vec target, Vec whole, Vec factor) {
        a.op(VCVTDQ2PS, target, whole);
        a.op(VMULPS, target, target, factor);
    }

    private static final byte[] LOW_THEN_HIGH_WORDS = {0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15};

    private static final byte[] LOW_WORDS = {0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1};

    static byte[] littleEndian(int value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }

    /** Saves what the caller keeps in registers that it does not expect to change. */
    void enter() {
        for (Gpr gpr : SAVED) {
            a.push(gpr);
        }
    }

    /** Undoes {@link #enter} and returns. */
    void leave() {
        a.vzeroupper();
        for (int i = SAVED.length - 1; i >= 0; i--) {
            a.pop(SAVED[i]);
        }
        a.ret();
    }

    /** Saved by {@link #enter}: six registers, so the stack is 8 bytes off a multiple of 16 less, as at a call. */
    private static final Gpr[] SAVED = {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15};
}
