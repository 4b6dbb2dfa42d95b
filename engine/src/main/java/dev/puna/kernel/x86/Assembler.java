package dev.puna.kernel.x86;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes x86-64 machine code: the general instructions a kernel's loops need, every vector instruction of {@link Op}, and
 * tiles. A vector instruction is encoded with VEX where that can say it, else with EVEX. Operands come in the order of
 * Intel's manuals, destination first.
 */
class Assembler {
    private static final int NONE = 0;

    private byte[] code = new byte[1024];
    private int size;
    private final List<Fixup> fixups = new ArrayList<>();
    /** By content, a character for each byte. */
    private final Map<String, Label> constants = new LinkedHashMap<>();

    /** Four bytes at {@code position} that are to hold the distance from {@code from} to a label. */
    private record Fixup(int position, int from, Label label) {}

    /** The finished code: constants behind the instructions, every label's distance filled in. */
    byte[] finish() {
        constants.forEach((bytes, label) -> {
            align(Math.min(64, bytes.length()));
            bind(label);
            for (byte b : bytes.getBytes(ISO_8859_1)) {
                put8(b);
            }
        });
        for (Fixup fixup : fixups) {
            patch32(fixup.position, fixup.label.position() - fixup.from);
        }
        return Arrays.copyOf(code, size);
    }

    int size() {
        return size;
    }

    // Places

    void bind(Label label) {
        label.bind(size);
    }

    /** A new label, here. */
    Label here() {
        Label label = new Label();
        bind(label);
        return label;
    }

    /** Fills up with no-operations, each as long as can be, to a multiple of {@code bytes}. */
    void align(int bytes) {
        int gap = -size & bytes - 1;
        while (gap > 0) {
            int length = Math.min(gap, 9);
            // nop of 1, 2 and 3 to 9 bytes: 90; 66 90; 0F 1F with ever longer operands
            switch (length) {
                case 1 -> put(0x90);
                case 2 -> put(0x66, 0x90);
                case 3 -> put(0x0F, 0x1F, 0x00);
                case 4 -> put(0x0F, 0x1F, 0x40, 0);
                case 5 -> put(0x0F, 0x1F, 0x44, 0, 0);
                case 6 -> put(0x66, 0x0F, 0x1F, 0x44, 0, 0);
                case 7 -> put(0x0F, 0x1F, 0x80, 0, 0, 0, 0);
                case 8 -> put(0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0);
                default -> put(0x66, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0);
            }
            gap -= length;
        }
    }

    /** The address of a constant that will lie behind the code; its length is a power of two, and so it is aligned. */
    Mem constant(byte[] bytes) {
        assert Integer.bitCount(bytes.length) == 1;
        return Mem.at(constants.computeIfAbsent(new String(bytes, ISO_8859_1), _ -> new Label()));
    }

    // General registers, 64 bits unless said

    void mov(Gpr target, Gpr source) {
        general(0x89, source, target);
    }

    /** Shortest of three encodings: zero-extended 32 bits, sign-extended 32 bits, 64 bits. */
    void mov(Gpr target, long value) {
        if (value >>> 32 == 0) {
            rex(false, NONE, NONE, target.ordinal());
            put(0xB8 | target.ordinal() & 7);
            put32((int) value);
        } else if (value == (int) value) {
            rex(true, NONE, NONE, target.ordinal());
            put(0xC7);
            modrm(0, target.ordinal());
            put32((int) value);
        } else {
            rex(true, NONE, NONE, target.ordinal());
            put(0xB8 | target.ordinal() & 7);
            put32((int) value);
            put32((int) (value >> 32));
        }
    }

    void load(Gpr target, Mem source) {
        general(0x8B, target, source);
    }

    void store(Mem target, Gpr source) {
        general(0x89, source, target);
    }

    /** Loads 32 bits, zero-extended. */
    void load32(Gpr target, Mem source) {
        rex(false, target.ordinal(), source);
        put(0x8B);
        modrm(target.ordinal(), source, 1, 0);
    }

    /** Stores the low 32 bits. */
    void store32(Mem target, Gpr source) {
        rex(false, source.ordinal(), target);
        put(0x89);
        modrm(source.ordinal(), target, 1, 0);
    }

    /** Stores the low 16 bits. */
    void store16(Mem target, Gpr source) {
        put(0x66);
        rex(false, source.ordinal(), target);
        put(0x89);
        modrm(source.ordinal(), target, 1, 0);
    }

    /** Stores the low 8 bits of one of the first four registers, which need no prefix for that. */
    void store8(Mem target, Gpr source) {
        assert source.ordinal() < 4 : source;
        rex(false, source.ordinal(), target);
        put(0x88);
        modrm(source.ordinal(), target, 1, 0);
    }

