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
import static dev.puna.kernel.x86.Op.VBROADCASTSS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS_STORE;

import dev.puna.kernel.x86.Assembler.Condition;
import dev.puna.kernel.x86.Assembler.Hint;
import dev.puna.tensor.DType;
import java.util.Arrays;

/**
 * Attention of one token, whose few query heads share each key and value as it is read: at the speed of memory, without
 * panels between. Strips of cached rows lie where a table of addresses says; the next ones are fetched meanwhile. Every
 * sum is taken in the order in which {@link ManyTokens} takes it.
 */
final class FewQueries {
    private static final int GROUP = 32;
    /** Entries by which the table goes on behind its end, so that what is fetched ahead has an address. */
    static final int AHEAD = 2;

    private FewQueries() {}

    /** How many queries there may be. */
    static int most(Lanes lanes) {
        return lanes == Lanes.SIXTEEN ? 8 : 4;
    }

    /** Strips of a value that are summed up at a time, of as many as a head has: a divisor of that; 0 for none. */
    static int strips(Lanes lanes, DType type, int queries, int ofHead) {
        int room = (lanes == Lanes.SIXTEEN ? 24 : 12) / queries;
        for (int strips = Math.min(room, ofHead); strips > 0; strips--) {
            boolean whole = type != DType.Q8_0 || strips * lanes.rows % GROUP == 0;
            if (ofHead % strips == 0 && whole) {
                return strips;
            }
        }
        return 0;
    }

    /**
     * Scores: key rows times queries. WEIGHTS is the table, UNITS its strips, BLOCKS the groups of 32 numbers of a head.
     */
    static byte[] keys(Lanes lanes, DType type, int queries) {
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        FloatFormat format = new FloatFormat(type);
        Rows rows = new Rows(routine, Arrays.copyOf(new Gpr[] {R8, R9, R10, R11}, lanes.rows / 4), RSI, RDX);
        Vec[] sums = routine.take(queries);
        routine.enter();
        a.load(RBX, Mem.at(RDI, Arguments.WEIGHTS));
        a.load(R13, Mem.at(RDI, Arguments.UNITS));
        a.load(RSI, Mem.at(RDI, Arguments.STRIDE));
        a.load(R14, Mem.at(RDI, Arguments.TOKEN_BYTES));
        a.lea(R15, Mem.at(R14, R14, 2, 0));
        Label strip = a.here();
        a.load(rows.first(), Mem.at(RBX));
        rows.begin();
        a.load(R12, Mem.at(RDI, Arguments.RECORDS));
        a.lea(RCX, Mem.at(R12, R14, 4, 0));
        for (Vec sum : sums) {
            routine.zero(sum);
        }
        a.load(RBP, Mem.at(RBX, 8 * AHEAD));
        a.load(RAX, Mem.at(RDI, Arguments.BLOCKS));
        a.align(32);
        Label block = a.here();
        Fetch fetch = new Fetch(a, RBP, lanes.rows * format.blockBytes(), GROUP);
        FloatFormat.Sink sink = (column, values) -> {
            for (int q = 0; q < queries; q++) {
                OneToken.times(routine, sums[q], values, query(q, 4 * column));
            }
        };
        format.block(routine, rows, fetch.before(sink));
        fetch.advance();
        rows.advance(format.blockBytes());
        a.add(R12, 4 * GROUP);
        a.add(RCX, 4 * GROUP);
        a.dec(RAX);
        a.jump(Condition.NOT_ZERO, block);
        a.load(RAX, Mem.at(RDI, Arguments.OUTPUT));
        a.load(R12, Mem.at(RDI, Arguments.OUTPUT_BYTES));
        a.lea(RCX, Mem.at(RAX, lanes.bytes));
        a.store(Mem.at(RDI, Arguments.OUTPUT), RCX); // the next strip's
        for (Vec sum : sums) {
            a.op(VMOVUPS_STORE, Mem.at(RAX), sum);
            a.add(RAX, R12);
        }
        a.add(RBX, 8);
        a.dec(R13);
        a.jump(Condition.NOT_ZERO, strip);
        routine.leave();
        return a.finish();
    }

