package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPSLLD;

import dev.puna.tensor.DType;

/** F32, F16 and BF16, taken apart 32 columns at a time; Q8_0 as well, for a cache of that type. */
final class FloatFormat {
    private final DType type;
    private final Routine routine;
    /** For F16. */
    private final Vec[] order;

    FloatFormat(Routine routine, DType type) {
        this.routine = routine;
        this.type = type;
        this.order = type == DType.F16 ? Rows.orders(routine) : new Vec[0];
    }

    /** Where the columns go, in order, f32. */
    interface Sink {
        void column(int column, Vec values);
    }

    int blockBytes() {
        return (int) type.bytes(Activations.FLOATS.columns);
    }

    /** Writes the code that hands 32 columns of a strip's rows to {@code sink}. */
    void block(Rows rows, Sink sink) {
        switch (type) {
            case Q8_0 -> bytes(routine, rows, sink);
            case F16 -> rows.halves(0, order, sink::column);
            default -> lines(rows, sink);
        }
    }

    private void lines(Rows rows, Sink sink) {
        for (int line = 0; line < blockBytes() / Rows.LINE; line++) {
            int first = line * Rows.LINE / type.blockBytes();
            rows.line(line * Rows.LINE, (lane, values) -> {
                switch (type) {
                    case F32 -> sink.column(first + lane, values);
                    case BF16 ->
                        routine.with(low -> {
                            Assembler a = routine.a;
                            a.op(VPSLLD, low, values, 16);
                            sink.column(first + 2 * lane, low);
                            a.op(Op.VPBROADCASTD, low, a.constant(Routine.littleEndian(0xFFFF_0000)));
                            a.op(VPAND, values, values, low);
                            sink.column(first + 2 * lane + 1, values);
                        });
                    default -> throw new IllegalArgumentException(type.name());
                }
            });
        }
    }

    private static void bytes(Routine routine, Rows rows, Sink sink) {
        Vec scale = rows.column(0, 0);
        routine.lowHalves(scale, scale);
        for (int half = 0; half < 2; half++) {
            Vec[] columns = rows.columns(2 + 16 * half);
            for (int i = 0; i < 16; i++) {
                int column = i;
                Vec four = columns[i / 4];
                int first = 16 * half;
                routine.with(number -> {
                    routine.signedByteOfLane(number, four, column % 4);
                    routine.scaled(number, number, scale);
                    sink.column(first + column, number);
                });
            }
            routine.give(columns);
        }
        routine.give(scale);
    }
}
