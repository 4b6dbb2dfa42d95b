package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.Form.MR;
import static dev.puna.kernel.x86.Op.Form.RM;
import static dev.puna.kernel.x86.Op.Form.RVM;
import static dev.puna.kernel.x86.Op.Form.VM;
import static dev.puna.kernel.x86.Op.Memory.EIGHTH;
import static dev.puna.kernel.x86.Op.Memory.FULL;
import static dev.puna.kernel.x86.Op.Memory.HALF;
import static dev.puna.kernel.x86.Op.Memory.QUARTER;

import java.util.Locale;

/**
 * The vector instructions, one row each, as in the manuals' tables: operand form, mandatory prefix (0 none, 1 66, 2 F3,
 * 3 F2), opcode map (1 0F, 2 0F38, 3 0F3A), opcode, then what the VEX and EVEX encodings have in their W bit ({@code -}
 * for no such encoding) and how much memory a memory operand is.
 */
enum Op {
    // Moves
    VMOVUPS(RM, 0, 1, 0x10, "00", FULL),
    VMOVUPS_STORE("vmovups", "vmovups", MR, 0, 1, 0x11, "00", FULL),
    VMOVDQU("vmovdqu", "vmovdqu32", RM, 2, 1, 0x6F, "00", FULL),
    VMOVDQU_STORE("vmovdqu", "vmovdqu32", MR, 2, 1, 0x7F, "00", FULL),
    VMOVDQU8(RM, 3, 1, 0x6F, "-0", FULL),
    VMOVDQU8_STORE("", "vmovdqu8", MR, 3, 1, 0x7F, "-0", FULL),
    VMOVDQU16(RM, 3, 1, 0x6F, "-1", FULL),
    VMOVDQU16_STORE("", "vmovdqu16", MR, 3, 1, 0x7F, "-1", FULL),
    VMOVD(RM, 1, 1, 0x6E, "00", 4),
    VMOVD_STORE("vmovd", "vmovd", MR, 1, 1, 0x7E, "00", 4),
    VMOVQ(RM, 2, 1, 0x7E, "0-", 8),
    VMOVQ_STORE("vmovq", "vmovq", MR, 1, 1, 0xD6, "0-", 8),
    VMOVSS(RM, 2, 1, 0x10, "00", 4),
    VMOVSS_STORE("vmovss", "vmovss", MR, 2, 1, 0x11, "00", 4),

    // One element, or one part, for all lanes
    VBROADCASTSS(RM, 1, 2, 0x18, "00", 4),
    VPBROADCASTB(RM, 1, 2, 0x78, "00", 1),
    VPBROADCASTW(RM, 1, 2, 0x79, "00", 2),
    VPBROADCASTD(RM, 1, 2, 0x58, "00", 4),
    VPBROADCASTQ(RM, 1, 2, 0x59, "01", 8),
    VBROADCASTI128("vbroadcasti128", "vbroadcasti32x4", RM, 1, 2, 0x5A, "00", 16),
    VBROADCASTI64X4(RM, 1, 2, 0x5B, "-1", 32),

    // Parts in and out
    VINSERTI128("vinserti128", "vinserti32x4", RVM, 1, 3, 0x38, "00", 16),
    VINSERTI64X4(RVM, 1, 3, 0x3A, "-1", 32),
    VEXTRACTI128("vextracti128", "vextracti32x4", MR, 1, 3, 0x39, "00", 16),
    VEXTRACTI64X4(MR, 1, 3, 0x3B, "-1", 32),
    VPINSRB(RVM, 1, 3, 0x20, "00", 1),
    VPINSRW(RVM, 1, 1, 0xC4, "00", 2),
    VPINSRD(RVM, 1, 3, 0x22, "00", 4),

