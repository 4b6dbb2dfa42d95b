package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R12;
import static dev.puna.kernel.x86.Gpr.R13;
import static dev.puna.kernel.x86.Gpr.R14;
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
import static dev.puna.kernel.x86.Op.VADDPS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVDQU;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;
import static dev.puna.kernel.x86.Op.VPERMD;
import static dev.puna.kernel.x86.Op.VPSHUFD;

import dev.puna.kernel.x86.Assembler.Condition;
import dev.puna.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Rows times one token, straight from where the weights are, at the speed of memory: a unit of rows is worked on while
 * the next one is fetched, so that memory is read once and in its order, whatever order the rows are needed in.
 */
final class OneToken {
    private OneToken() {}

    /** Rows of a unit. Sums of floats wait for themselves, so several strips take turns: more of them where less is done. */
    static int rows(Lanes lanes, DType type) {
        if (Formats.has(type)) {
            return lanes.rows;
        }
        return lanes == Lanes.EIGHT && type != DType.F32 ? 16 : 32;
    }

    /** The kernel for floats of a level without tiles. */
    static byte[] floats(Lanes lanes, DType type) {
        return floats(new Routine(lanes), type);
    }

    /** The kernel for codes of 32, with blocks abreast, and for a few tokens. */
    static byte[] abreast(Lanes lanes, DType type, int tokens, Products.Maker maker) {
        return quantised(Routine.abreast(lanes), type, tokens, maker);
    }

    static byte[] quantised(Routine routine, DType type, Products.Maker maker) {
        return quantised(routine, type, 1, maker);
    }

    private static byte[] quantised(Routine routine, DType type, int tokens, Products.Maker maker) {
        Format format = Formats.of(type, routine);
        Products products = maker.of(routine, format.codes());
        Dot dot = new Dot(routine, products, format, tokens, RCX, RSP);
        return quantised(routine, format, dot, products.record());
    }

    /** Of a type whose scales are whole numbers. */
    static byte[] wholeScales(Lanes lanes, DType type) {
        Routine routine = new Routine(lanes);
        Format format = Formats.whole(type, routine);
        Sums dot = lanes == Lanes.SIXTEEN
                ? new BlockDot(routine, format.codes(), RCX, RSP)
                : new PairedDot(routine, format.codes(), RCX, RSP);
        return quantised(routine, format, dot, wholeRecord(lanes));
    }

    /** What whole scales need of the activations. */
    static Activations wholeRecord(Lanes lanes) {
        return lanes == Lanes.SIXTEEN ? Activations.BLOCKS : Activations.PAIRED_BLOCKS;
    }

    /** Where a strip's products are summed up. */
    interface Sums extends Sink {
        /** The sums of the rows' products, of each token. */
        Vec[] sums();

        int scratchBytes();

        /** Behind a block: lets it count. */
        void count();
    }

    private static byte[] quantised(Routine routine, Format format, Sums dot, Activations record) {
        Assembler a = routine.a;
        Lanes lanes = routine.lanes;
        DType type = format.type();
        Gpr[] bases = bases(lanes, R8, R9, R10, R11);
        Rows rows = routine.abreast
                ? Rows.abreast(routine, bases, RSI, type.blockBytes())
                : new Rows(routine, bases, RSI, RDX);
        int recordBytes = type.blockSize() / record.columns * record.bytes;
        int ofDot = dot.scratchBytes();
        int scratchBytes = ofDot + format.scratchVectors() * lanes.bytes;
        units(routine, scratchBytes, record, new Rows[] {rows}, new Unit() {
            @Override
            public void block() {
                int groups = format.runs() * Codes.GROUPS;
                Fetch fetch = new Fetch(a, RBX, lanes.rows * type.blockBytes(), groups);
                format.block(routine, rows, fetch.before(dot), Mem.at(RSP, ofDot));
                fetch.advance();
                dot.count();
                rows.advance(abreast(routine) * type.blockBytes());
                a.add(RCX, dot.sums().length * abreast(routine) * recordBytes);
            }

            @Override
            public Vec[] sums() {
                return dot.sums();
            }
        });
        return a.finish();
    }

