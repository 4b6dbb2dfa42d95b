package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPERMD;
import static dev.puna.kernel.x86.Op.VPERMW;
import static dev.puna.kernel.x86.Op.VPOR;
import static dev.puna.kernel.x86.Op.VPSHUFB;
import static dev.puna.kernel.x86.Op.VPSRLD;
import static dev.puna.kernel.x86.Op.VPSUBB;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * AMX: codes are whole numbers of at most 8 bits, so bf16 holds them exactly, and activations are rounded to bf16. A tile
 * product sums the earlier columns of all pairs in a run (or half) one behind the other, likewise the later ones, in f32,
 * and then both together; of every four columns the first and third are a pair, and the others. {@link #one} does the same
 * with ordinary instructions, so that one token gets the bits that {@link TileTokens} gives it. A code is taken times 2^24,
 * as a byte at the top of a lane, and the activations times 2^−24; codes of few bits are looked up.
 */
final class TileProducts implements Products {
    private final Routine routine;
    private final Assembler a;
    private final Codes codes;
    /** Whether the codes become a panel for tiles. */
    private final boolean pairs;
    /** Numbers by code: f32, or bf16 for a panel. */
    private final @Nullable Vec table;

    // Without it:

    /** For each byte of a lane, what brings it to the lane's top. */
    private final Mem[] toTop = new Mem[4];

    private final @Nullable Vec bias;

    private TileProducts(Routine routine, Codes codes, boolean pairs) {
        this.routine = routine;
        this.a = routine.a;
        this.codes = codes;
        this.pairs = pairs;
        for (int i = 0; i < 4; i++) {
            byte[] order = new byte[16];
            for (int at = 0; at < 16; at++) {
                order[at] = (byte) (at % 4 == 3 ? at - 3 + i : -1);
            }
            toTop[i] = routine.everyPart(order);
        }
        this.table = codes.bits() <= (pairs ? 5 : 4) ? table() : null;
        this.bias = table != null || codes.bias() == 0 ? null : routine.allBytes(codes.bias());
    }

    /** A vector that holds all numbers there are. */
    private Vec table() {
        ByteBuffer numbers = ByteBuffer.allocate(routine.lanes.bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int code = 0; numbers.hasRemaining(); code++) {
            int number = Float.floatToRawIntBits((code - codes.bias()) * 0x1p24f);
            if (pairs) {
                numbers.putShort((short) (number >> 16));
            } else {
                numbers.putInt(number);
            }
        }
        Vec table = routine.take();
        a.op(VMOVUPS, table, a.constant(numbers.array()));
        return table;
    }

    /** For one token. */
    static Products one(Routine routine, Codes codes) {
        return new TileProducts(routine, codes, false);
    }

    /** For a panel: of every pair of columns a vector, whose lanes hold the earlier one in their low halves. */
    static Products pairs(Routine routine, Codes codes) {
        return new TileProducts(routine, codes, true);
    }

    @Override
    public Activations record() {
        return !pairs ? Activations.ROUNDED : codes.minima() ? Activations.SUMMED_PAIRS : Activations.PAIRS;
    }

    @Override
    public int steps() {
        return pairs ? Codes.RUN / 2 : Codes.RUN;
    }

    @Override
    public Vec[] step(Vec group) {
        if (table != null) {
            return looked(group, table);
        }
        if (bias != null) {
            a.op(VPSUBB, group, group, bias);
        }
        Vec[] numbers = routine.take(4);
        for (int i = 0; i < 4; i++) {
            a.op(VPSHUFB, numbers[i], group, toTop[i]);
            a.op(VCVTDQ2PS, numbers[i], numbers[i]);
        }
        if (!pairs) {
            return numbers;
        }
        for (int i = 0; i < 2; i++) {
            a.op(VPSRLD, numbers[i], numbers[i], 16);
            a.op(VPOR, numbers[i], numbers[i], numbers[i + 2]);
        }
        routine.give(numbers[2], numbers[3]);
        return new Vec[] {numbers[0], numbers[1]};
    }

    /** The codes at the bottom of each lane, or for a panel of each half of one, one byte after the other. */
    private Vec[] looked(Vec group, Vec table) {
        Vec[] numbers = routine.take(pairs ? 2 : 4);
        for (int i = 0; i < numbers.length; i++) {
            Vec codes = i == 0 ? group : numbers[i];
            if (i > 0) {
                a.op(VPSRLD, codes, group, 8 * i);
            }
            a.op(pairs ? VPERMW : VPERMD, numbers[i], codes, table);
        }
        return numbers;
    }

    private final class Chains implements Sum {
        private final Vec earlier = routine.take();
        private final Vec later = routine.take();

        @Override
        public Vec total() {
            return earlier;
        }
    }

    @Override
    public Sum sum() {
        assert !pairs : "tiles multiply pairs";
        return new Chains();
    }

    @Override
    public void start(Sum[] sums, Mem record, int half) {
        for (Sum sum : sums) {
            routine.zero(((Chains) sum).earlier);
            routine.zero(((Chains) sum).later);
        }
    }

    @Override
    public void multiply(Sum[] sums, Vec[] steps, Mem record, int step) {
        int ofHalf = Codes.RUN / codes.halves();
        for (int strip = 0; strip < sums.length; strip++) {
            Chains chains = (Chains) sums[strip];
            Vec chain = step % 4 < 2 ? chains.earlier : chains.later;
            a.op(VFMADD231PS, chain, steps[strip], record.plus(4 * step).toAll());
            if (step % ofHalf == ofHalf - 1) {
                a.op(VADDPS, chains.earlier, chains.earlier, chains.later);
            }
        }
    }

    @Override
    public void count(Vec[] sums, Run[] runs, Mem record) {
        for (int strip = 0; strip < sums.length; strip++) {
            Run run = runs[strip];
            for (int half = 0; half < codes.halves(); half++) {
                add(sums[strip], run.totals()[half], run.scales()[half]);
                if (codes.minima()) {
                    int at = record().sumOfRounded(half, codes.halves() == 1);
                    add(sums[strip], run.minima()[half], record.plus(at).toAll());
                }
            }
        }
    }

    /** {@code sum += left · right}. */
    private void add(Vec sum, Operand left, Operand right) {
        routine.in(left, vector -> {
            if (!vector.equals(left)) {
                a.op(VMOVUPS, vector, left);
            }
            a.op(VFMADD231PS, sum, vector, right);
        });
    }
}