    private static Mem query(int query, int offset) {
        Gpr base = query < 4 ? R12 : RCX;
        return switch (query % 4) {
            case 0 -> Mem.at(base, offset);
            case 1 -> Mem.at(base, R14, 1, offset);
            case 2 -> Mem.at(base, R14, 2, offset);
            default -> Mem.at(base, R15, 1, offset);
        };
    }

    /**
     * Sums of values by weight. WEIGHTS is the table, UNITS its strips, BLOCKS how many times {@code strips} lanes make a
     * head. RECORDS are the weights of the first query, one f32 for each row.
     */
    static byte[] values(Lanes lanes, DType type, int queries, int strips) {
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        Vec[][] sums = new Vec[queries][];
        for (int q = 0; q < queries; q++) {
            sums[q] = routine.take(strips);
        }
        long partBytes = type == DType.Q8_0 ? type.bytes((long) strips * lanes.rows) : strips * type.bytes(lanes.rows);
        routine.enter();
        a.load(RSI, Mem.at(RDI, Arguments.STRIDE));
        a.load(R14, Mem.at(RDI, Arguments.TOKEN_BYTES));
        a.lea(R15, Mem.at(R14, R14, 2, 0));
        a.load(RBP, Mem.at(RDI, Arguments.OUTPUT));
        a.load(R9, Mem.at(RDI, Arguments.BLOCKS));
        a.mov(R10, 0); // bytes of a row that are done
        Label part = a.here();
        a.load(RBX, Mem.at(RDI, Arguments.WEIGHTS));
        a.load(R13, Mem.at(RDI, Arguments.UNITS));
        a.load(R12, Mem.at(RDI, Arguments.RECORDS));
        a.lea(RCX, Mem.at(R12, R14, 4, 0));
        for (Vec[] ofQuery : sums) {
            for (Vec sum : ofQuery) {
                routine.zero(sum);
            }
        }
        Label strip = a.here();
        a.load(R8, Mem.at(RBX));
        a.add(R8, R10);
        a.load(RDX, Mem.at(RBX, 8 * AHEAD));
        a.add(RDX, R10);
        a.mov(RAX, lanes.rows);
        a.align(32);
        Label row = a.here();
        for (long line = 0; line < partBytes; line += 64) {
            a.prefetch(Hint.T0, Mem.at(RDX, (int) line));
        }
        a.add(RDX, RSI);
        row(routine, type, sums);
        a.add(R8, RSI);
        a.add(R12, 4);
        if (queries > 4) {
            a.add(RCX, 4);
        }
        a.dec(RAX);
        a.jump(Condition.NOT_ZERO, row);
        a.add(RBX, 8);
        a.dec(R13);
        a.jump(Condition.NOT_ZERO, strip);
        a.mov(RAX, RBP);
        a.load(R11, Mem.at(RDI, Arguments.OUTPUT_BYTES));
        for (Vec[] ofQuery : sums) {
            for (int s = 0; s < strips; s++) {
                a.op(VMOVUPS_STORE, Mem.at(RAX, s * lanes.bytes), ofQuery[s]);
            }
            a.add(RAX, R11);
        }
        a.add(RBP, strips * lanes.bytes);
        a.add(R10, (int) partBytes);
        a.dec(R9);
        a.jump(Condition.NOT_ZERO, part);
        routine.leave();
        return a.finish();
    }

    /** Adds one row's values, at R8, to all sums: values in vectors where there is room for them, else weights. */
    private static void row(Routine routine, DType type, Vec[][] sums) {
        Assembler a = routine.a;
        Vec weight = routine.take();
        Vec value = routine.take();
        int strips = sums[0].length;
        for (int s = 0; s < strips; s++) {
            Values.load(routine, type, value, s, R8);
            for (int q = 0; q < sums.length; q++) {
                if (routine.lanes == Lanes.SIXTEEN) {
                    a.op(VFMADD231PS, sums[q][s], value, query(q, 0).toAll());
                } else {
                    a.op(VBROADCASTSS, weight, query(q, 0));
                    a.op(VFMADD231PS, sums[q][s], value, weight);
                }
            }
        }
        routine.give(weight, value);
    }
}