    private static byte[] floats(Routine routine, DType type) {
        Lanes lanes = routine.lanes;
        Assembler a = routine.a;
        FloatFormat format = new FloatFormat(routine, type);
        Rows[] rows = floatStrips(routine, type);
        Vec[] sums = routine.take(rows.length);
        units(routine, 0, Activations.FLOATS, rows, new Unit() {
            @Override
            public void block() {
                for (int strip = 0; strip < rows.length; strip++) {
                    Vec sum = sums[strip];
                    Fetch fetch = new Fetch(a, RBX, lanes.rows * format.blockBytes(), Activations.FLOATS.columns);
                    FloatFormat.Sink sink = (column, values) -> times(routine, sum, values, 4 * column);
                    format.block(rows[strip], fetch.before(sink));
                    fetch.advance();
                    rows[strip].advance(format.blockBytes());
                }
                a.add(RCX, Activations.FLOATS.bytes);
            }

            @Override
            public Vec[] sums() {
                return sums;
            }
        });
        return a.finish();
    }

    /** The strips of a unit of floats. */
    static Rows[] floatStrips(Routine routine, DType type) {
        Gpr[] bases = {R8, R9, R10, R11, R13, R15, RDI, RBP};
        int ofStrip = routine.lanes.rows / 4;
        Rows[] strips = new Rows[rows(routine.lanes, type) / routine.lanes.rows];
        Arrays.setAll(
                strips, i -> new Rows(routine, Arrays.copyOfRange(bases, i * ofStrip, (i + 1) * ofStrip), RSI, RDX));
        return strips;
    }

    /** Blocks of a row that a strip takes at a time. */
    private static int abreast(Routine routine) {
        return routine.abreast ? Abreast.BLOCKS : 1;
    }

    /** {@code sum += values · activation}. */
    private static void times(Routine routine, Vec sum, Vec values, int offset) {
        routine.with(activation -> {
            routine.ofToken(activation, Mem.at(RCX), offset);
            routine.a.op(VFMADD231PS, sum, values, activation);
        });
    }

    /** What is done with a unit. RCX is its token's activations, RBX what is to be fetched, RSP the scratch. */
    interface Unit {
        /** One block of each row, or those abreast. */
        void block();

        /** One for each strip, or for each token of blocks abreast; they begin with zero. */
        Vec[] sums();
    }

    /**
     * What is fetched lies a unit ahead, and so much further: the last row's begin is needed as soon as the first row's,
     * and must not have been asked for only just before.
     */
    private static final int AHEAD = 4096;

    /** The same where a unit is a few rows only. */
    private static final int AHEAD_OF_FEW = 8192;

