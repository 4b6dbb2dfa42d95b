package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.R10;
import static dev.puna.kernel.x86.Gpr.R11;
import static dev.puna.kernel.x86.Gpr.R12;
import static dev.puna.kernel.x86.Gpr.R13;
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

/**
 * Attention of one token, whose few query heads share each key and value as it is read: at the speed of memory, without
 * panels between. Strips of {@link KeyStrips#POSITIONS} cached positions lie where a table of addresses says. While some
 * are worked on, those that are needed a little later are fetched: behind the keys of a piece its values, behind these the
 * keys of the next head. Every sum is taken in the order in which {@link ManyTokens} takes it.
 *
 * <p>Both kernels: {@code (table, here, next, strips, input, output)}. {@code here} is to be added to the addresses of the
 * table, {@code next} to those of what is needed afterwards. An input row is a query, or its weights in a piece; an
 * output row its scores in a piece, or its sums.
 *
 * @param queries how many there are
 * @param head numbers of a head, a multiple of 32
 * @param piece positions of a piece
 */
record FewQueries(Lanes lanes, DType type, int queries, int head, int piece) {
    /** How far ahead is fetched: what memory delivers while a softmax is computed. */
    private static final int AHEAD_BYTES = 8192;

    /** Entries by which a table goes on behind its end, so that what is fetched ahead has an address. */
    static final int AHEAD = 8;

    /** How many queries there may be: their sums, for two vectors of positions, leave room for two values. */
    static int most(Lanes lanes) {
        return lanes == Lanes.SIXTEEN ? 8 : 4;
    }

    private int stripBytes() {
        return KeyStrips.groupBytes(type) * head / KeyStrips.GROUP;
    }

    /** Strips ahead. */
    private int ahead() {
        return Math.clamp(AHEAD_BYTES / stripBytes(), 1, AHEAD);
    }

    /**
     * Where the strip is that is fetched while that of {@code R12} is worked on: that many ahead, or in what is needed
     * next, whose strips the table tells from its beginning. {@code RCX} counts the strips that are left.
     */
    private void fetched(Assembler a, Gpr target) {
        Label inTable = new Label();
        Label found = new Label();
        a.cmp(RCX, ahead());
        a.jump(Condition.GREATER, inTable);
        a.mov(RAX, ahead());
        a.sub(RAX, RCX);
        a.load(target, Mem.at(RDI, RAX, 8, 0));
        a.add(target, RDX);
        a.jump(found);
        a.bind(inTable);
        a.load(target, Mem.at(R12, 8 * ahead()));
        a.add(target, RSI);
        a.bind(found);
    }

    /** Fetches the lines that begin in some bytes behind {@code at}, {@code from} bytes behind a line's beginning. */
    private static void fetch(Assembler a, Gpr at, int from, int bytes) {
        for (int line = Math.ceilDiv(from, 64) * 64; line < from + bytes; line += 64) {
            a.prefetch(Hint.T0, Mem.at(at, line));
        }
    }

    /** Scores: keys times queries, two vectors of positions at a time. */
    byte[] keys() {
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        Vec[] scales = type == DType.Q8_0 ? routine.take(2) : new Vec[2];
        Vec[] values = routine.take(2);
        Vec[][] sums = new Vec[queries][];
        for (int q = 0; q < queries; q++) {
            sums[q] = routine.take(2);
        }
        int numberBytes = KeyStrips.numberBytes(type);
        routine.enter();
        a.mov(R12, RDI);
        Label strip = a.here();
        fetched(a, R11);
        for (int first = 0; first < KeyStrips.POSITIONS; first += 2 * lanes.rows) {
            boolean fetching = first == 0;
            a.load(R10, Mem.at(R12));
            a.add(R10, RSI);
            for (Vec[] ofQuery : sums) {
                routine.zero(ofQuery[0]);
                routine.zero(ofQuery[1]);
            }
            a.mov(RBP, R8);
            a.mov(RBX, head / KeyStrips.GROUP);
            a.align(32);
            Label group = a.here();
            if (type == DType.Q8_0) {
                if (fetching) {
                    fetch(a, R11, 0, KeyStrips.scaleBytes(type));
                    a.add(R11, KeyStrips.scaleBytes(type));
                }
                KeyStrips.scales(routine, scales[0], R10, first);
                KeyStrips.scales(routine, scales[1], R10, first + lanes.rows);
                a.add(R10, KeyStrips.scaleBytes(type));
            }
            a.mov(RAX, KeyStrips.GROUP / KeyStrips.AT_A_TIME);
            Label some = a.here();
            for (int number = 0; number < KeyStrips.AT_A_TIME; number++) {
                Mem source = Mem.at(R10, number * numberBytes);
                KeyStrips.number(routine, type, values[0], source, first, scales[0]);
                KeyStrips.number(routine, type, values[1], source, first + lanes.rows, scales[1]);
                if (fetching) {
                    fetch(a, R11, number * numberBytes, numberBytes);
                }
                for (int q = 0; q < queries; q++) {
                    Vec query = routine.take();
                    a.op(VBROADCASTSS, query, Mem.at(RBP, 4 * (q * head + number)));
                    a.op(VFMADD231PS, sums[q][0], values[0], query);
                    a.op(VFMADD231PS, sums[q][1], values[1], query);
                    routine.give(query);
                }
            }
            a.add(R10, KeyStrips.AT_A_TIME * numberBytes);
            if (fetching) {
                a.add(R11, KeyStrips.AT_A_TIME * numberBytes);
            }
            a.add(RBP, 4 * KeyStrips.AT_A_TIME);
            a.dec(RAX);
            a.jump(Condition.NOT_ZERO, some);
            a.dec(RBX);
            a.jump(Condition.NOT_ZERO, group);
            for (int q = 0; q < queries; q++) {
                a.op(VMOVUPS_STORE, Mem.at(R9, 4 * piece * q), sums[q][0]);
                a.op(VMOVUPS_STORE, Mem.at(R9, 4 * piece * q + lanes.bytes), sums[q][1]);
            }
            a.add(R9, 2 * lanes.bytes);
        }
        a.add(R12, 8);
        a.dec(RCX);
        a.jump(Condition.NOT_ZERO, strip);
        routine.leave();
        return a.finish();
    }

