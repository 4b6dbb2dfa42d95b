package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.puna.kernel.x86.CodePage.Refused;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What the processor can do and the operating system lets it: asked of both, by {@code cpuid} and {@code xgetbv}, since
 * either may lack a thing that the other has.
 *
 * @param name as the processor calls itself
 * @param features what code may use
 */
record Cpu(String name, Set<Feature> features) {

    /** An extension of the instruction set: where cpuid tells of it, and the states that the system must save for it. */
    enum Feature {
        FMA(1, 0, Register.ECX, 12, State.AVX),
        F16C(1, 0, Register.ECX, 29, State.AVX),
        AVX2(7, 0, Register.EBX, 5, State.AVX),
        AVX512F(7, 0, Register.EBX, 16, State.AVX512),
        AVX512DQ(7, 0, Register.EBX, 17, State.AVX512),
        AVX512BW(7, 0, Register.EBX, 30, State.AVX512),
        AVX512VL(7, 0, Register.EBX, 31, State.AVX512),
        AVX512VNNI(7, 0, Register.ECX, 11, State.AVX512),
        AVX512BF16(7, 1, Register.EAX, 5, State.AVX512),
        AMXBF16(7, 0, Register.EDX, 22, State.TILES),
        AMXTILE(7, 0, Register.EDX, 24, State.TILES),
        AMXINT8(7, 0, Register.EDX, 25, State.TILES);

        private final int leaf;
        private final int subleaf;
        private final Register register;
        private final int bit;
        private final State state;

        Feature(int leaf, int subleaf, Register register, int bit, State state) {
            this.leaf = leaf;
            this.subleaf = subleaf;
            this.register = register;
            this.bit = bit;
            this.state = state;
        }
    }

    private enum Register {
        EAX,
        EBX,
        ECX,
        EDX
    }

    /** Bits of XCR0: what the system saves when it changes threads. */
    private enum State {
        AVX(0x06),
        AVX512(0xE6),
        TILES(0x600E6);

        private final long bits;

        State(long bits) {
            this.bits = bits;
        }
    }

    private static final int OSXSAVE = 27;
    private static final long SYSCALL_ARCH_PRCTL = 158;
    private static final long REQUEST_PERMISSION = 0x1023;
    private static final long TILE_DATA = 18;

    /** Asks the processor. */
    static Cpu ask() throws Refused {
        Settings machine = Settings.read();
        if (!machine.isX86()) {
            throw new Refused("the processor is of the kind " + machine.architecture());
        }
        Function cpuid = CodePage.load(cpuid());
        Function xgetbv = CodePage.load(xgetbv());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment four = arena.allocate(16, 16);
            int leaves = ask(cpuid, four, 0, 0)[0];
            boolean saves = (ask(cpuid, four, 1, 0)[Register.ECX.ordinal()] >> OSXSAVE & 1) != 0;
            long saved = saves ? xgetbv.call(0, 0, 0, 0) : 0;
            Set<Feature> features = EnumSet.noneOf(Feature.class);
            for (Feature feature : Feature.values()) {
                if (feature.leaf <= leaves
                        && (ask(cpuid, four, feature.leaf, feature.subleaf)[feature.register.ordinal()] >> feature.bit
                                        & 1)
                                != 0
                        && (saved & feature.state.bits) == feature.state.bits) {
                    features.add(feature);
                }
            }
            return new Cpu(name(cpuid, four), features);
        } finally {
            CodePage.unload(cpuid);
            CodePage.unload(xgetbv);
        }
    }

    /** The features of {@code needed} that are not here. */
    List<Feature> lacks(Set<Feature> needed) {
        List<Feature> missing = new ArrayList<>(needed);
        missing.removeAll(features);
        return missing;
    }

    /** Asks the system to let this process use tiles; without leave the first tile instruction would end it. */
    static boolean requestTiles() {
        if (!Settings.read().isLinux()) {
            return false;
        }
        Function syscall = Function.ofLibrary("syscall");
        return syscall.call(SYSCALL_ARCH_PRCTL, REQUEST_PERMISSION, TILE_DATA, 0) == 0;
    }

    private static String name(Function cpuid, MemorySegment four) {
        int first = 0x80000002;
        if (Integer.compareUnsigned(ask(cpuid, four, 0x80000000, 0)[0], first + 2) < 0) {
            return "unnamed";
        }
        StringBuilder name = new StringBuilder();
        for (int leaf = first; leaf < first + 3; leaf++) {
            for (int register : ask(cpuid, four, leaf, 0)) {
                for (int shift = 0; shift < 32; shift += 8) {
                    name.append((char) (register >> shift & 0x7F));
                }
            }
        }
        return name.toString().replace('\0', ' ').strip();
    }

    private static int[] ask(Function cpuid, MemorySegment four, int leaf, int subleaf) {
        cpuid.call(four.address(), leaf, subleaf, 0);
        return four.toArray(JAVA_INT);
    }

    /** {@code cpuid(four, leaf, subleaf)}. */
    private static byte[] cpuid() {
        Assembler a = new Assembler();
        a.push(Gpr.RBX); // cpuid overwrites it, and it is the caller's
        a.mov(Gpr.RAX, Gpr.RSI);
        a.mov(Gpr.RCX, Gpr.RDX);
        a.cpuid();
        a.store32(Mem.at(Gpr.RDI), Gpr.RAX);
        a.store32(Mem.at(Gpr.RDI, 4), Gpr.RBX);
        a.store32(Mem.at(Gpr.RDI, 8), Gpr.RCX);
        a.store32(Mem.at(Gpr.RDI, 12), Gpr.RDX);
        a.pop(Gpr.RBX);
        a.ret();
        return a.finish();
    }

    /** {@code xgetbv()}: XCR0. */
    private static byte[] xgetbv() {
        Assembler a = new Assembler();
        a.mov(Gpr.RCX, 0);
        a.xgetbv();
        a.shl(Gpr.RDX, 32);
        a.or(Gpr.RAX, Gpr.RDX);
        a.ret();
        return a.finish();
    }
}