    // Shuffles
    VPUNPCKLBW(RVM, 1, 1, 0x60, "00", FULL),
    VPUNPCKHBW(RVM, 1, 1, 0x68, "00", FULL),
    VPUNPCKLWD(RVM, 1, 1, 0x61, "00", FULL),
    VPUNPCKHWD(RVM, 1, 1, 0x69, "00", FULL),
    VPUNPCKLDQ(RVM, 1, 1, 0x62, "00", FULL, 4),
    VPUNPCKHDQ(RVM, 1, 1, 0x6A, "00", FULL, 4),
    VPUNPCKLQDQ(RVM, 1, 1, 0x6C, "01", FULL, 8),
    VPUNPCKHQDQ(RVM, 1, 1, 0x6D, "01", FULL, 8),
    VPSHUFB(RVM, 1, 2, 0x00, "00", FULL),
    VPSHUFD(RM, 1, 1, 0x70, "00", FULL, 4),
    VSHUFPS(RVM, 0, 1, 0xC6, "00", FULL, 4),
    VPALIGNR(RVM, 1, 3, 0x0F, "00", FULL),
    VPBLENDD(RVM, 1, 3, 0x02, "0-", FULL),
    VPBLENDW(RVM, 1, 3, 0x0E, "0-", FULL),
    VPERM2I128(RVM, 1, 3, 0x46, "0-", FULL),
    VPERMQ(RM, 1, 3, 0x00, "11", FULL, 8),
    VPERMD(RVM, 1, 2, 0x36, "00", FULL, 4),
    VPERMW(RVM, 1, 2, 0x8D, "-1", FULL),
    VPERMB(RVM, 1, 2, 0x8D, "-0", FULL),
    VPERMT2W(RVM, 1, 2, 0x7D, "-1", FULL),
    VPERMT2D(RVM, 1, 2, 0x7E, "-0", FULL, 4),
    VPERMT2Q(RVM, 1, 2, 0x7E, "-1", FULL, 8),
    VSHUFI32X4(RVM, 1, 3, 0x43, "-0", FULL, 4),
    VPACKSSWB(RVM, 1, 1, 0x63, "00", FULL),
    VPACKUSWB(RVM, 1, 1, 0x67, "00", FULL),
    VPACKSSDW(RVM, 1, 1, 0x6B, "00", FULL, 4),
    VPACKUSDW(RVM, 1, 2, 0x2B, "00", FULL, 4),
    VPMOVSXBW(RM, 1, 2, 0x20, "00", HALF),
    VPMOVSXBD(RM, 1, 2, 0x21, "00", QUARTER),
    VPMOVSXWD(RM, 1, 2, 0x23, "00", HALF),
    VPMOVZXBW(RM, 1, 2, 0x30, "00", HALF),
    VPMOVZXBD(RM, 1, 2, 0x31, "00", QUARTER),
    VPMOVZXBQ(RM, 1, 2, 0x32, "00", EIGHTH),
    VPMOVZXWD(RM, 1, 2, 0x33, "00", HALF),
    VPMOVDW(MR, 2, 2, 0x33, "-0", HALF),
    VPMOVDB(MR, 2, 2, 0x31, "-0", QUARTER),
    VPMOVWB(MR, 2, 2, 0x30, "-0", HALF),

    // Bits
    VPAND("vpand", "vpandd", RVM, 1, 1, 0xDB, "00", FULL, 4),
    VPANDN("vpandn", "vpandnd", RVM, 1, 1, 0xDF, "00", FULL, 4),
    VPOR("vpor", "vpord", RVM, 1, 1, 0xEB, "00", FULL, 4),
    VPXOR("vpxor", "vpxord", RVM, 1, 1, 0xEF, "00", FULL, 4),
    VPTERNLOGD(RVM, 1, 3, 0x25, "-0", FULL, 4),
    VANDPS(RVM, 0, 1, 0x54, "00", FULL, 4),
    VANDNPS(RVM, 0, 1, 0x55, "00", FULL, 4),
    VORPS(RVM, 0, 1, 0x56, "00", FULL, 4),
    VXORPS(RVM, 0, 1, 0x57, "00", FULL, 4),
    VPSRLW(VM, 2, 1, 0x71, "00", FULL),
    VPSRAW(VM, 4, 1, 0x71, "00", FULL),
    VPSLLW(VM, 6, 1, 0x71, "00", FULL),
    VPSRLD(VM, 2, 1, 0x72, "00", FULL, 4),
    VPSRAD(VM, 4, 1, 0x72, "00", FULL, 4),
    VPSLLD(VM, 6, 1, 0x72, "00", FULL, 4),
    VPSRLQ(VM, 2, 1, 0x73, "01", FULL, 8),
    VPSRLVD(RVM, 1, 2, 0x45, "00", FULL, 4),
    VPSLLVD(RVM, 1, 2, 0x47, "00", FULL, 4),
    VPSRLVW(RVM, 1, 2, 0x10, "-1", FULL),

