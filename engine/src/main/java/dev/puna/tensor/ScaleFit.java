package dev.puna.tensor;

/**
 * Finds the scale d that makes the squared error of x_i against d * level_i least, where level_i is the level nearest to
 * x_i / d. For given levels the best scale is sum(x * level) / sum(level^2), and the error is then sum(x^2) -
 * sum(x * level)^2 / sum(level^2). The error has many local minima in d, so scales that put the largest number near
 * either end of the levels are tried, and the best is refined by turns: levels for the scale, scale for the levels.
 */
final class ScaleFit {
    /** Scales tried for either end, between these two shares of the end's level. */
    private static final int TRIES = 24;

    private static final float LEAST_SHARE = 0.6f;
    private static final float MOST_SHARE = 1.1f;
    private static final int TURNS = 4;

    private final Levels levels;

    /** sum(x * level) and sum(level^2) of the last {@link #measure}. */
    private double product;

    private double square;

    ScaleFit(Levels levels) {
        this.levels = levels;
    }

    /** The best scale for {@code x[from .. from + count)}; 0 if all are 0. */
    float best(float[] x, int from, int count) {
        float extreme = 0;
        for (int i = from; i < from + count; i++) {
            if (Math.abs(x[i]) > Math.abs(extreme) || Float.isNaN(x[i])) {
                extreme = x[i];
            }
        }
        if (extreme == 0 || !Float.isFinite(extreme)) {
            return extreme;
        }
        float best = 0;
        double bestGain = -1;
        for (float end : new float[] {levels.least(), levels.most()}) {
            for (int i = 0; i < TRIES; i++) {
                float share = LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * i / (TRIES - 1);
                double gain = measure(x, from, count, extreme / (end * share));
                if (gain > bestGain) {
                    bestGain = gain;
                    best = (float) (product / square);
                }
            }
        }
        for (int turn = 0; turn < TURNS; turn++) {
            double gain = measure(x, from, count, best);
            if (gain <= bestGain) {
                break;
            }
            bestGain = gain;
            best = (float) (product / square);
        }
        return best;
    }

    /** How much of sum(x^2) the levels for this scale explain, with the best scale for those levels. */
    private double measure(float[] x, int from, int count, float scale) {
        float inverse = 1 / scale;
        product = 0;
        square = 0;
        for (int i = from; i < from + count; i++) {
            float level = levels.value(levels.nearest(x[i] * inverse));
            product += (double) x[i] * level;
            square += level * level;
        }
        return square == 0 ? -1 : product * product / square;
    }
}
