package dev.puna.kernel.x86;

import static dev.puna.kernel.x86.Op.VCVTDQ2PS;
import static dev.puna.kernel.x86.Op.VFMADD231PS;
import static dev.puna.kernel.x86.Op.VMULPS;

/** How whole sums count by their scales, in f32: the same at every level without tiles, whatever multiplied them. */
final class Scales {
    private Scales() {}

    /**
     * {@code sum += Σ(total · scale) · d + weights · z + Σ(minimum · dΣq)} for each strip. What belongs to the token is
     * loaded once for all strips.
     */
    static void count(Routine routine, Activations form, Vec[] sums, Products.Run[] runs, Mem record) {
        Assembler a = routine.a;
        routine.with(d -> {
            routine.ofToken(d, record, form.scale());
            for (int strip = 0; strip < sums.length; strip++) {
                add(routine, sums[strip], runs[strip], d);
            }
        });
        routine.with(factor -> {
            if (form.hasMiddle()) {
                routine.ofToken(factor, record, form.middle());
                for (int strip = 0; strip < sums.length; strip++) {
                    a.op(VFMADD231PS, sums[strip], factor, runs[strip].weights());
                }
            }
            for (int half = 0; half < runs[0].minima().length; half++) {
                routine.ofToken(factor, record, form.sum(half));
                for (int strip = 0; strip < sums.length; strip++) {
                    a.op(VFMADD231PS, sums[strip], factor, runs[strip].minima()[half]);
                }
            }
        });
    }

    /** {@code sum += Σ(total · scale) · d}, the halves in their order. */
    private static void add(Routine routine, Vec sum, Products.Run run, Vec d) {
        Assembler a = routine.a;
        Operand[] totals = run.totals();
        routine.in(totals[0], first -> {
            a.op(VCVTDQ2PS, first, totals[0]);
            a.op(VMULPS, first, first, run.scales()[0]);
            for (int half = 1; half < totals.length; half++) {
                Operand total = totals[half];
                Operand scale = run.scales()[half];
                routine.in(total, whole -> {
                    a.op(VCVTDQ2PS, whole, total);
                    a.op(VFMADD231PS, first, whole, scale);
                });
            }
            a.op(VFMADD231PS, sum, first, d);
        });
    }
}
