package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Gpr.RCX;
import static dev.puna.kernel.x86.Op.VCVTPH2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMOVUPS;
import static dev.puna.kernel.x86.Op.VPMOVZXWD;
import static dev.puna.kernel.x86.Op.VPSHUFD;
import static dev.puna.kernel.x86.Op.VPSLLD;

import dev.puna.tensor.DType;
import java.util.Arrays;

/**
 * Four or eight rows of floats times one token, at 16 lanes, as {@link FourRows}: sixteen columns of each of four rows as they lie,
 * turned within their four parts only. Part p of a sum has columns 4p to 4p + 3 of every sixteen.
 */
final class FloatRows {
    /**
     * Rows of a unit. A sum waits for itself, so two take turns where a line of memory has many numbers; else the fewer rows the
     * better.
     */
    static int rows(DType type) {
        return type == DType.F32 ? FourRows.ROWS : 2 * FourRows.ROWS;
    }

    private static final int SIXTEEN = 16;

    private FloatRows() {}

    static byte[] kernel(DType type) {
        Routine routine = new Routine(Lanes.SIXTEEN);
        Assembler a = routine.a;
        Vec[][] sums = new Vec[rows(type) / FourRows.ROWS][];
        Arrays.setAll(sums, _ -> routine.take(1));
        int columns = Activations.FLOATS.columns;
        int joined = Abreast.BLOCKS * Plan.panelRuns(Activations.FOURTHS) * Activations.FOURTHS.columns / columns;
        int pieces = columns / SIXTEEN * sums.length;
        int blockBytes = (int) type.bytes(columns);
        return FourRows.units(routine, sums, blockBytes, Activations.FLOATS.bytes, joined, 0, pieces, fetch -> {
            for (int column = 0; column < columns; column += SIXTEEN) {
                Vec[][] weights = new Vec[sums.length][];
                for (int i = 0; i < sums.length; i++) {
                    weights[i] = sixteen(routine, type, FourRows.FOURS[i], column);
                    fetch.piece();
                }
                for (int k = 0; k < 4; k++) {
                    Vec activations = routine.take();
                    a.op(VPSHUFD, activations, Mem.at(RCX, 4 * column), 0b01_01_01_01 * k);
                    for (int i = 0; i < sums.length; i++) {
                        a.op(VFMADD231PS, sums[i][0], weights[i][k], activations);
                    }
                    routine.give(activations);
                }
                for (Vec[] four : weights) {
                    routine.give(four);
                }
            }
        });
    }

    /** Four vectors: lane (p, r) of the k-th is column {@code first + 4p + k} of row r. */
    private static Vec[] sixteen(Routine routine, DType type, Gpr rows, int first) {
        Assembler a = routine.a;
        Vec[] v = routine.take(FourRows.ROWS);
        for (int row = 0; row < v.length; row++) {
            Mem from = LineBlock.row(rows, row, (int) type.bytes(first));
            switch (type) {
                case F32 -> a.op(VMOVUPS, v[row], from);
                case F16 -> a.op(VCVTPH2PS, v[row], from);
                case BF16 -> {
                    a.op(VPMOVZXWD, v[row], from);
                    a.op(VPSLLD, v[row], v[row], 16);
                }
                default -> throw new IllegalArgumentException(type.name());
            }
        }
        Rows.turn(routine, v);
        return v;
    }
}
