package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
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
import static dev.puna.kernel.x86.Op.VBROADCASTSS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;

import dev.puna.kernel.x86.Assembler.Condition;
import dev.puna.tensor.DType;
import java.util.Arrays;

/**
 * Rows times one token, straight from where the weights are, at the speed of memory: a unit of rows is worked on while
 * the next one is fetched, so that memory is read once and in its order, whatever order the rows are needed in.
 */
final class OneToken {
    private OneToken() {}

    /** Rows of a unit of floats: their sums wait for each other, so several strips take turns. */
    private static final int FLOAT_ROWS = 32;

    /** Rows of a unit. */
    static int rows(Lanes lanes, DType type) {
        return Formats.has(type) ? lanes.rows : FLOAT_ROWS;
    }

    static byte[] kernel(Lanes lanes, DType type) {
        return Formats.has(type) ? quantised(lanes, type, Products::ofOne) : floats(lanes, type);
    }

    static byte[] quantised(Lanes lanes, DType type, Products.Maker maker) {
        Routine routine = new Routine(lanes);
        Format format = Formats.of(type, routine);
        Products products = maker.of(routine, format.codes());
        Dot dot = new Dot(routine, products, format, RCX, RSP);
        return quantised(routine, format, dot, format.runs() * products.record().bytes);
    }

    /** Of a type whose scales are whole numbers. */
    static byte[] wholeScales(Lanes lanes, DType type) {
        Routine routine = new Routine(lanes);
        Format format = Formats.whole(type, routine);
        BlockDot dot = new BlockDot(routine, format.codes(), RCX, RSP);
        return quantised(routine, format, dot, Activations.BLOCKS.bytes);
    }

    /** Where a strip's products are summed up. */
    interface Sums extends Sink {
        /** The sum of the rows' products. */
        Vec sum();

        int scratchBytes();

        /** Behind a block: lets it count. */
        void count();
    }

    private static byte[] quantised(Routine routine, Format format, Sums dot, int recordBytes) {
        Assembler a = routine.a;
        Lanes lanes = routine.lanes;
        DType type = format.type();
        Rows rows = new Rows(routine, bases(lanes, R8, R9, R10, R11), RSI, RDX);
        int ofDot = dot.scratchBytes();
        units(routine, ofDot + format.scratchVectors() * lanes.bytes, new Rows[] {rows}, new Unit() {
            @Override
            public void begin() {
                routine.zero(dot.sum());
            }

            @Override
            public void block() {
                int groups = format.runs() * Codes.GROUPS;
                Fetch fetch = new Fetch(a, RBX, lanes.rows * type.blockBytes(), groups);
                format.block(routine, rows, fetch.before(dot), Mem.at(RSP, ofDot));
                fetch.advance();
                dot.count();
                rows.advance(type.blockBytes());
                a.add(RCX, recordBytes);
            }

            @Override
            public Vec[] sums() {
                return new Vec[] {dot.sum()};
            }
        });
        return a.finish();
    }

    private static byte[] floats(Lanes lanes, DType type) {
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        FloatFormat format = new FloatFormat(routine, type);
        Rows[] rows = floatStrips(routine);
        Vec[] sums = routine.take(rows.length);
        units(routine, 0, rows, new Unit() {
            @Override
            public void begin() {
                for (Vec sum : sums) {
                    routine.zero(sum);
                }
            }

            @Override
            public void block() {
                for (int strip = 0; strip < rows.length; strip++) {
                    Vec sum = sums[strip];
                    Fetch fetch = new Fetch(a, RBX, lanes.rows * format.blockBytes(), Activations.FLOATS.columns);
                    FloatFormat.Sink sink = (column, values) -> times(routine, sum, values, Mem.at(RCX, 4 * column));
                    format.block(rows[strip], fetch.before(sink));
                    fetch.advance();
                    rows[strip].advance(format.blockBytes());
                }
                a.add(RCX, 4 * Activations.FLOATS.columns);
            }

            @Override
            public Vec[] sums() {
                return sums;
            }
        });
        return a.finish();
    }