    /** Loads 16 bits, zero-extended. */
    void load16(Gpr target, Mem source) {
        rex(false, target.ordinal(), source);
        put(0x0F, 0xB7);
        modrm(target.ordinal(), source, 1, 0);
    }

    /** Loads 8 bits, zero-extended. */
    void load8(Gpr target, Mem source) {
        rex(false, target.ordinal(), source);
        put(0x0F, 0xB6);
        modrm(target.ordinal(), source, 1, 0);
    }

    void lea(Gpr target, Mem address) {
        general(0x8D, target, address);
    }

    void add(Gpr target, Gpr source) {
        general(0x01, source, target);
    }

    void add(Gpr target, Mem source) {
        general(0x03, target, source);
    }

    void add(Gpr target, int value) {
        arithmetic(0, target, value);
    }

    void sub(Gpr target, Gpr source) {
        general(0x29, source, target);
    }

    void sub(Gpr target, int value) {
        arithmetic(5, target, value);
    }

    void and(Gpr target, int value) {
        arithmetic(4, target, value);
    }

    void or(Gpr target, Gpr source) {
        general(0x09, source, target);
    }

    void xor(Gpr target, Gpr source) {
        general(0x31, source, target);
    }

    void cmp(Gpr left, Gpr right) {
        general(0x39, right, left);
    }

    void cmp(Gpr left, int value) {
        arithmetic(7, left, value);
    }

    void test(Gpr left, Gpr right) {
        general(0x85, right, left);
    }

    void imul(Gpr target, Gpr source) {
        rex(true, target.ordinal(), NONE, source.ordinal());
        put(0x0F, 0xAF);
        modrm(target.ordinal(), source.ordinal());
    }

    void imul(Gpr target, Gpr source, int value) {
        general(0x69, source, target, value);
    }

    void shl(Gpr target, int bits) {
        shift(4, target, bits);
    }

    void shr(Gpr target, int bits) {
        shift(5, target, bits);
    }

    void dec(Gpr target) {
        rex(true, NONE, NONE, target.ordinal());
        put(0xFF);
        modrm(1, target.ordinal());
    }

    void push(Gpr source) {
        rex(false, NONE, NONE, source.ordinal());
        put(0x50 | source.ordinal() & 7);
    }

    void pop(Gpr target) {
        rex(false, NONE, NONE, target.ordinal());
        put(0x58 | target.ordinal() & 7);
    }

    /** When a jump is taken; its ordinal is no number of the encoding. */
    enum Condition {
        BELOW(2),
        NOT_BELOW(3),
        ZERO(4),
        NOT_ZERO(5),
        LESS(12),
        NOT_LESS(13),
        NOT_GREATER(14),
        GREATER(15);

        private final int code;

        Condition(int code) {
            this.code = code;
        }
    }

    /** Jumps to {@code label} if {@code condition} holds. */
    void jump(Condition condition, Label label) {
        put(0x0F, 0x80 | condition.code);
        distance(label);
    }

    void jump(Label label) {
        put(0xE9);
        distance(label);
    }

    void ret() {
        put(0xC3);
    }

    void cpuid() {
        put(0x0F, 0xA2);
    }

    void xgetbv() {
        put(0x0F, 0x01, 0xD0);
    }

    /** How near to the core prefetched memory is to come. */
    enum Hint {
        NTA,
        T0,
        T1,
        T2
    }

    void prefetch(Hint hint, Mem address) {
        rex(false, NONE, address);
        put(0x0F, 0x18);
        modrm(hint.ordinal(), address, 1, 0);
    }

    // Masks: VEX.L0.0F 92 /r

    /** The low 16 bits of a register. */
    void kmovw(Mask target, Gpr source) {
        vex(NONE, target.number(), NONE, 0, NONE, source.ordinal(), 0, 1, 0);
        put(0x92);
        modrm(target.number(), source.ordinal());
    }

    /** The low 32 bits of a register. */
    void kmovd(Mask target, Gpr source) {
        vex(NONE, target.number(), NONE, 0, NONE, source.ordinal(), 3, 1, 0);
        put(0x92);
        modrm(target.number(), source.ordinal());
    }

    void kmovq(Mask target, Gpr source) {
        vex(1, target.number(), NONE, 0, NONE, source.ordinal(), 3, 1, 0);
        put(0x92);
        modrm(target.number(), source.ordinal());
    }

    // Vectors

    void vzeroupper() {
        put(0xC5, 0xF8, 0x77);
    }

    /** Destination and one source, or destination and source of a store. */
    void op(Op op, Operand target, Operand source) {
        vector(op, target, null, source, null);
    }

