package dev.puna.tensor;

/**
 * Fits 256 numbers cut into sub-blocks: x = d * s * q - dmin * m, with two floats d and dmin (f16), two whole numbers s
 * and m for each sub-block and q from 0 to {@code top} for each number. First every sub-block gets its own best line; the
 * largest set d and dmin. Then by turns: each s and m are the best of their neighbourhood, and d and dmin are the
 * least-squares answer to all of them.
 */
final class SuperLines {
    static final int SIZE = 256;

    private static final int TURNS = 3;

    private final int top;
    private final int mostScale;
    private final int subSize;
    private final LineFit fit;

    /** What {@link #fit} found. */
    final int[] scales;

    final int[] minima;
    final int[] quants = new int[SIZE];
    float d;
    float dmin;

    private final float[] ownScale;
    private final float[] ownMinimum;

    SuperLines(int top, int subSize, int mostScale) {
        this.top = top;
        this.subSize = subSize;
        this.mostScale = mostScale;
        this.fit = new LineFit(top, true);
        this.scales = new int[SIZE / subSize];
        this.minima = new int[SIZE / subSize];
        this.ownScale = new float[SIZE / subSize];
        this.ownMinimum = new float[SIZE / subSize];
    }

    void fit(float[] x) {
        float widest = 0;
        float deepest = 0;
        for (int sub = 0; sub < scales.length; sub++) {
            fit.best(x, sub * subSize, subSize);
            ownScale[sub] = fit.scale();
            ownMinimum[sub] = -fit.minimum();
            widest = Math.max(widest, ownScale[sub]);
            deepest = Math.max(deepest, ownMinimum[sub]);
        }
        d = F16.nearest(widest / mostScale);
        dmin = F16.nearest(deepest / mostScale);
        float bestD = d;
        float bestDmin = dmin;
        double bestError = Double.POSITIVE_INFINITY;
        for (int turn = 0; turn < TURNS; turn++) {
            double error = chooseLines(x);
            if (error < bestError) {
                bestError = error;
                bestD = d;
                bestDmin = dmin;
            }
            leastSquares(x);
        }
        if (!(chooseLines(x) < bestError)) {
            d = bestD;
            dmin = bestDmin;
            chooseLines(x);
        }
        for (int i = 0; i < SIZE; i++) {
            int sub = i / subSize;
            quants[i] = nearest(x[i], inverse(d * scales[sub]), dmin * minima[sub]);
        }
    }

    /** Sets the best scale and minimum of each sub-block for d and dmin; returns the squared error. */
    private double chooseLines(float[] x) {
        double total = 0;
        for (int sub = 0; sub < scales.length; sub++) {
            int s = Math.clamp((int) Math.rint(ownScale[sub] * inverse(d)), 0, mostScale);
            int m = Math.clamp((int) Math.rint(ownMinimum[sub] * inverse(dmin)), 0, mostScale);
            double least = Double.POSITIVE_INFINITY;
            scales[sub] = s;
            minima[sub] = m;
            for (int i = Math.max(s - 1, 0); i <= Math.min(s + 1, mostScale); i++) {
                for (int j = Math.max(m - 1, 0); j <= Math.min(m + 1, mostScale); j++) {
                    double error = error(x, sub, d * i, dmin * j);
                    if (error < least) {
                        least = error;
                        scales[sub] = i;
                        minima[sub] = j;
                    }
                }
            }
            total += least;
        }
        return total;
    }

    private double error(float[] x, int sub, float scale, float minimum) {
        float inverse = inverse(scale);
        double error = 0;
        for (int i = sub * subSize; i < (sub + 1) * subSize; i++) {
            float difference = x[i] + minimum - scale * nearest(x[i], inverse, minimum);
            error += difference * difference;
        }
        return error;
    }

    /** Sets the best d and dmin for the scales and minima chosen and the q they lead to. */
    private void leastSquares(float[] x) {
        double aa = 0;
        double ab = 0;
        double bb = 0;
        double ax = 0;
        double bx = 0;
        for (int i = 0; i < SIZE; i++) {
            int sub = i / subSize;
            double a = scales[sub] * (double) nearest(x[i], inverse(d * scales[sub]), dmin * minima[sub]);
            double b = -minima[sub];
            aa += a * a;
            ab += a * b;
            bb += b * b;
            ax += a * x[i];
            bx += b * x[i];
        }
        double determinant = aa * bb - ab * ab;
        if (determinant > 1e-9 * aa * bb) {
            d = F16.nearest((float) ((ax * bb - bx * ab) / determinant));
            dmin = F16.nearest((float) ((bx * aa - ax * ab) / determinant));
        } else if (aa > 0) {
            d = F16.nearest((float) (ax / aa));
        }
    }

    private int nearest(float x, float inverse, float minimum) {
        return Math.clamp((int) Math.rint((x + minimum) * inverse), 0, top);
    }

    /** A scale of zero leaves the minimum alone, whichever q a number has. */
    private static float inverse(float scale) {
        return scale == 0 ? 0 : 1 / scale;
    }
}