    /** The strips of a unit of floats. */
    static Rows[] floatStrips(Routine routine) {
        Gpr[] bases = {R8, R9, R10, R11, R13, R15, RDI, RBP};
        int ofStrip = routine.lanes.rows / 4;
        Rows[] strips = new Rows[bases.length / ofStrip];
        Arrays.setAll(
                strips, i -> new Rows(routine, Arrays.copyOfRange(bases, i * ofStrip, (i + 1) * ofStrip), RSI, RDX));
        return strips;
    }

    /** {@code sum += values · one}. */
    static void times(Routine routine, Vec sum, Vec values, Mem one) {
        switch (routine.lanes) {
            case SIXTEEN -> routine.a.op(VFMADD231PS, sum, values, one.toAll());
            case EIGHT ->
                routine.with(factor -> {
                    routine.a.op(VBROADCASTSS, factor, one);
                    routine.a.op(VFMADD231PS, sum, values, factor);
                });
        }
    }

    /** What is done with a unit. RCX is its token's activations, RBX what is to be fetched, RSP the scratch. */
    interface Unit {
        void begin();

        void block();

        Vec[] sums();
    }

    /**
     * What is fetched lies a unit ahead, and so much further: the last row's begin is needed as soon as the first row's,
     * and must not have been asked for only just before.
     */
    private static final int AHEAD = 4096;

    /** The loops over units and their blocks; all but what {@link Unit} uses is kept on the stack. */
    static void units(Routine routine, int scratchBytes, Rows[] rows, Unit unit) {
        Assembler a = routine.a;
        int frame = Math.ceilDiv(scratchBytes, 64) * 64;
        routine.enter();
        a.mov(RAX, RSP);
        a.sub(RSP, frame + 64);
        a.and(RSP, -64);
        // What the loops need, above the scratch: the caller's stack, arguments, unit, units left, output.
        Mem stack = Mem.at(RSP, frame);
        Mem arguments = Mem.at(RSP, frame + 8);
        Mem weights = Mem.at(RSP, frame + 16);
        Mem left = Mem.at(RSP, frame + 24);
        Mem output = Mem.at(RSP, frame + 32);
        a.store(stack, RAX);
        a.store(arguments, RDI);
        copy(a, left, Arguments.UNITS);
        copy(a, output, Arguments.OUTPUT);
        a.load(R12, Mem.at(RDI, Arguments.BLOCKS));
        a.load(RSI, Mem.at(RDI, Arguments.STRIDE));
        a.load(RAX, Mem.at(RDI, Arguments.WEIGHTS));
        a.store(weights, RAX);
        Label next = a.here();
        a.load(RBX, weights);
        for (Rows strip : rows) {
            a.mov(strip.first(), RBX);
            strip.begin();
            a.lea(RBX, Mem.at(strip.last(), RSI, 4, 0));
        }
        a.store(weights, RBX);
        a.add(RBX, AHEAD);
        a.load(RCX, arguments);
        a.load(RCX, Mem.at(RCX, Arguments.RECORDS));
        a.mov(RAX, R12);
        unit.begin();
        a.align(32);
        Label block = a.here();
        unit.block();
        a.dec(RAX);
        a.jump(Condition.NOT_ZERO, block);
        a.load(RAX, output);
        for (Vec sum : unit.sums()) {
            a.op(VMOVUPS_STORE, Mem.at(RAX), sum);
            a.add(RAX, routine.lanes.bytes);
        }
        a.store(output, RAX);
        a.load(RAX, left);
        a.dec(RAX);
        a.store(left, RAX);
        a.jump(Condition.NOT_ZERO, next);
        a.load(RSP, stack);
        routine.leave();
    }

    private static void copy(Assembler a, Mem target, int argument) {
        a.load(RAX, Mem.at(RDI, argument));
        a.store(target, RAX);
    }

    private static Gpr[] bases(Lanes lanes, Gpr... bases) {
        return Arrays.copyOf(bases, lanes.rows / 4);
    }
}