    void op(Op op, Operand target, Operand source, int immediate) {
        vector(op, target, null, source, immediate);
    }

    void op(Op op, Vec target, Vec first, Operand second) {
        vector(op, target, first, second, null);
    }

    void op(Op op, Vec target, Vec first, Operand second, int immediate) {
        vector(op, target, first, second, immediate);
    }

    void op(Op op, Mask target, Vec first, Operand second) {
        vector(op, target, first, second, null);
    }

    // Tiles: VEX.128.0F38.W0

    void ldtilecfg(Mem source) {
        tile(0, 0, 0x49, 0, 0, source);
    }

    void tilerelease() {
        tile(0, 0, 0x49, 0, 0, 0);
    }

    void tilezero(Tile target) {
        tile(3, 0, 0x49, target.number(), 0, 0);
    }

    /** {@code source}: first row at base + displacement, rows as far apart as the index says. */
    void tileloadd(Tile target, Mem source) {
        tile(3, 0, 0x4B, target.number(), 0, source);
    }

    /** As {@link #tileloadd}, for memory not soon used again. */
    void tileloaddt1(Tile target, Mem source) {
        tile(1, 0, 0x4B, target.number(), 0, source);
    }

    void tilestored(Mem target, Tile source) {
        tile(2, 0, 0x4B, source.number(), 0, target);
    }

    void tdpbf16ps(Tile sum, Tile left, Tile right) {
        tile(2, 0, 0x5C, sum.number(), right.number(), left.number());
    }

    // Encodings

    private void vector(Op op, Operand target, @Nullable Vec first, Operand last, @Nullable Integer immediate) {
        Operand reg = op.form == Op.Form.MR ? last : target;
        Operand rm = op.form == Op.Form.MR ? target : last;
        int bytes = Math.max(bytes(target), Math.max(first == null ? 0 : first.bytes(), bytes(last)));
        Mem mem = rm instanceof Mem m ? m : null;
        Vec masked = target instanceof Vec v ? v : null;
        boolean broadcast = mem != null && mem.broadcast();
        boolean evex = op.vexW < 0
                || bytes == 64
                || number(target) > 15
                || number(last) > 15
                || (first != null && first.number() > 15)
                || broadcast
                || (masked != null && masked.mask() != 0);
        assert (evex ? op.evexW : op.vexW) >= 0 : op + " has no such encoding";
        assert !broadcast || op.broadcastBytes > 0 : op + " cannot broadcast";
        assert mem == null || op.form != Op.Form.VM : op + " of memory";
        int regField = op.form == Op.Form.VM ? op.digit : number(reg);
        int vField = op.form == Op.Form.VM ? number(target) : first == null ? 0 : first.number();
        int length = bytes == 64 ? 2 : bytes == 32 ? 1 : 0;
        int index = mem == null || mem.index() == null ? 0 : mem.index().ordinal();
        int base =
                mem == null ? number(rm) : mem.base() == null ? 0 : mem.base().ordinal();
        int unit = 1;
        if (evex) {
            evex(op, regField, vField, mem == null ? base >> 4 : index >> 3, base >> 3 & 1, length, broadcast, masked);
            unit = broadcast ? op.broadcastBytes : op.memoryBytes(Math.max(16, bytes));
        } else {
            vex(op.vexW, regField, vField, length, index, base, op.prefix, op.map, 0);
        }
        put(op.opcode);
        if (mem == null) {
            modrm(regField, base);
        } else {
            modrm(regField, mem, unit, immediate == null ? 0 : 1);
        }
        if (immediate != null) {
            put(immediate & 0xFF);
        }
    }

    private static int number(Operand operand) {
        return switch (operand) {
            case Gpr gpr -> gpr.ordinal();
            case Vec vec -> vec.number();
            case Mask mask -> mask.number();
            case Tile tile -> tile.number();
            case Mem _ -> 0;
        };
    }

    private static int bytes(Operand operand) {
        return operand instanceof Vec vec ? vec.bytes() : 0;
    }

    /** Two bytes where they suffice: no extension of index or base, map 0F, W 0. */
    private void vex(int w, int reg, int v, int length, int index, int base, int prefix, int map, int least) {
        int last = (~v & 15) << 3 | length << 2 | prefix;
        if (index < 8 && base < 8 && map == 1 && w == 0 && least < 3) {
            put(0xC5, (reg < 8 ? 0x80 : 0) | last);
        } else {
            put(0xC4, (reg < 8 ? 0x80 : 0) | (index < 8 ? 0x40 : 0) | (base < 8 ? 0x20 : 0) | map, w << 7 | last);
        }
    }

