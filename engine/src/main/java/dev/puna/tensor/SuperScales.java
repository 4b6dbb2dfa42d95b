package dev.puna.tensor;

/**
 * Fits 256 numbers cut into sub-blocks: x = d * s * level, with one float d (an f16), a whole number s for each sub-block
 * and a level for each number. First every sub-block gets its own best scale; the largest sets d. Then by turns: each s
 * is the best of its neighbourhood for d, and d is the least-squares answer to all s and levels.
 */
final class SuperScales {
    static final int SIZE = 256;

    private static final int TURNS = 3;

    private final Levels levels;
    private final int leastScale;
    private final int mostScale;
    private final int subSize;
    private final ScaleFit fit;

    /** What {@link #fit} found. */
    final int[] scales;

    final int[] indices = new int[SIZE];
    float d;

    private final float[] own;

    SuperScales(Levels levels, int subSize, int leastScale, int mostScale) {
        this.levels = levels;
        this.subSize = subSize;
        this.leastScale = leastScale;
        this.mostScale = mostScale;
        this.fit = new ScaleFit(levels);
        this.scales = new int[SIZE / subSize];
        this.own = new float[SIZE / subSize];
    }

    void fit(float[] x) {
        float extreme = 0;
        for (int sub = 0; sub < scales.length; sub++) {
            own[sub] = fit.best(x, sub * subSize, subSize);
            if (Math.abs(own[sub]) > Math.abs(extreme) || Float.isNaN(own[sub])) {
                extreme = own[sub];
            }
        }
        d = F16.nearest(extreme / leastScale);
        float best = d;
        double bestError = Double.POSITIVE_INFINITY;
        for (int turn = 0; turn < TURNS; turn++) {
            double error = chooseScales(x);
            if (error < bestError) {
                bestError = error;
                best = d;
            }
            d = F16.nearest(leastSquares(x));
        }
        if (!(chooseScales(x) < bestError)) {
            d = best;
            chooseScales(x);
        }
        for (int i = 0; i < SIZE; i++) {
            indices[i] = levels.nearest(x[i] * inverse(d * scales[i / subSize]));
        }
    }

    /** Sets the best scale of each sub-block for d; returns the squared error. */
    private double chooseScales(float[] x) {
        double total = 0;
        for (int sub = 0; sub < scales.length; sub++) {
            int near = Math.clamp((int) Math.rint(own[sub] * inverse(d)), leastScale, mostScale);
            double least = Double.POSITIVE_INFINITY;
            scales[sub] = near;
            for (int s = Math.max(near - 1, leastScale); s <= Math.min(near + 1, mostScale); s++) {
                double error = error(x, sub, d * s);
                if (error < least) {
                    least = error;
                    scales[sub] = s;
                }
            }
            total += least;
        }
        return total;
    }

    private double error(float[] x, int sub, float scale) {
        float inverse = inverse(scale);
        double error = 0;
        for (int i = sub * subSize; i < (sub + 1) * subSize; i++) {
            float difference = x[i] - scale * levels.value(levels.nearest(x[i] * inverse));
            error += difference * difference;
        }
        return error;
    }

    /** The best d for the scales chosen and the levels they lead to. */
    private float leastSquares(float[] x) {
        double product = 0;
        double square = 0;
        for (int i = 0; i < SIZE; i++) {
            int s = scales[i / subSize];
            double level = s * levels.value(levels.nearest(x[i] * inverse(d * s)));
            product += x[i] * level;
            square += level * level;
        }
        return square == 0 ? d : (float) (product / square);
    }

    /** A scale of zero makes every number zero, whichever level it has. */
    private static float inverse(float scale) {
        return scale == 0 ? 0 : 1 / scale;
    }
}