    // Integers
    VPADDB(RVM, 1, 1, 0xFC, "00", FULL),
    VPADDW(RVM, 1, 1, 0xFD, "00", FULL),
    VPADDD(RVM, 1, 1, 0xFE, "00", FULL, 4),
    VPSUBB(RVM, 1, 1, 0xF8, "00", FULL),
    VPSUBW(RVM, 1, 1, 0xF9, "00", FULL),
    VPSUBD(RVM, 1, 1, 0xFA, "00", FULL, 4),
    VPMULLW(RVM, 1, 1, 0xD5, "00", FULL),
    VPMULLD(RVM, 1, 2, 0x40, "00", FULL, 4),
    VPMADDUBSW(RVM, 1, 2, 0x04, "00", FULL),
    VPMADDWD(RVM, 1, 1, 0xF5, "00", FULL),
    VPDPBUSD(RVM, 1, 2, 0x50, "-0", FULL, 4),
    VPDPWSSD(RVM, 1, 2, 0x52, "-0", FULL, 4),
    VPABSD(RM, 1, 2, 0x1E, "00", FULL, 4),
    VPMAXSD(RVM, 1, 2, 0x3D, "00", FULL, 4),
    VPMINSD(RVM, 1, 2, 0x39, "00", FULL, 4),
    VPMINUB(RVM, 1, 1, 0xDA, "00", FULL),
    VPCMPEQB(RVM, 1, 1, 0x74, "0-", FULL),
    VPCMPEQW(RVM, 1, 1, 0x75, "0-", FULL),
    VPCMPEQD(RVM, 1, 1, 0x76, "0-", FULL),
    VPCMPGTD(RVM, 1, 1, 0x66, "0-", FULL),

    // Floating point
    VADDPS(RVM, 0, 1, 0x58, "00", FULL, 4),
    VSUBPS(RVM, 0, 1, 0x5C, "00", FULL, 4),
    VMULPS(RVM, 0, 1, 0x59, "00", FULL, 4),
    VDIVPS(RVM, 0, 1, 0x5E, "00", FULL, 4),
    VMINPS(RVM, 0, 1, 0x5D, "00", FULL, 4),
    VMAXPS(RVM, 0, 1, 0x5F, "00", FULL, 4),
    VSQRTPS(RM, 0, 1, 0x51, "00", FULL, 4),
    VADDSS(RVM, 2, 1, 0x58, "00", 4),
    VSUBSS(RVM, 2, 1, 0x5C, "00", 4),
    VMULSS(RVM, 2, 1, 0x59, "00", 4),
    VDIVSS(RVM, 2, 1, 0x5E, "00", 4),
    VMINSS(RVM, 2, 1, 0x5D, "00", 4),
    VMAXSS(RVM, 2, 1, 0x5F, "00", 4),
    VSQRTSS(RVM, 2, 1, 0x51, "00", 4),
    VFMADD132PS(RVM, 1, 2, 0x98, "00", FULL, 4),
    VFMADD213PS(RVM, 1, 2, 0xA8, "00", FULL, 4),
    VFMADD231PS(RVM, 1, 2, 0xB8, "00", FULL, 4),
    VFNMADD231PS(RVM, 1, 2, 0xBC, "00", FULL, 4),
    VFMADD231SS(RVM, 1, 2, 0xB9, "00", 4),
    VROUNDPS(RM, 1, 3, 0x08, "0-", FULL),
    VRNDSCALEPS(RM, 1, 3, 0x08, "-0", FULL, 4),

    // Conversions
    VCVTDQ2PS(RM, 0, 1, 0x5B, "00", FULL, 4),
    VCVTPS2DQ(RM, 1, 1, 0x5B, "00", FULL, 4),
    VCVTPH2PS(RM, 1, 2, 0x13, "00", HALF),
    VCVTPS2PH(MR, 1, 3, 0x1D, "00", HALF),
    VCVTNEPS2BF16(RM, 2, 2, 0x72, "-0", FULL),
    VCVTNE2PS2BF16(RVM, 3, 2, 0x72, "-0", FULL, 4),

