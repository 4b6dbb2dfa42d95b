package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VADDSS;
import static dev.puna.kernel.x86.Op.VBROADCASTSS;
import static dev.puna.kernel.x86.Op.VCVTPS2DQ;
import static dev.puna.kernel.x86.Op.VDIVPS;
import static dev.puna.kernel.x86.Op.VDIVSS;
import static dev.puna.kernel.x86.Op.VEXTRACTI128;
import static dev.puna.kernel.x86.Op.VFMADD213PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VFNMADD231PS;
import static dev.puna.kernel.x86.Op.VMAXPS;
import static dev.puna.kernel.x86.Op.VMINPS;
import static dev.puna.kernel.x86.Op.VMOVQ;
import static dev.puna.kernel.x86.Op.VMOVQ_STORE;
import static dev.puna.kernel.x86.Op.VMOVSS;
import static dev.puna.kernel.x86.Op.VMOVSS_STORE;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPERMD;
import static dev.puna.kernel.x86.Op.VPSHUFD;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VRNDSCALEPS;
import static dev.puna.kernel.x86.Op.VROUNDPS;
import static dev.puna.kernel.x86.Op.VSQRTSS;
import static dev.puna.kernel.x86.Op.VSUBPS;

import dev.puna.kernel.x86.Assembler.Condition;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Operations that touch each number once or twice. Most wait for memory, not for arithmetic, so every level has the same
 * ones, with AVX2's eight lanes; those that compute exponentials have the level's. A loop of whole vectors is followed by
 * the same loop for one number, in the lowest lane.
 */
final class Elementwise {
    private Elementwise() {}

    /** Loads and stores of as many numbers as there are lanes, or of one whose fellows are zero. */
    record Access(Assembler a, boolean all) {
        void load(Vec target, Gpr base) {
            a.op(all ? VMOVUPS : VMOVSS, all ? target : target.xmm(), at(base));
        }

        void store(Gpr base, Vec source) {
            a.op(all ? VMOVUPS_STORE : VMOVSS_STORE, at(base), all ? source : source.xmm());
        }
    }

    static Mem at(Gpr base) {
        return Mem.at(base, RAX, 4, 0);
    }

    interface Body {
        void write(Access access);
    }

    /** Goes through the numbers from {@code RAX} to {@code end}, which stays; R10 is used. */
    static void each(Routine routine, Gpr end, Body body) {
        Assembler a = routine.a;
        Label ones = new Label();
        Label done = new Label();
        Label many = a.here();
        a.lea(R10, Mem.at(RAX, routine.lanes.rows));
        a.cmp(R10, end);
        a.jump(Condition.GREATER, ones);
        body.write(new Access(a, true));
        a.mov(RAX, R10);
        a.jump(many);
        a.bind(ones);
        Label one = a.here();
        a.cmp(RAX, end);
        a.jump(Condition.NOT_LESS, done);
        body.write(new Access(a, false));
        a.add(RAX, 1);
        a.jump(one);
        a.bind(done);
    }

