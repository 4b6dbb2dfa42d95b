package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPSLLD;

import dev.puna.tensor.DType;

/** F32, F16 and BF16, taken apart eight columns at a time. */
final class FloatFormat {
    /** Columns taken at a time. */
    static final int RUN = 8;

    private final DType type;

    FloatFormat(DType type) {
        this.type = type;
    }

    /** Where the columns go, in order, f32. */
    interface Sink {
        void column(int column, Vec values);
    }

    int blockBytes() {
        return RUN * type.blockBytes();
    }

    /** Writes the code that hands eight columns of a strip's rows to {@code sink}. */
    void block(Routine routine, Rows rows, Sink sink) {
        Assembler a = routine.a;
        switch (type) {
            case F32 -> {
                for (int four = 0; four < RUN; four += 4) {
                    Vec[] columns = rows.columns(4 * four);
                    for (int i = 0; i < 4; i++) {
                        sink.column(four + i, columns[i]);
                    }
                    routine.give(columns);
                }
            }
            case F16 -> {
                Vec[] pairs = rows.columns(0);
                for (int i = 0; i < 4; i++) {
                    int pair = i;
                    routine.with(first -> {
                        routine.bothHalves(first, pairs[pair]);
                        sink.column(2 * pair, first);
                        sink.column(2 * pair + 1, pairs[pair]);
                    });
                }
                routine.give(pairs);
            }
            case BF16 -> {
                Vec[] pairs = rows.columns(0);
                for (int i = 0; i < 4; i++) {
                    int pair = i;
                    routine.with(first -> {
                        a.op(VPSLLD, first, pairs[pair], 16);
                        sink.column(2 * pair, first);
                        a.op(Op.VPBROADCASTD, first, a.constant(Routine.littleEndian(0xFFFF_0000)));
                        a.op(VPAND, pairs[pair], pairs[pair], first);
                        sink.column(2 * pair + 1, pairs[pair]);
                    });
                }
                routine.give(pairs);
            }
            case DType other -> throw new IllegalArgumentException(other.name());
        }
    }
}