    /**
     * The loops over units and their blocks; all but what {@link Unit} uses is kept on the stack.
     *
     * @param record what the panels of many tokens are measured by
     */
    static void units(Routine routine, int scratchBytes, Activations record, Rows[] rows, Unit unit) {
        Assembler a = routine.a;
        int totals = Math.ceilDiv(scratchBytes, 64) * 64;
        int frame = totals + (routine.abreast ? 64 * unit.sums().length : 0);
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
        Mem groups = Mem.at(RSP, frame + 40);
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
            strip.end(RBX);
        }
        a.store(weights, RBX);
        a.add(RBX, routine.abreast ? AHEAD_OF_FEW : AHEAD);
        a.load(RCX, arguments);
        a.load(RCX, Mem.at(RCX, Arguments.RECORDS));
        if (routine.abreast) {
            assert rows.length == 1;
            panels(routine, Plan.panelRuns(record), groups, rows[0], unit, Mem.at(RSP, totals));
            a.load(RAX, output);
            a.load(RCX, arguments);
            a.load(RCX, Mem.at(RCX, Arguments.OUTPUT_BYTES));
            store(routine, unit.sums().length, Mem.at(RSP, totals));
        } else {
            zero(routine, unit.sums());
            a.mov(RAX, R12);
            blocks(a, unit);
            a.load(RAX, output);
            for (Vec sum : unit.sums()) {
                a.op(VMOVUPS_STORE, Mem.at(RAX), sum);
                a.add(RAX, routine.lanes.bytes);
            }
        }
        a.store(output, RAX);
        a.load(RAX, left);
        a.dec(RAX);
        a.store(left, RAX);
        a.jump(Condition.NOT_ZERO, next);
        a.load(RSP, stack);
        routine.leave();
    }

    /** Of each four lanes the first, and four times over, as many as there are lanes at most. */
    private static final byte[] FIRST_LANES = firstLanes();

    private static byte[] firstLanes() {
        ByteBuffer lanes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 16; i++) {
            lanes.putInt(i % 4 * Abreast.BLOCKS);
        }
        return lanes.array();
    }

    private static void zero(Routine routine, Vec[] sums) {
        for (Vec sum : sums) {
            routine.zero(sum);
        }
    }

    /** Adds the blocks that RAX counts, one at least. */
    private static void blocks(Assembler a, Unit unit) {
        a.align(32);
        Label block = a.here();
        unit.block();
        a.dec(RAX);
        a.jump(Condition.NOT_ZERO, block);
    }

    /**
     * Adds up rows whose blocks are abreast; R12 is the number of blocks.
     *
     * @param most groups of blocks that are summed up in one go: as many as a panel has blocks
     * @param left where is kept how many groups are to come
     * @param totals where lane 4r will hold the sum of row r, a vector for each token
     */
    private static void panels(Routine routine, int most, Mem left, Rows rows, Unit unit, Mem totals) {
        Assembler a = routine.a;
        routine.with(zero -> {
            routine.zero(zero);
            for (int token = 0; token < unit.sums().length; token++) {
                a.op(VMOVUPS_STORE, totals.plus(64 * token), zero);
            }
        });
        a.lea(RAX, Mem.at(R12, Abreast.BLOCKS - 1));
        a.shr(RAX, 2);
        a.store(left, RAX);
        Label panels = a.here();
        Label some = new Label();
        Label whole = new Label();
        Label behind = new Label();
        Label summed = new Label();
        zero(routine, unit.sums());
        // RAX: groups of these panels; RDX: blocks behind them, less than a group.
        a.load(R14, left);
        a.mov(RAX, most);
        a.cmp(R14, most);
        a.jump(Condition.GREATER, some);
        a.mov(RAX, R14);
        a.bind(some);
        a.sub(R14, RAX);
        a.store(left, R14);
        a.mov(RDX, 0);
        a.test(R14, R14);
        a.jump(Condition.NOT_ZERO, whole);
        a.mov(RDX, R12);
        a.and(RDX, Abreast.BLOCKS - 1);
        a.test(RDX, RDX);
        a.jump(Condition.ZERO, whole);
        a.dec(RAX);
        a.bind(whole);
        a.test(RAX, RAX);
        a.jump(Condition.ZERO, behind);
        blocks(a, unit);
        a.bind(behind);
        a.test(RDX, RDX);
        a.jump(Condition.ZERO, summed);
        for (int count = 1; count < Abreast.BLOCKS; count++) {
            Label other = new Label();
            a.cmp(RDX, count);
            a.jump(Condition.NOT_ZERO, other);
            rows.blocks(count);
            unit.block();
            a.jump(summed);
            a.bind(other);
        }
        rows.blocks(Abreast.BLOCKS);
        a.bind(summed);
        for (int token = 0; token < unit.sums().length; token++) {
            Vec sum = unit.sums()[token];
            Mem total = totals.plus(64 * token);
            routine.with(ofLane -> routine.with(soFar -> {
                a.op(VMOVUPS, soFar, total);
                for (int lane = 0; lane < Abreast.BLOCKS; lane++) {
                    a.op(VPSHUFD, ofLane, sum, 0b01_01_01_01 * lane);
                    a.op(VADDPS, soFar, soFar, ofLane);
                }
                a.op(VMOVUPS_STORE, total, soFar);
            }));
        }
        a.load(RAX, left);
        a.test(RAX, RAX);
        a.jump(Condition.NOT_ZERO, panels);
    }

    /** Writes the sums of a strip's rows, as {@link #panels} gave them, to RAX, each token's RCX behind, and moves it on. */
    private static void store(Routine routine, int tokens, Mem totals) {
        Assembler a = routine.a;
        a.mov(RDX, RAX);
        for (int token = 0; token < tokens; token++) {
            Mem total = totals.plus(64 * token);
            routine.with(order -> {
                a.op(VMOVDQU, order, a.constant(FIRST_LANES));
                a.op(VPERMD, order, order, total);
                a.op(VMOVUPS_STORE, Mem.at(RDX), order.xmm());
            });
            a.add(RDX, RCX);
        }
        a.add(RAX, routine.lanes.bytes / Abreast.BLOCKS);
    }

    private static void copy(Assembler a, Mem target, int argument) {
        a.load(RAX, Mem.at(RDI, argument));
        a.store(target, RAX);
    }

    private static Gpr[] bases(Lanes lanes, Gpr... bases) {
        return Arrays.copyOf(bases, lanes.rows / 4);
    }
}
