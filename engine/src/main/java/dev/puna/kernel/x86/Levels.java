package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VPADDD;
import static dev.puna.kernel.x86.Op.VPAND;
import static dev.puna.kernel.x86.Op.VPOR;
import static dev.puna.kernel.x86.Op.VPSLLD;
import static dev.puna.kernel.x86.Op.VPSRLW;

import dev.puna.tensor.DType;

/** IQ4_XS: eight runs of nibbles as in IQ4_NL, with scales of 6 bits before them. */
final class Levels implements Format {
    private final Codes codes;
    private final Vec mask;
    private final Nibbles.Table table;

    Levels(Routine routine) {
        this.codes = Nibbles.levels();
        this.mask = routine.allBytes(15);
        this.table = new Nibbles.Table(routine, Nibbles.levels(codes));
    }

    @Override
    public DType type() {
        return DType.IQ4_XS;
    }

    @Override
    public Codes codes() {
        return codes;
    }

    @Override
    public void block(Routine routine, Rows rows, Sink sink, Mem scratch) {
        Assembler a = routine.a;
        scales(routine, rows, sink);
        Vec[] pairs = new Vec[0];
        for (int run = 0; run < 8; run++) {
            if (run % 2 == 0) {
                pairs = rows.wide(8 + 16 * run);
            }
            Vec nibble = routine.take();
            for (int group = 0; group < Codes.GROUPS; group++) {
                Vec pair = pairs[run % 2 * 4 + group % 4];
                if (group >= 4) {
                    a.op(VPSRLW, pair, pair, 4);
                }
                a.op(VPAND, nibble, pair, mask);
                table.look(nibble);
                sink.codes(run, group, nibble);
            }
            routine.give(nibble);
            if (run % 2 == 1) {
                routine.give(pairs);
            }
        }
    }

    /** The low four bits of scale r are bits {@code 4r} of the second lane, its upper two bits {@code 16 + 2r} of the first. */
    private static void scales(Routine routine, Rows rows, Sink sink) {
        Assembler a = routine.a;
        Vec[] head = rows.columns(0);
        Vec d = head[2];
        routine.lowHalves(d, head[0]);
        Vec upper = head[3];
        for (int i = 0; i < 8; i++) {
            int run = i;
            routine.with(number -> {
                routine.bitsOfLane(number, head[1], 4 * run, 4);
                routine.bitsOfLane(upper, head[0], 16 + 2 * run, 2);
                a.op(VPSLLD, upper, upper, 4);
                a.op(VPOR, number, number, upper);
                a.op(Op.VPBROADCASTD, upper, a.constant(Routine.littleEndian(-32)));
                a.op(VPADDD, number, number, upper);
                routine.scaled(number, number, d);
                sink.scale(run, 0, number);
            });
        }
        routine.give(head);
    }
}
