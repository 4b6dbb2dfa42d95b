package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPSRLW;

import dev.puna.tensor.DType;
import java.util.Arrays;

/** Q5_0 and Q5_1: a scale, perhaps a minimum, 32 fifth bits, then nibbles as in Q4_0. */
final class Fives implements Format {
    private final DType type;
    private final Codes codes;
    private final Vec mask;
    private final Vec table;

    Fives(DType type, Routine routine) {
        this.type = type;
        boolean minima = type == DType.Q5_1;
        this.codes = new Codes(5, minima ? 0 : 16, 1, minima);
        this.mask = routine.allBytes(15);
        this.table = routine.fifthTable();
    }

    @Override
    public DType type() {
        return type;
    }

    @Override
    public Codes codes() {
        return codes;
    }

    @Override
    public void block(Routine routine, Rows rows, Sink sink, Mem scratch) {
        Assembler a = routine.a;
        Vec[] end = rows.wide(type.blockBytes() - Rows.WIDE, 2);
        Vec bits = end[1];
        routine.with(number -> {
            if (codes.minima()) {
                routine.lowHalves(number, end[0]);
                sink.scale(0, 0, number);
                routine.highHalves(number, end[0]);
                sink.minimum(0, 0, number);
            } else {
                routine.highHalves(number, end[0]);
                sink.scale(0, 0, number);
            }
        });
        routine.give(end[0]);
        Vec[] pairs = Arrays.copyOfRange(end, 2, 6);
        Vec code = routine.take();
        Vec spare = routine.take();
        for (int group = 0; group < Codes.GROUPS; group++) {
            Vec pair = pairs[group % 4];
            if (group >= 4) {
                a.op(VPSRLW, pair, pair, 4);
            }
            routine.fifthBits(code, bits, group, table);
            routine.orMasked(code, pair, mask, spare);
            sink.codes(0, group, code);
        }
        routine.give(code, spare, bits);
        routine.give(pairs);
    }
}
