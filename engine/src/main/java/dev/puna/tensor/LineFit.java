package dev.puna.tensor;

/**
 * Finds scale d and minimum m that make the squared error of x_i against d * q_i + m least, where q_i is the whole number
 * from 0 to {@code top} nearest to (x_i - m) / d. For given q it is the straight line of least squares. Lines that span the
 * numbers, or cut off a little at either end, are tried, and the best is refined by turns: q for the line, line for the q.
 */
final class LineFit {
    /** The ends tried: cut off by -1 to TRIES - 1 times TRY steps each. */
    private static final int TRIES = 6;

    private static final double TRY = 0.3;
    private static final int TURNS = 4;

    private final int top;
    private final boolean minimumAtMostZero;

    /** The line of the last {@link #best}, or of the last {@link #measure}. */
    private double scale;

    private double minimum;

    LineFit(int top, boolean minimumAtMostZero) {
        this.top = top;
        this.minimumAtMostZero = minimumAtMostZero;
    }

    float scale() {
        return (float) scale;
    }

    float minimum() {
        return (float) minimum;
    }

    /** Finds the best line for {@code x[from .. from + count)}. */
    void best(float[] x, int from, int count) {
        float least = x[from];
        float most = x[from];
        for (int i = from + 1; i < from + count; i++) {
            least = Math.min(least, x[i]);
            most = Math.max(most, x[i]);
        }
        if (minimumAtMostZero) {
            least = Math.min(least, 0);
            most = Math.max(most, 0);
        }
        scale = most == least ? 0 : ((double) most - least) / top;
        minimum = least;
        if (scale == 0 || !Double.isFinite(scale)) {
            return;
        }
        double bestError = Double.POSITIVE_INFINITY;
        double bestScale = scale;
        double bestMinimum = minimum;
        double step = scale;
        for (int i = -1; i < TRIES; i++) {
            for (int j = -1; j < TRIES; j++) {
                double low = least + i * TRY * step;
                double high = most - j * TRY * step;
                double error = high > low ? measure(x, from, count, (high - low) / top, low) : Double.POSITIVE_INFINITY;
                if (error < bestError) {
                    bestError = error;
                    bestScale = scale;
                    bestMinimum = minimum;
                }
            }
        }
        for (int turn = 0; turn < TURNS; turn++) {
            double error = measure(x, from, count, bestScale, bestMinimum);
            if (!(error < bestError)) {
                break;
            }
            bestError = error;
            bestScale = scale;
            bestMinimum = minimum;
        }
        scale = bestScale;
        minimum = bestMinimum;
    }

    /** Sets scale and minimum to the best line for the q of the given line, and returns its squared error. */
    private double measure(float[] x, int from, int count, double d, double m) {
        double inverse = 1 / d;
        double sumQ = 0;
        double sumQq = 0;
        double sumX = 0;
        double sumXq = 0;
        double sumXx = 0;
        for (int i = from; i < from + count; i++) {
            double q = Math.clamp(Math.rint((x[i] - m) * inverse), 0, top);
            sumQ += q;
            sumQq += q * q;
            sumX += x[i];
            sumXq += x[i] * q;
            sumXx += (double) x[i] * x[i];
        }
        double determinant = count * sumQq - sumQ * sumQ;
        if (determinant <= 0) {
            return Double.POSITIVE_INFINITY;
        }
        scale = (count * sumXq - sumX * sumQ) / determinant;
        minimum = (sumX - scale * sumQ) / count;
        if (minimumAtMostZero && minimum > 0) {
            minimum = 0;
            scale = sumXq / sumQq;
        }
        return sumXx
                - 2 * (scale * sumXq + minimum * sumX)
                + scale * scale * sumQq
                + 2 * scale * minimum * sumQ
                + minimum * minimum * count;
    }
}
