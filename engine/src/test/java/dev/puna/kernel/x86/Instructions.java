package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R12;
import static dev.puna.kernel.x86.Gpr.R13;
import static dev.puna.kernel.x86.Gpr.R15;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Gpr.RBP;
import static dev.puna.kernel.x86.Gpr.RBX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Gpr.RSP;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/** Instructions with their spelling in Intel's syntax, as GNU objdump writes it and GNU as reads it. */
final class Instructions {

    /** One instruction. */
    record Case(String text, byte[] bytes) {
        static Case of(String text, Consumer<Assembler> write) {
            Assembler assembler = new Assembler();
            write.accept(assembler);
            return new Case(text, assembler.finish());
        }
    }

    private static final List<Mem> ADDRESSES = List.of(
            Mem.at(RAX),
            Mem.at(RSP, 64),
            Mem.at(R13),
            Mem.at(R12, RDX, 4, -128),
            Mem.at(RBP, R9, 8, 0x1240),
            Mem.at(R15, R10, 1, 0x33));

    /** Asks GNU as for the encoding whose destination is ModRM.reg. */
    static final String LOAD = "{load} ";

    private Instructions() {}

    /** Every vector instruction in every width and encoding, with each kind of operand, registers of each range. */
    static List<Case> vectors() {
        List<Case> cases = new ArrayList<>();
        for (Op op : Op.values()) {
            int round = op.ordinal();
            for (int bytes : widths(op)) {
                boolean[] kinds = {op.vexW >= 0 && bytes < 64, op.evexW >= 0};
                for (int kind = 0; kind < 2; kind++) {
                    if (!kinds[kind]) {
                        continue;
                    }
                    int[] registers = kind == 0 ? new int[] {1, 2, 9, 14} : new int[] {3, 17, 30, 12};
                    for (int i = 0; i < 2; i++) {
                        int[] r = rotated(registers, i + (kind == 1 ? 1 : 0));
                        cases.add(vector(op, bytes, r[0], r[1], register(op, bytes, r[2]), 0, false, round));
                        if (takesMemory(op)) {
                            Mem address = ADDRESSES.get(round++ % ADDRESSES.size());
                            cases.add(vector(op, bytes, r[0], r[1], address, 0, false, round));
                        }
                    }
                    if (kind == 1 && op.broadcastBytes > 0 && op.form != Op.Form.VM) {
                        Mem address = ADDRESSES.get(round++ % ADDRESSES.size()).toAll();
                        cases.add(vector(op, bytes, 5, 22, address, 0, false, round));
                    }
                    if (kind == 1 && bytes == 64 && op.form == Op.Form.RVM && op != Op.VPTESTMD) {
                        cases.add(vector(op, bytes, 6, 7, register(op, bytes, 8), 1 + round % 7, false, round));
                        cases.add(vector(op, bytes, 26, 7, register(op, bytes, 8), 1 + round % 7, true, round));
                    }
                }
            }
        }
        return cases;
    }

    /** A vector instruction with operands by chance. */
    static Case random(RandomGenerator random) {
        while (true) {
            Op op = Op.values()[random.nextInt(Op.values().length)];
            List<Integer> widths = widths(op);
            int bytes = widths.get(random.nextInt(widths.size()));
            boolean evex = op.evexW >= 0 && (op.vexW < 0 || bytes == 64 || random.nextBoolean());
            if (!evex && (op.vexW < 0 || bytes == 64)) {
                continue;
            }
            int limit = evex ? 32 : 16;
            boolean memory = takesMemory(op) && random.nextBoolean();
            Mem address = address(random);
            if (evex && op.broadcastBytes > 0 && random.nextInt(3) == 0) {
                address = address.toAll();
            }
            int third = random.nextInt(gpr(op) ? 16 : limit);
            return vector(
                    op,
                    bytes,
                    random.nextInt(limit),
                    random.nextInt(limit),
                    memory ? address : register(op, bytes, third),
                    0,
                    false,
                    random.nextInt());
        }
    }

