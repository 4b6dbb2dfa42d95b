package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R8;
import static dev.puna.kernel.x86.Gpr.R9;
import static dev.puna.kernel.x86.Gpr.RAX;
import static dev.puna.kernel.x86.Gpr.RBX;
import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Gpr.RDI;
import static dev.puna.kernel.x86.Gpr.RDX;
import static dev.puna.kernel.x86.Gpr.RSI;
import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VBROADCASTSS;
import static dev.puna.kernel.x86.Op.VDIVPS;
import static dev.puna.kernel.x86.Op.VEXTRACTI64X4;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMAXPS;
import static dev.puna.kernel.x86.Op.VMOVD;
import static dev.puna.kernel.x86.Op.VMOVSS;
import static dev.puna.kernel.x86.Op.VMOVSS_STORE;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VMULPS;
import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPANDN;
import static dev.puna.kernel.x86.Op.VPBROADCASTD;
import static dev.puna.kernel.x86.Op.VPOR;
import static dev.puna.kernel.x86.Op.VPSRAD;
import static dev.puna.kernel.x86.Op.VPSUBD;
import static dev.puna.kernel.x86.Op.VSUBPS;

import dev.puna.kernel.x86.Assembler.Condition;
import dev.puna.kernel.x86.Assembler.Hint;
import java.util.Arrays;
import java.util.function.Consumer;

/** What attention does to scores and to sums of values, beside products. */
final class Softmax {
    /** Bytes ahead at which parts are fetched that are put together. */
    private static final int FETCHED_AHEAD = 4096;

    private Softmax() {}