    /** {@code add(b, y, n)}: {@code y += b}. */
    static byte[] add() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec b = routine.take();
        Vec y = routine.take();
        a.mov(RAX, 0);
        each(routine, RDX, access -> {
            access.load(b, RDI);
            access.load(y, RSI);
            a.op(VADDPS, y, y, b);
            access.store(RSI, y);
        });
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** {@code swiGlu(gate, up, y, n)}. */
    static byte[] swiGlu(Lanes lanes) {
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        Vec gate = routine.take();
        Vec up = routine.take();
        Vec e = routine.take();
        a.mov(RAX, 0);
        each(routine, RCX, access -> {
            access.load(gate, RDI);
            access.load(up, RSI);
            routine.zero(e);
            a.op(VSUBPS, e, e, gate);
            exp(routine, e);
            a.op(VADDPS, e, e, floats(routine, 1));
            a.op(VDIVPS, gate, gate, e);
            a.op(VMULPS, gate, gate, up);
            access.store(RDX, gate);
        });
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** {@code rmsNorm(x, weight, y, n, rows, constants)}; constants: 1 / n and epsilon, f32. */
    static byte[] rmsNorm() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec sum = routine.take();
        Vec x = routine.take();
        Vec w = routine.take();
        a.lea(R11, Mem.at(RCX, RCX, 1, 0));
        a.add(R11, R11); // bytes of a row
        Label row = a.here();
        a.mov(RAX, 0);
        squares(routine, sum, x);
        each(routine, RCX, access -> {
            access.load(x, RDI);
            a.op(VFMADD231PS, sum, x, x);
        });
        sumOfLanes(routine, sum, x);
        a.op(Op.VMULSS, sum.xmm(), sum.xmm(), Mem.at(R9));
        a.op(VADDSS, sum.xmm(), sum.xmm(), Mem.at(R9, 4));
        a.op(VSQRTSS, sum.xmm(), sum.xmm(), sum.xmm());
        a.op(VMOVSS, x.xmm(), floats(routine, 1));
        a.op(VDIVSS, sum.xmm(), x.xmm(), sum.xmm());
        a.op(VBROADCASTSS, sum, sum.xmm());
        a.mov(RAX, 0);
        each(routine, RCX, access -> {
            access.load(x, RDI);
            access.load(w, RSI);
            a.op(VMULPS, x, x, sum);
            a.op(VMULPS, x, x, w);
            access.store(RDX, x);
        });
        a.add(RDI, R11);
        a.add(RDX, R11);
        a.dec(R8);
        a.jump(Condition.NOT_ZERO, row);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** Four vectors at a time, so that sums do not wait for each other. */
    private static void squares(Routine routine, Vec sum, Vec x) {
        Assembler a = routine.a;
        Vec[] others = routine.take(3);
        Vec[] sums = {sum, others[0], others[1], others[2]};
        for (Vec one : sums) {
            routine.zero(one);
        }
        Label done = new Label();
        Label four = a.here();
        a.lea(R10, Mem.at(RAX, 4 * routine.lanes.rows));
        a.cmp(R10, RCX);
        a.jump(Condition.GREATER, done);
        for (int i = 0; i < sums.length; i++) {
            a.op(VMOVUPS, x, at(RDI).plus(i * routine.lanes.bytes));
            a.op(VFMADD231PS, sums[i], x, x);
        }
        a.mov(RAX, R10);
        a.jump(four);
        a.bind(done);
        a.op(VADDPS, sum, sum, others[0]);
        a.op(VADDPS, others[1], others[1], others[2]);
        a.op(VADDPS, sum, sum, others[1]);
        routine.give(others);
    }

    /** {@code rotate(x, cos, sin, pairs, heads, headBytes)}: the second of a pair lies {@code pairs} behind the first. */
    static byte[] rotateHalves() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec[] v = routine.take(5);
        Label head = a.here();
        a.lea(R11, Mem.at(RDI, RCX, 4, 0));
        a.mov(RAX, 0);
        each(routine, RCX, access -> {
            Vec first = v[0];
            Vec second = v[1];
            Vec cos = v[2];
            Vec sin = v[3];
            Vec turned = v[4];
            access.load(first, RDI);
            access.load(second, R11);
            access.load(cos, RSI);
            access.load(sin, RDX);
            a.op(VMULPS, turned, first, cos);
            a.op(VFNMADD231PS, turned, second, sin);
            access.store(RDI, turned);
            a.op(VMULPS, turned, second, cos);
            a.op(VFMADD231PS, turned, first, sin);
            access.store(R11, turned);
        });
        a.add(RDI, R9);
        a.dec(R8);
        a.jump(Condition.NOT_ZERO, head);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** {@code rotate(x, cos, sin, pairs, heads, headBytes)}: a pair is two neighbours. Four pairs at a time, then one. */
    static byte[] rotateNeighbours() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec[] v = routine.take(6);
        Vec twice = v[4];
        Vec minus = v[5];
        a.op(VMOVUPS, twice, a.constant(ints(0, 0, 1, 1, 2, 2, 3, 3)));
        int sign = 1 << 31;
        a.op(VMOVUPS, minus, a.constant(ints(sign, 0, sign, 0, sign, 0, sign, 0)));
        Label head = a.here();
        a.mov(RAX, 0);
        for (int pairs = 4; pairs > 0; pairs -= 3) {
            Label next = a.here();
            Label done = new Label();
            a.lea(R10, Mem.at(RAX, pairs));
            a.cmp(R10, RCX);
            a.jump(Condition.GREATER, done);
            boolean four = pairs == 4;
            Mem x = Mem.at(RDI, RAX, 8, 0);
            a.op(four ? VMOVUPS : VMOVQ, four ? v[0] : v[0].xmm(), x);
            a.op(four ? VMOVUPS : VMOVSS, v[1].xmm(), Mem.at(RSI, RAX, 4, 0));
            a.op(four ? VMOVUPS : VMOVSS, v[2].xmm(), Mem.at(RDX, RAX, 4, 0));
            a.op(VPERMD, v[1], twice, v[1]);
            a.op(VPERMD, v[2], twice, v[2]);
            a.op(VPSHUFD, v[3], v[0], 0b10_11_00_01); // the other one of each pair
            a.op(Op.VXORPS, v[2], v[2], minus);
            a.op(VMULPS, v[0], v[0], v[1]);
            a.op(VFMADD231PS, v[0], v[3], v[2]);
            a.op(four ? VMOVUPS_STORE : VMOVQ_STORE, x, four ? v[0] : v[0].xmm());
            a.mov(RAX, R10);
            a.jump(next);
            a.bind(done);
        }
        a.add(RDI, R9);
        a.dec(R8);
        a.jump(Condition.NOT_ZERO, head);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** {@code halves(source, target, eights)}: f32 to f16. What is too large becomes the largest, so that sums stay numbers. */
    static byte[] halves() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec x = routine.take();
        Label eight = a.here();
        a.op(VMOVUPS, x, Mem.at(RDI));
        a.op(VMINPS, x, x, floats(routine, 65_504));
        a.op(VMAXPS, x, x, floats(routine, -65_504));
        a.op(Op.VCVTPS2PH, Mem.at(RSI), x, 0);
        a.add(RDI, 32);
        a.add(RSI, 16);
        a.dec(RDX);
        a.jump(Condition.NOT_ZERO, eight);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /**
     * {@code e^x} to within 2 units in the last place from −87 to 88, beyond which x counts as those: 2^n for the whole
     * part of x / ln 2, and a polynomial (Cephes' coefficients) for the rest.
     */
    @SuppressWarnings("FloatingPointLiteralPrecision") // the coefficients as they are published
    static void exp(Routine routine, Vec x) {
        Assembler a = routine.a;
        a.op(VMAXPS, x, x, floats(routine, -87));
        a.op(VMINPS, x, x, floats(routine, 88));
        routine.with(n -> routine.with(p -> {
            a.op(VMULPS, n, x, floats(routine, 1.442695041f));
            a.op(routine.lanes == Lanes.SIXTEEN ? VRNDSCALEPS : VROUNDPS, n, n, 0);
            a.op(VFNMADD231PS, x, n, floats(routine, 0.693359375f));
            a.op(VFNMADD231PS, x, n, floats(routine, -2.12194440e-4f));
            a.op(VMOVUPS, p, floats(routine, 1.9875691500e-4f));
            a.op(VFMADD213PS, p, x, floats(routine, 1.3981999507e-3f));
            a.op(VFMADD213PS, p, x, floats(routine, 8.3334519073e-3f));
            a.op(VFMADD213PS, p, x, floats(routine, 4.1665795894e-2f));
            a.op(VFMADD213PS, p, x, floats(routine, 1.6666665459e-1f));
            a.op(VFMADD213PS, p, x, floats(routine, 5.0000001201e-1f));
            a.op(VMULPS, p, p, x);
            a.op(VFMADD213PS, p, x, x); // p · x² + x
            a.op(VADDPS, p, p, floats(routine, 1));
            a.op(VCVTPS2DQ, n, n);
            a.op(VPSLLD, n, n, 23);
            a.op(VPADDD, x, p, n);
        }));
    }

    /** The lowest lane becomes the sum of all: halves, then pairs, then neighbours. */
    static void sumOfLanes(Routine routine, Vec sum, Vec other) {
        Assembler a = routine.a;
        a.op(VEXTRACTI128, other.xmm(), sum, 1);
        a.op(VADDPS, sum.xmm(), sum.xmm(), other.xmm());
        a.op(VPSHUFD, other.xmm(), sum.xmm(), 0b01_00_11_10);
        a.op(VADDPS, sum.xmm(), sum.xmm(), other.xmm());
        a.op(VPSHUFD, other.xmm(), sum.xmm(), 0b10_11_00_01);
        a.op(VADDPS, sum.xmm(), sum.xmm(), other.xmm());
    }

    /** All lanes become the combination of all. */
    static void acrossLanes(Assembler a, Vec lanes, Vec other, Op combine) {
        a.op(Op.VPERM2I128, other, lanes, lanes, 1);
        a.op(combine, lanes, lanes, other);
        a.op(VPSHUFD, other, lanes, 0b01_00_11_10);
        a.op(combine, lanes, lanes, other);
        a.op(VPSHUFD, other, lanes, 0b10_11_00_01);
        a.op(combine, lanes, lanes, other);
    }

    static Mem floats(Routine routine, float value) {
        int[] all = new int[routine.lanes.rows];
        Arrays.fill(all, Float.floatToRawIntBits(value));
        return routine.a.constant(ints(all));
    }

    static byte[] ints(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : values) {
            bytes.putInt(value);
        }
        return bytes.array();
    }
}
