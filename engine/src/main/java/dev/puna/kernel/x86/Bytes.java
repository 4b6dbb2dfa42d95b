package dev.puna.kernel.x86;

import dev.puna.tensor.DType;

/** Q8_0: a scale (f16) and 32 bytes with their signs. */
final class Bytes implements Format {

    @Override
    public DType type() {
        return DType.Q8_0;
    }

    @Override
    public Codes codes() {
        return new Codes(8, 0, 1, false);
    }

    @Override
    public void block(Routine routine, Rows rows, Sink sink, Mem scratch) {
        Vec scales;
        if (routine.lanes == Lanes.EIGHT) {
            scales = rows.numbers(0);
        } else {
            scales = rows.column(0, 0);
            routine.lowHalves(scales, scales);
        }
        sink.scale(0, 0, scales);
        routine.give(scales);
        for (int half = 0; half < 2; half++) {
            Vec[] columns = rows.columns(2 + 16 * half);
            for (int i = 0; i < 4; i++) {
                sink.codes(0, 4 * half + i, columns[i]);
            }
            routine.give(columns);
        }
    }
}
