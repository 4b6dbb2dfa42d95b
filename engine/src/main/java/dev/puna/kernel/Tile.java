package dev.puna.kernel;

import static dev.puna.kernel.Lanes.BYTES;
import static dev.puna.kernel.Lanes.COUNT;
import static dev.puna.kernel.Lanes.F;
import static dev.puna.kernel.Lanes.load;
import static dev.puna.kernel.Lanes.put;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Products of F32 rows with F32 inputs, four rows and two inputs at a time: eight sums, four rows and an input fit the 16
 * registers of AVX2, and each load is used twice or four times. Whatever the tile, one product is summed lane by lane in
 * one vector, its lanes as {@link Lanes#sum} says, and what is left of the row after those: the same bits from every
 * tile.
 *
 * <p>The tiles leave their sums in memory, and another method adds up the lanes. In one method the two are more than the
 * JIT compiler inlines, and then every vector becomes an object.
 */
final class Tile {
    /** Bytes of scratch memory that {@link #products} needs. */
    static final long SUMS = 8L * BYTES;

    private Tile() {}

    /**
     * {@code y[t, r] = w[r] · x[t]} for all rows and inputs.
     *
     * @param n numbers in a row
     * @param w rows, {@code wStep} bytes apart from byte {@code w0}
     * @param x inputs, {@code xStep} bytes apart from byte {@code x0}
     * @param y row {@code r} of input {@code t} is at byte {@code y0 + 4 · r + t · yStep}
     * @param sums scratch memory of {@link #SUMS} bytes, aligned
     */
    static void products(
            int n,
            MemorySegment w,
            long w0,
            long wStep,
            int rows,
            MemorySegment x,
            long x0,
            long xStep,
            int inputs,
            MemorySegment y,
            long y0,
            long yStep,
            MemorySegment sums) {
        int whole = n - n % COUNT;
        for (int t = 0; t < inputs; t += 2) {
            long xt = x0 + t * xStep;
            long yt = y0 + t * yStep;
            boolean two = t + 1 < inputs;
            int r = 0;
            for (; r + 4 <= rows; r += 4) {
                if (two) {
                    fourByTwo(whole, w, w0 + r * wStep, wStep, x, xt, xStep, sums);
                    addLanes(sums, 4 * BYTES, y, yt + yStep + 4L * r, 4);
                } else {
                    fourByOne(whole, w, w0 + r * wStep, wStep, x, xt, sums);
                }
                addLanes(sums, 0, y, yt + 4L * r, 4);
            }
            for (; r < rows; r++) {
                for (int i = t; i < inputs && i < t + 2; i++) {
                    one(whole, w, w0 + r * wStep, x, x0 + i * xStep, sums);
                    addLanes(sums, 0, y, y0 + i * yStep + 4L * r, 1);
                }
            }
        }
        if (whole < n) {
            addRests(whole, n, w, w0, wStep, rows, x, x0, xStep, inputs, y, y0, yStep);
        }
    }

    private static void one(int n, MemorySegment w, long w0, MemorySegment x, long x0, MemorySegment sums) {
        FloatVector s = FloatVector.zero(F);
        for (int i = 0; i < n; i += COUNT) {
            s = load(w, w0 + 4L * i).fma(load(x, x0 + 4L * i), s);
        }
        put(s, sums, 0);
    }

    private static void fourByOne(
            int n, MemorySegment w, long w0, long step, MemorySegment x, long x0, MemorySegment sums) {
        long w1 = w0 + step;
        long w2 = w1 + step;
        long w3 = w2 + step;
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int i = 0; i < n; i += COUNT) {
            long at = 4L * i;
            FloatVector in = load(x, x0 + at);
            s0 = load(w, w0 + at).fma(in, s0);
            s1 = load(w, w1 + at).fma(in, s1);
            s2 = load(w, w2 + at).fma(in, s2);
            s3 = load(w, w3 + at).fma(in, s3);
        }
        put(s0, sums, 0);
        put(s1, sums, BYTES);
        put(s2, sums, 2 * BYTES);
        put(s3, sums, 3 * BYTES);
    }

    private static void fourByTwo(
            int n, MemorySegment w, long w0, long wStep, MemorySegment x, long x0, long xStep, MemorySegment sums) {
        long w1 = w0 + wStep;
        long w2 = w1 + wStep;
        long w3 = w2 + wStep;
        long x1 = x0 + xStep;
        FloatVector s00 = FloatVector.zero(F);
        FloatVector s10 = s00;
        FloatVector s20 = s00;
        FloatVector s30 = s00;
        FloatVector s01 = s00;
        FloatVector s11 = s00;
        FloatVector s21 = s00;
        FloatVector s31 = s00;
        for (int i = 0; i < n; i += COUNT) {
            long at = 4L * i;
            FloatVector in0 = load(x, x0 + at);
            FloatVector in1 = load(x, x1 + at);
            FloatVector row = load(w, w0 + at);
            s00 = row.fma(in0, s00);
            s01 = row.fma(in1, s01);
            row = load(w, w1 + at);
            s10 = row.fma(in0, s10);
            s11 = row.fma(in1, s11);
            row = load(w, w2 + at);
            s20 = row.fma(in0, s20);
            s21 = row.fma(in1, s21);
            row = load(w, w3 + at);
            s30 = row.fma(in0, s30);
            s31 = row.fma(in1, s31);
        }
        put(s00, sums, 0);
        put(s10, sums, BYTES);
        put(s20, sums, 2 * BYTES);
        put(s30, sums, 3 * BYTES);
        put(s01, sums, 4 * BYTES);
        put(s11, sums, 5 * BYTES);
        put(s21, sums, 6 * BYTES);
        put(s31, sums, 7 * BYTES);
    }

    private static void addLanes(MemorySegment sums, int from, MemorySegment y, long y0, int count) {
        for (int i = 0; i < count; i++) {
            y.set(JAVA_FLOAT, y0 + 4L * i, Lanes.sum(load(sums, from + (long) i * BYTES)));
        }
    }

    /** Adds what is left of each row when no whole vector is. */
    private static void addRests(
            int from,
            int n,
            MemorySegment w,
            long w0,
            long wStep,
            int rows,
            MemorySegment x,
            long x0,
            long xStep,
            int inputs,
            MemorySegment y,
            long y0,
            long yStep) {
        for (int t = 0; t < inputs; t++) {
            for (int r = 0; r < rows; r++) {
                long at = y0 + 4L * r + t * yStep;
                float sum = y.get(JAVA_FLOAT, at);
                for (int i = from; i < n; i++) {
                    sum += w.get(JAVA_FLOAT_UNALIGNED, w0 + r * wStep + 4L * i)
                            * x.get(JAVA_FLOAT, x0 + t * xStep + 4L * i);
                }
                y.set(JAVA_FLOAT, at, sum);
            }
        }
    }
}