    /** Vectors of a value that are summed up at a time: a divisor of all. Beside the sums there are weights and two values. */
    private int vectors() {
        int all = head / lanes.rows;
        int vectors = all;
        while (all % vectors != 0 || queries * (vectors + 1) + 2 > lanes.registers) {
            vectors--;
        }
        return vectors;
    }

    private static final int ROWS_AT_A_TIME = 4;

    /** Sums of values by weight; a value in several parts where there are not vectors enough. */
    byte[] values() {
        Routine routine = new Routine(lanes);
        Assembler a = routine.a;
        int vectors = vectors();
        int rowBytes = (int) type.bytes(head);
        Vec[][] sums = new Vec[queries][];
        for (int q = 0; q < queries; q++) {
            sums[q] = routine.take(vectors);
        }
        routine.enter();
        a.mov(R13, RCX);
        for (int first = 0; first < head / lanes.rows; first += vectors) {
            boolean fetching = first == 0;
            a.mov(R12, RDI);
            a.mov(RCX, R13);
            a.mov(RBP, R8);
            for (Vec[] ofQuery : sums) {
                for (Vec sum : ofQuery) {
                    routine.zero(sum);
                }
            }
            Label strip = a.here();
            a.load(R10, Mem.at(R12));
            a.add(R10, RSI);
            if (fetching) {
                fetched(a, R11);
            }
            a.mov(RAX, KeyStrips.POSITIONS / ROWS_AT_A_TIME);
            a.align(32);
            Label rows = a.here();
            for (int row = 0; row < ROWS_AT_A_TIME; row++) {
                Vec[] weights = routine.take(queries);
                for (int q = 0; q < queries; q++) {
                    a.op(VBROADCASTSS, weights[q], Mem.at(RBP, 4 * (q * piece + row)));
                }
                if (fetching) {
                    fetch(a, R11, row * rowBytes, rowBytes);
                }
                for (int i = 0; i < vectors; i++) {
                    Vec value = routine.take();
                    Values.load(routine, type, value, first + i, R10, row * rowBytes);
                    for (int q = 0; q < queries; q++) {
                        a.op(VFMADD231PS, sums[q][i], value, weights[q]);
                    }
                    routine.give(value);
                }
                routine.give(weights);
            }
            a.add(R10, ROWS_AT_A_TIME * rowBytes);
            if (fetching) {
                a.add(R11, ROWS_AT_A_TIME * rowBytes);
            }
            a.add(RBP, 4 * ROWS_AT_A_TIME);
            a.dec(RAX);
            a.jump(Condition.NOT_ZERO, rows);
            a.add(R12, 8);
            a.dec(RCX);
            a.jump(Condition.NOT_ZERO, strip);
            for (int q = 0; q < queries; q++) {
                for (int i = 0; i < vectors; i++) {
                    a.op(VMOVUPS_STORE, Mem.at(R9, 4 * head * q + (first + i) * lanes.bytes), sums[q][i]);
                }
            }
        }
        routine.leave();
        return a.finish();
    }
}