    private static Mem address(RandomGenerator random) {
        Gpr base = Gpr.values()[random.nextInt(16)];
        Gpr index = Gpr.values()[random.nextInt(16)];
        int displacement = switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> random.nextInt(-128, 128);
            case 2 -> random.nextInt(-130, 130) * 32;
            default -> random.nextInt();
        };
        return index == RSP || random.nextBoolean()
                ? Mem.at(base, displacement)
                : Mem.at(base, index, 1 << random.nextInt(4), displacement);
    }

    private static Case vector(
            Op op, int bytes, int first, int second, Operand last, int mask, boolean zero, int seed) {
        boolean store = op.form == Op.Form.MR;
        boolean toMask = op == Op.VPTESTMD;
        Operand a = toMask ? new Mask(1 + first % 7) : new Vec(first, store ? bytes : target(op, bytes), 0, false);
        Operand target = store ? last : a;
        Operand source = store ? a : last;
        if (mask != 0) {
            target = zero ? ((Vec) target).orZeroWhere(new Mask(mask)) : ((Vec) target).where(new Mask(mask));
        }
        Vec middle = new Vec(second, bytes, 0, false);
        Integer immediate = immediate(op) ? seed & (op.form == Op.Form.VM ? 7 : 1) : null;
        boolean three = op.form == Op.Form.RVM;
        Operand written = target;
        Consumer<Assembler> write = three
                ? immediate == null
                        ? a1 -> of(a1, op, written, middle, source)
                        : a1 -> a1.op(op, (Vec) written, middle, source, immediate)
                : immediate == null ? a1 -> a1.op(op, written, source) : a1 -> a1.op(op, written, source, immediate);
        Assembler assembler = new Assembler();
        write.accept(assembler);
        byte[] code = assembler.finish();
        boolean evex = code[0] == 0x62;
        StringBuilder text = new StringBuilder(evex ? op.evexName : op.vexName).append(' ');
        if (op.name().startsWith("VMOV") && last instanceof Vec) {
            text.insert(0, LOAD); // between registers GNU as takes whichever of two encodings is shorter
        }
        text.append(operand(op, bytes, target)).append(',');
        if (three) {
            text.append(middle).append(',');
        }
        text.append(operand(op, bytes, source));
        if (immediate != null) {
            text.append(",0x").append(Integer.toHexString(immediate));
        }
        return new Case(text.toString(), code);
    }

    private static void of(Assembler assembler, Op op, Operand target, Vec first, Operand second) {
        if (target instanceof Mask mask) {
            assembler.op(op, mask, first, second);
        } else {
            assembler.op(op, (Vec) target, first, second);
        }
    }

    private static boolean immediate(Op op) {
        return op.form == Op.Form.VM
                || switch (op) {
                    case VINSERTI128,
                            VINSERTI64X4,
                            VEXTRACTI128,
                            VEXTRACTI64X4,
                            VPINSRB,
                            VPINSRW,
                            VPINSRD,
                            VPSHUFD,
                            VSHUFPS,
                            VPALIGNR,
                            VPBLENDD,
                            VPBLENDW,
                            VPERM2I128,
                            VPERMQ,
                            VSHUFI32X4,
                            VPTERNLOGD,
                            VROUNDPS,
                            VRNDSCALEPS,
                            VCVTPS2PH -> true;
                    default -> false;
                };
    }

    /** Shifts and narrowing to BF16 are used on registers only: of memory they would need the width said. */
    private static boolean takesMemory(Op op) {
        return op.form != Op.Form.VM && op != Op.VCVTNEPS2BF16;
    }

    private static boolean gpr(Op op) {
        return switch (op) {
            case VMOVD, VMOVD_STORE, VPINSRB, VPINSRW, VPINSRD -> true;
            default -> false;
        };
    }

    private static List<Integer> widths(Op op) {
        return switch (op) {
            case VMOVD, VMOVD_STORE, VMOVQ, VMOVQ_STORE, VMOVSS, VMOVSS_STORE, VPINSRB, VPINSRW, VPINSRD -> List.of(16);
            case VADDSS, VSUBSS, VMULSS, VDIVSS, VMINSS, VMAXSS, VSQRTSS, VFMADD231SS -> List.of(16);
            case VBROADCASTI128, VINSERTI128, VEXTRACTI128, VPERMQ, VPERMD, VSHUFI32X4 -> List.of(32, 64);
            case VPERM2I128 -> List.of(32);
            case VBROADCASTI64X4, VINSERTI64X4, VEXTRACTI64X4 -> List.of(64);
            default -> op.evexW < 0 ? List.of(16, 32) : List.of(16, 32, 64);
        };
    }

    /** Bytes of the destination where the instruction is one of vectors of {@code bytes}. */
    private static int target(Op op, int bytes) {
        return op == Op.VCVTNEPS2BF16 ? Math.max(16, bytes / 2) : bytes;
    }

    /** The last operand (of a store the first) as a register; vmovss has none of that form. */
    private static Operand register(Op op, int bytes, int number) {
        int narrow = switch (op) {
            case VEXTRACTI64X4, VINSERTI64X4 -> 32;
            default -> Math.max(16, Math.min(bytes, op.memoryBytes(bytes)));
        };
        return switch (op) {
            case VMOVD, VMOVD_STORE, VPINSRB, VPINSRW, VPINSRD -> Gpr.values()[number % 16];
            case VMOVSS, VBROADCASTI128, VBROADCASTI64X4 -> ADDRESSES.get(number % ADDRESSES.size());
            case VMOVUPS_STORE, VMOVDQU_STORE, VMOVDQU8_STORE, VMOVDQU16_STORE, VMOVQ_STORE, VMOVSS_STORE ->
                ADDRESSES.get(number % ADDRESSES.size());
            default -> new Vec(number, narrow, 0, false);
        };
    }

    private static String operand(Op op, int bytes, Operand operand) {
        return switch (operand) {
            case Gpr gpr -> narrow(gpr);
            case Mem mem ->
                (mem.broadcast()
                                ? (op.broadcastBytes == 8 ? "QWORD" : "DWORD") + " BCST "
                                : size(op.memoryBytes(bytes)))
                        + address(mem);
            default -> operand.toString();
        };
    }

    private static String size(int bytes) {
        return switch (bytes) {
            case 1 -> "BYTE PTR ";
            case 2 -> "WORD PTR ";
            case 4 -> "DWORD PTR ";
            case 8 -> "QWORD PTR ";
            case 16 -> "XMMWORD PTR ";
            case 32 -> "YMMWORD PTR ";
            default -> "ZMMWORD PTR ";
        };
    }

    private static String address(Mem mem) {
        int displacement = mem.displacement();
        boolean sib = mem.base() == RBP || mem.base() == R13;
        return "[" + mem.base()
                + (mem.index() == null ? "" : "+" + mem.index() + "*" + mem.scale())
                + (displacement < 0
                        ? "-0x" + Long.toHexString(-(long) displacement)
                        : displacement > 0 || sib ? "+0x" + Integer.toHexString(displacement) : "")
                + "]";
    }

    /** The low half's name. */
    private static String narrow(Gpr gpr) {
        String name = gpr.name().toLowerCase(Locale.ROOT);
        return gpr.ordinal() < 8 ? "e" + name.substring(1) : name + "d";
    }

    private static int[] rotated(int[] registers, int by) {
        int[] turned = new int[registers.length];
        for (int i = 0; i < turned.length; i++) {
            turned[i] = registers[(i + by) % registers.length];
        }
        return turned;
    }

    /** General instructions, masks and tiles. */
    static List<Case> others() {
        List<Case> cases = new ArrayList<>();
        for (Gpr gpr : List.of(RAX, RSP, RDI, R8, R13)) {
            Gpr other = gpr == RSP ? RBX : RCX;
            cases.add(Case.of("mov " + gpr + "," + other, a -> a.mov(gpr, other)));
            cases.add(Case.of("mov " + other + "," + gpr, a -> a.mov(other, gpr)));
            cases.add(Case.of("mov " + narrow(gpr) + ",0x12345678", a -> a.mov(gpr, 0x12345678L)));
            cases.add(Case.of("mov " + gpr + ",0xffffffffffffff85", a -> a.mov(gpr, -123L)));
            cases.add(Case.of("movabs " + gpr + ",0x123456789abcdef0", a -> a.mov(gpr, 0x123456789ABCDEF0L)));
            binary(cases, "add", gpr, other, Assembler::add, Assembler::add);
            binary(cases, "sub", gpr, other, Assembler::sub, Assembler::sub);
            binary(cases, "cmp", gpr, other, Assembler::cmp, Assembler::cmp);
            cases.add(Case.of("and " + gpr + ",0x3f", a -> a.and(gpr, 0x3F)));
            cases.add(Case.of("or " + gpr + "," + other, a -> a.or(gpr, other)));
            cases.add(Case.of("xor " + gpr + "," + other, a -> a.xor(gpr, other)));
            cases.add(Case.of("test " + gpr + "," + other, a -> a.test(gpr, other)));
            cases.add(Case.of("imul " + gpr + "," + other, a -> a.imul(gpr, other)));
            cases.add(Case.of("imul " + gpr + "," + other + ",0x12345", a -> a.imul(gpr, other, 0x12345)));
            cases.add(Case.of("shl " + gpr + ",0x5", a -> a.shl(gpr, 5)));
            cases.add(Case.of("shr " + gpr + ",0x21", a -> a.shr(gpr, 33)));
            cases.add(Case.of("dec " + gpr, a -> a.dec(gpr)));
            cases.add(Case.of("push " + gpr, a -> a.push(gpr)));
            cases.add(Case.of("pop " + gpr, a -> a.pop(gpr)));
            if (gpr != RSP) {
                cases.add(Case.of("kmovw k3," + narrow(gpr), a -> a.kmovw(new Mask(3), gpr)));
                cases.add(Case.of("kmovd k7," + narrow(gpr), a -> a.kmovd(new Mask(7), gpr)));
                cases.add(Case.of("kmovq k1," + gpr, a -> a.kmovq(new Mask(1), gpr)));
            }
        }
        for (Mem mem : ADDRESSES) {
            String at = address(mem);
            cases.add(Case.of("mov rdx,QWORD PTR " + at, a -> a.load(RDX, mem)));
            cases.add(Case.of("mov QWORD PTR " + at + ",r9", a -> a.store(mem, R9)));
            cases.add(Case.of("mov r10d,DWORD PTR " + at, a -> a.load32(R10, mem)));
            cases.add(Case.of("mov DWORD PTR " + at + ",esi", a -> a.store32(mem, RSI)));
            cases.add(Case.of("mov WORD PTR " + at + ",r10w", a -> a.store16(mem, R10)));
            cases.add(Case.of("mov BYTE PTR " + at + ",al", a -> a.store8(mem, RAX)));
            cases.add(Case.of("movzx ecx,WORD PTR " + at, a -> a.load16(RCX, mem)));
            cases.add(Case.of("movzx r8d,BYTE PTR " + at, a -> a.load8(R8, mem)));
            cases.add(Case.of("lea r12," + at, a -> a.lea(R12, mem)));
            cases.add(Case.of("add rbx,QWORD PTR " + at, a -> a.add(RBX, mem)));
            for (Assembler.Hint hint : Assembler.Hint.values()) {
                String name = "prefetch" + hint.name().toLowerCase(Locale.ROOT);
                cases.add(Case.of(name + " BYTE PTR " + at, a -> a.prefetch(hint, mem)));
            }
        }
        cases.add(Case.of("ret", Assembler::ret));
        cases.add(Case.of("cpuid", Assembler::cpuid));
        cases.add(Case.of("xgetbv", Assembler::xgetbv));
        cases.add(Case.of("vzeroupper", Assembler::vzeroupper));
        tiles(cases);
        return cases;
    }

    private static void tiles(List<Case> cases) {
        cases.add(Case.of("tilerelease", Assembler::tilerelease));
        cases.add(Case.of("ldtilecfg [rdi+0xc0]", a -> a.ldtilecfg(Mem.at(RDI, 0xC0))));
        cases.add(Case.of("ldtilecfg [r12]", a -> a.ldtilecfg(Mem.at(R12))));
        for (int i = 0; i < 8; i += 3) {
            Tile t = new Tile(i);
            Tile u = new Tile(7 - i);
            Tile v = new Tile((i + 5) % 8);
            Mem mem = Mem.at(i == 0 ? RSI : R13, i == 3 ? RCX : R10, 1, i * 0x1000);
            Function<String, String> three = name -> name + " " + t + "," + u + "," + v;
            cases.add(Case.of("tilezero " + t, a -> a.tilezero(t)));
            cases.add(Case.of("tileloadd " + t + "," + address(mem), a -> a.tileloadd(t, mem)));
            cases.add(Case.of("tileloaddt1 " + t + "," + address(mem), a -> a.tileloaddt1(t, mem)));
            cases.add(Case.of("tilestored " + address(mem) + "," + t, a -> a.tilestored(mem, t)));
            cases.add(Case.of(three.apply("tdpbf16ps"), a -> a.tdpbf16ps(t, u, v)));
        }
    }

    @FunctionalInterface
    private interface OfRegisters {
        void write(Assembler assembler, Gpr target, Gpr source);
    }

    @FunctionalInterface
    private interface OfValue {
        void write(Assembler assembler, Gpr target, int value);
    }

    private static void binary(
            List<Case> cases, String name, Gpr gpr, Gpr other, OfRegisters registers, OfValue value) {
        cases.add(Case.of(name + " " + gpr + "," + other, a -> registers.write(a, gpr, other)));
        cases.add(Case.of(name + " " + gpr + ",0x12", a -> value.write(a, gpr, 0x12)));
        if (gpr != RAX) {
            // The accumulator has a shorter form of its own, which is not used.
            cases.add(Case.of(name + " " + gpr + ",0x1234", a -> value.write(a, gpr, 0x1234)));
        }
    }
}