    private void evex(Op op, int reg, int v, int x, int b, int length, boolean broadcast, @Nullable Vec masked) {
        int mask = masked == null ? 0 : masked.mask();
        boolean zero = masked != null && masked.zero();
        put(
                0x62,
                ((reg & 8) == 0 ? 0x80 : 0)
                        | (x == 0 ? 0x40 : 0)
                        | (b == 0 ? 0x20 : 0)
                        | ((reg & 16) == 0 ? 0x10 : 0)
                        | op.map,
                op.evexW << 7 | (~v & 15) << 3 | 4 | op.prefix,
                (zero ? 0x80 : 0) | length << 5 | (broadcast ? 0x10 : 0) | ((v & 16) == 0 ? 8 : 0) | mask);
    }

    private void tile(int prefix, int w, int opcode, int reg, int v, int rm) {
        vex(w, reg, v, 0, NONE, rm, prefix, 2, 3);
        put(opcode);
        modrm(reg, rm);
    }

    private void tile(int prefix, int w, int opcode, int reg, int v, Mem mem) {
        vex(w, reg, v, 0, mem.indexNumber(), mem.baseNumber(), prefix, 2, 3);
        put(opcode);
        modrm(reg, mem, 1, 0);
    }

    private void general(int opcode, Gpr reg, Gpr rm) {
        rex(true, reg.ordinal(), NONE, rm.ordinal());
        put(opcode);
        modrm(reg.ordinal(), rm.ordinal());
    }

    private void general(int opcode, Gpr rm, Gpr reg, int immediate) {
        general(opcode, reg, rm);
        put32(immediate);
    }

    private void general(int opcode, Gpr reg, Mem mem) {
        rex(true, reg.ordinal(), mem);
        put(opcode);
        modrm(reg.ordinal(), mem, 1, 0);
    }

    private void arithmetic(int digit, Gpr target, int value) {
        rex(true, NONE, NONE, target.ordinal());
        if (value == (byte) value) {
            put(0x83);
            modrm(digit, target.ordinal());
            put8((byte) value);
        } else {
            put(0x81);
            modrm(digit, target.ordinal());
            put32(value);
        }
    }

    private void shift(int digit, Gpr target, int bits) {
        rex(true, NONE, NONE, target.ordinal());
        put(0xC1);
        modrm(digit, target.ordinal());
        put8((byte) bits);
    }

    private void rex(boolean wide, int reg, Mem mem) {
        rex(wide, reg, mem.indexNumber(), mem.baseNumber());
    }

    private void rex(boolean wide, int reg, int index, int base) {
        int rex = 0x40 | (wide ? 8 : 0) | (reg > 7 ? 4 : 0) | (index > 7 ? 2 : 0) | (base > 7 ? 1 : 0);
        if (rex != 0x40) {
            put(rex);
        }
    }

    private void modrm(int reg, int rm) {
        put(0xC0 | (reg & 7) << 3 | rm & 7);
    }

    /**
     * @param unit what a displacement of one byte counts in
     * @param behind bytes of the instruction behind the displacement
     */
    private void modrm(int reg, Mem mem, int unit, int behind) {
        int regBits = (reg & 7) << 3;
        Label label = mem.label();
        if (label != null) {
            put(regBits | 5);
            fixups.add(new Fixup(size, size + 4 + behind - mem.displacement(), label));
            put32(0);
            return;
        }
        int base = mem.baseNumber() & 7;
        int displacement = mem.displacement();
        boolean sib = mem.index() != null || base == 4;
        boolean small = displacement % unit == 0 && displacement / unit == (byte) (displacement / unit);
        int mode = displacement == 0 && base != 5 ? 0 : small ? 1 : 2;
        put(mode << 6 | regBits | (sib ? 4 : base));
        if (sib) {
            int index = mem.index() == null ? 4 : mem.indexNumber() & 7;
            put(Integer.numberOfTrailingZeros(mem.scale()) << 6 | index << 3 | base);
        }
        if (mode == 1) {
            put8((byte) (displacement / unit));
        } else if (mode == 2) {
            put32(displacement);
        }
    }

    private void distance(Label label) {
        fixups.add(new Fixup(size, size + 4, label));
        put32(0);
    }

    private void put(int... bytes) {
        for (int b : bytes) {
            put8((byte) b);
        }
    }

    private void put8(byte b) {
        if (size == code.length) {
            code = Arrays.copyOf(code, 2 * size);
        }
        code[size++] = b;
    }

    private void put32(int value) {
        for (int i = 0; i < 4; i++) {
            put8((byte) (value >> 8 * i));
        }
    }

    private void patch32(int at, int value) {
        for (int i = 0; i < 4; i++) {
            code[at + i] = (byte) (value >> 8 * i);
        }
    }
}
