package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPSRLW;

import dev.puna.tensor.DType;
import java.util.Arrays;

/** Q5_0 and Q5_1: a scale, perhaps a minimum, 32 fifth bits, then nibbles as in Q4_0. */
final class Fives implements Format {
    private final DType type;
    private final Codes codes;
    private final Vec mask;
    private final FifthBits fifths;

    Fives(DType type, Routine routine) {
        this.type = type;
        boolean minima = type == DType.Q5_1;
        this.codes = new Codes(5, minima ? 0 : 16, 1, minima);
        this.mask = routine.allBytes(15);
        this.fifths = new FifthBits(routine);
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
        Vec[] end = rows.end(type.blockBytes(), 2);
        Nibbles.numbers(routine, rows, codes, end, sink);
        Vec bits = routine.lanes == Lanes.EIGHT ? rows.column(type.blockBytes() - 20, 0) : end[1];
        Vec[] pairs = Arrays.copyOfRange(end, end.length - 4, end.length);
        Vec code = routine.take();
        Vec spare = routine.take();
        for (int group = 0; group < Codes.GROUPS; group++) {
            Vec pair = pairs[group % 4];
            if (group >= 4) {
                a.op(VPSRLW, pair, pair, 4);
            }
            fifths.of(code, bits, group);
            routine.orMasked(code, pair, mask, spare);
            sink.codes(0, group, code);
        }
        routine.give(code, spare, bits);
        routine.give(pairs);
    }
}
