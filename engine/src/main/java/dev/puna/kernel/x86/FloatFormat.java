package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPSLLD;

import dev.puna.tensor.DType;

/** F32, F16 and BF16, taken apart 32 columns at a time. */
final class FloatFormat {
    private final DType type;

    FloatFormat(DType type) {
        this.type = type;
    }

    /** Where the columns go, in order, f32. */
    interface Sink {
        void column(int column, Vec values);
    }

    int blockBytes() {
        return Record.FLOATS.columns * type.blockBytes();
    }

    /** Writes the code that hands 32 columns of a strip's rows to {@code sink}. */
    void block(Routine routine, Rows rows, Sink sink) {
        for (int line = 0; line < blockBytes() / Rows.LINE; line++) {
            int first = line * Rows.LINE / type.blockBytes();
            rows.line(line * Rows.LINE, (lane, values) -> {
                switch (type) {
                    case F32 -> sink.column(first + lane, values);
                    case F16 ->
                        routine.with(low -> {
                            routine.bothHalves(low, values);
                            sink.column(first + 2 * lane, low);
                            sink.column(first + 2 * lane + 1, values);
                        });
                    case BF16 ->
                        routine.with(low -> {
                            Assembler a = routine.a;
                            a.op(VPSLLD, low, values, 16);
                            sink.column(first + 2 * lane, low);
                            a.op(Op.VPBROADCASTD, low, a.constant(Routine.littleEndian(0xFFFF_0000)));
                            a.op(VPAND, values, values, low);
                            sink.column(first + 2 * lane + 1, values);
                        });
                    case DType other -> throw new IllegalArgumentException(other.name());
                }
            });
        }
    }
}