    // To masks: where both have a bit in common
    VPTESTMD(RVM, 1, 2, 0x27, "-0", FULL, 4);

    /** Which fields of the encoding hold which operands, in the order in which they are written. */
    enum Form {
        /** Destination in ModRM.reg, first source in VEX.vvvv, second in ModRM.rm. */
        RVM,
        /** Destination in ModRM.reg, source in ModRM.rm. */
        RM,
        /** Destination in ModRM.rm, source in ModRM.reg. */
        MR,
        /** Destination in VEX.vvvv, source in ModRM.rm; ModRM.reg is a part of the opcode. */
        VM
    }

    /** How large a memory operand is, as a share of the vector; EVEX displacements count in this unit. */
    enum Memory {
        FULL,
        HALF,
        QUARTER,
        EIGHTH
    }

    final String vexName;
    final String evexName;
    final Form form;
    /** ModRM.reg where the form is VM, else 0. */
    final int digit;
    /** The mandatory prefix; of the VM form always 66. */
    final int prefix;

    final int map;
    final int opcode;
    /** The W bit of each encoding; −1 where there is none. */
    final int vexW;

    final int evexW;
    /** Bytes of a memory operand that does not grow with the vector, or 0. */
    private final int memoryBytes;

    private final Memory memory;
    /** Bytes of one element where AVX-512 can read one for all lanes, or 0. */
    final int broadcastBytes;

    Op(Form form, int prefix, int map, int opcode, String w, Memory memory) {
        this("", "", form, prefix, map, opcode, w, 0, memory, 0);
    }

    Op(Form form, int prefix, int map, int opcode, String w, Memory memory, int broadcastBytes) {
        this("", "", form, prefix, map, opcode, w, 0, memory, broadcastBytes);
    }

    Op(Form form, int prefix, int map, int opcode, String w, int memoryBytes) {
        this("", "", form, prefix, map, opcode, w, memoryBytes, FULL, 0);
    }

    Op(String vexName, String evexName, Form form, int prefix, int map, int opcode, String w, Memory memory) {
        this(vexName, evexName, form, prefix, map, opcode, w, 0, memory, 0);
    }

    Op(
            String vexName,
            String evexName,
            Form form,
            int prefix,
            int map,
            int opcode,
            String w,
            Memory memory,
            int broadcastBytes) {
        this(vexName, evexName, form, prefix, map, opcode, w, 0, memory, broadcastBytes);
    }

    Op(String vexName, String evexName, Form form, int prefix, int map, int opcode, String w, int memoryBytes) {
        this(vexName, evexName, form, prefix, map, opcode, w, memoryBytes, FULL, 0);
    }

    Op(
            String vexName,
            String evexName,
            Form form,
            int prefix,
            int map,
            int opcode,
            String w,
            int memoryBytes,
            Memory memory,
            int broadcastBytes) {
        String plain = name().toLowerCase(Locale.ROOT);
        this.vexName = vexName.isEmpty() ? plain : vexName;
        this.evexName = evexName.isEmpty() ? plain : evexName;
        this.form = form;
        this.digit = form == VM ? prefix : 0;
        this.prefix = form == VM ? 1 : prefix;
        this.map = map;
        this.opcode = opcode;
        this.vexW = w.charAt(0) == '-' ? -1 : w.charAt(0) - '0';
        this.evexW = w.charAt(1) == '-' ? -1 : w.charAt(1) - '0';
        this.memoryBytes = memoryBytes;
        this.memory = memory;
        this.broadcastBytes = broadcastBytes;
    }

    /** Bytes of a memory operand beside vectors of that many bytes. */
    int memoryBytes(int vectorBytes) {
        if (memoryBytes != 0) {
            return memoryBytes;
        }
        return switch (memory) {
            case FULL -> vectorBytes;
            case HALF -> vectorBytes / 2;
            case QUARTER -> vectorBytes / 4;
            case EIGHTH -> vectorBytes / 8;
        };
    }
}
