package dev.puna.engine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.kernel.Span.Outputs;
import dev.puna.model.Pooling;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** One vector of a text's states, which come in pieces. The order of every sum is that of the tokens. */
final class Pooled {
    private final Pooling pooling;
    private final double[] sum;
    private int rows;

    Pooled(Pooling pooling, int width) {
        this.pooling = pooling;
        sum = new double[width];
    }

    /** The states to ask for in a piece of the text. */
    Outputs wanted(boolean first, boolean last) {
        return switch (pooling) {
            case MEAN -> Outputs.EVERY;
            case FIRST -> first ? Outputs.EVERY : Outputs.NONE;
            case LAST -> last ? Outputs.LAST : Outputs.NONE;
        };
    }

    /** @param state f32 [width] of the next token that was asked for */
    void add(MemorySegment state) {
        if (pooling == Pooling.FIRST && rows > 0) {
            return;
        }
        for (int i = 0; i < sum.length; i++) {
            sum[i] += state.getAtIndex(JAVA_FLOAT, i);
        }
        rows++;
    }

    void clear() {
        Arrays.fill(sum, 0);
        rows = 0;
    }

    /** Of length one. The mean's direction is the sum's. */
    float[] vector() {
        double squares = 0;
        for (double x : sum) {
            squares += x * x;
        }
        double length = Math.sqrt(squares);
        if (!(length > 0 && length < Double.POSITIVE_INFINITY)) {
            throw new ArithmeticException("the length of an embedding is " + length);
        }
        float[] vector = new float[sum.length];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (sum[i] / length);
        }
        return vector;
    }
}