    /**
     * {@code softmax(scores, from, to, n, how, result)}: in each of some rows, scores from {@code from} to {@code to}
     * become {@code e^(scale · score − m)}, where m is the largest of {@code scale · score}, and the others of the n zero.
     * {@code how} points to the scale, f32, and the number of rows, 32 bits; {@code result} gets m and the sum of each.
     * Rows are {@code rowBytes} apart, whole vectors, of which some more than n may be written.
     */
    static byte[] softmax(Lanes lanes, int rowBytes) {
        assert rowBytes % lanes.bytes == 0;
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        Vec x = routine.take();
        Vec scale = routine.take();
        Vec most = routine.take();
        Vec sum = routine.take();
        a.push(RBX);
        a.load32(RBX, Mem.at(R8, 4));
        a.op(VBROADCASTSS, scale, Mem.at(R8));
        Label row = a.here();
        a.op(VBROADCASTSS, most, Mem.at(RDI, RSI, 4, 0));
        a.op(VMULPS, most, most, scale);
        within(routine, edge -> {
            a.op(VMOVUPS, x, Elementwise.at(RDI));
            a.op(VMULPS, x, x, scale);
            if (edge) {
                routine.with(mask -> {
                    mask(routine, mask);
                    a.op(VPAND, x, x, mask);
                    a.op(VPANDN, mask, mask, most);
                    a.op(VPOR, x, x, mask);
                });
            }
            a.op(VMAXPS, most, most, x);
        });
        routine.with(other -> {
            if (lanes == Lanes.SIXTEEN) {
                a.op(VEXTRACTI64X4, other.ymm(), most, 1);
                a.op(VMAXPS, most.ymm(), most.ymm(), other.ymm());
            }
            Elementwise.acrossLanes(a, most.ymm(), other.ymm(), VMAXPS);
            a.op(VBROADCASTSS, most, most.xmm());
        });
        routine.zero(sum);
        within(routine, edge -> {
            a.op(VMOVUPS, x, Elementwise.at(RDI));
            a.op(VMULPS, x, x, scale);
            a.op(VSUBPS, x, x, most);
            Elementwise.exp(routine, x);
            if (edge) {
                routine.with(mask -> {
                    mask(routine, mask);
                    a.op(VPAND, x, x, mask);
                });
            }
            a.op(VMOVUPS_STORE, Elementwise.at(RDI), x);
            a.op(VADDPS, sum, sum, x);
        });
        if (lanes == Lanes.SIXTEEN) {
            a.op(VEXTRACTI64X4, x.ymm(), sum, 1);
            a.op(VADDPS, sum.ymm(), sum.ymm(), x.ymm());
        }
        Elementwise.sumOfLanes(routine, sum.ymm(), x.ymm());
        a.op(VMOVSS_STORE, Mem.at(R9), most.xmm());
        a.op(VMOVSS_STORE, Mem.at(R9, 4), sum.xmm());
        routine.zero(x);
        zeros(a, lanes, x, RCX); // on from where the second pass ended
        a.mov(R11, RSI);
        a.and(R11, -lanes.rows);
        a.mov(RAX, 0);
        zeros(a, lanes, x, R11);
        a.add(RDI, rowBytes);
        a.add(R9, 8);
        a.dec(RBX);
        a.jump(Condition.NOT_ZERO, row);
        a.pop(RBX);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /**
     * Goes through whole vectors of the row at {@code RDI}, from that with the number {@code RSI} to that before {@code
     * RDX}; {@code RAX} is the first number of each. The body hears whether there are others in it.
     */
    private static void within(Routine routine, Consumer<Boolean> body) {
        Assembler a = routine.a;
        Label edge = new Label();
        Label done = new Label();
        a.mov(RAX, RSI);
        a.and(RAX, -routine.lanes.rows);
        Label next = a.here();
        a.lea(R10, Mem.at(RAX, routine.lanes.rows));
        a.cmp(RAX, RSI);
        a.jump(Condition.LESS, edge);
        a.cmp(R10, RDX);
        a.jump(Condition.GREATER, edge);
        body.accept(false);
        Label behind = a.here();
        a.mov(RAX, R10);
        a.cmp(RAX, RDX);
        a.jump(Condition.LESS, next);
        a.jump(done);
        a.bind(edge);
        body.accept(true);
        a.jump(behind);
        a.bind(done);
    }

    /** All bits of the lanes whose numbers, from {@code RAX} on, are at least {@code RSI} and less than {@code RDX}. */
    private static void mask(Routine routine, Vec mask) {
        Assembler a = routine.a;
        int[] lanes = new int[routine.lanes.rows];
        Arrays.setAll(lanes, lane -> lane);
        routine.with(number -> {
            everyLane(a, number, RAX);
            a.op(VPADDD, number, number, a.constant(Elementwise.ints(lanes)));
            a.lea(R11, Mem.at(RSI, -1));
            everyLane(a, mask, R11);
            a.op(VPSUBD, mask, mask, number);
            routine.with(end -> {
                everyLane(a, end, RDX);
                a.op(VPSUBD, number, number, end);
            });
            a.op(VPAND, mask, mask, number);
            a.op(VPSRAD, mask, mask, 31); // both differences are negative
        });
    }

    private static void everyLane(Assembler a, Vec target, Gpr number) {
        a.op(VMOVD, target.xmm(), number);
        a.op(VPBROADCASTD, target, target.xmm());
    }

    /** Zeros from {@code RAX} to {@code end}, in whole vectors. */
    private static void zeros(Assembler a, Lanes lanes, Vec zero, Gpr end) {
        Label done = new Label();
        Label next = a.here();
        a.cmp(RAX, end);
        a.jump(Condition.NOT_LESS, done);
        a.op(VMOVUPS_STORE, Elementwise.at(RDI), zero);
        a.add(RAX, lanes.rows);
        a.jump(next);
        a.bind(done);
    }

    /**
     * {@code merge(sums, states, part, partStates, n, rows)}: adds to rows of n weighted sums those of more scores. A
     * state is the largest score m and the sum of weights l; sums and l count times {@code e^(m − common m)}.
     */
    static byte[] merge() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec first = routine.take();
        Vec second = routine.take();
        Vec most = routine.take();
        Vec x = routine.take();
        Vec y = routine.take();
        Label row = a.here();
        a.op(VBROADCASTSS, first, Mem.at(RSI));
        a.op(VBROADCASTSS, second, Mem.at(RCX));
        a.op(VMAXPS, most, first, second);
        a.op(VMOVSS_STORE, Mem.at(RSI), most.xmm());
        a.op(VSUBPS, first, first, most);
        a.op(VSUBPS, second, second, most);
        Elementwise.exp(routine, first);
        Elementwise.exp(routine, second);
        a.op(VMOVSS, x.xmm(), Mem.at(RSI, 4));
        a.op(VMOVSS, y.xmm(), Mem.at(RCX, 4));
        a.op(VMULPS, x, x, first);
        a.op(VFMADD231PS, x, y, second);
        a.op(VMOVSS_STORE, Mem.at(RSI, 4), x.xmm());
        a.mov(RAX, 0);
        Elementwise.each(routine, R8, access -> {
            access.load(x, RDI);
            access.load(y, RDX);
            if (access.all()) {
                a.prefetch(Hint.T0, Elementwise.at(RDX).plus(FETCHED_AHEAD)); // another core may have it
            }
            a.op(VMULPS, x, x, first);
            a.op(VFMADD231PS, x, y, second);
            access.store(RDI, x);
        });
        a.lea(RDI, Mem.at(RDI, R8, 4, 0));
        a.lea(RDX, Mem.at(RDX, R8, 4, 0));
        a.add(RSI, 8);
        a.add(RCX, 8);
        a.dec(R9);
        a.jump(Condition.NOT_ZERO, row);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** {@code share(sums, state, y, n)}: {@code y = sums / l}. */
    static byte[] share() {
        Routine routine = new Routine(Lanes.EIGHT);
        Assembler a = routine.a;
        Vec weight = routine.take();
        Vec x = routine.take();
        a.op(VBROADCASTSS, x, Mem.at(RSI, 4));
        a.op(VMOVUPS, weight, Elementwise.floats(routine, 1));
        a.op(VDIVPS, weight, weight, x);
        a.mov(RAX, 0);
        Elementwise.each(routine, RCX, access -> {
            access.load(x, RDI);
            a.op(VMULPS, x, x, weight);
            access.store(RDX, x);
        });
        a.vzeroupper();
        a.ret();
        return a.finish();
    }
}
