package dev.puna.server.core;

import dev.puna.chat.Caller;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;

/** Texts as directions. Several are computed together, and none any more once the client has left. */
public final class Embeddings {
    private Embeddings() {}

    /** A vector of length one for each of the texts, in their order. */
    public static List<float[]> of(Exchange exchange, Models.Lease lease, List<int[]> texts, Caller caller) {
        Caller adapted = lease.adapted(caller);
        return Together.all(
                exchange,
                texts.stream()
                        .<Callable<float[]>>map(text -> () -> lease.assistant().embed(text, adapted))
                        .toList());
    }

    /**
     * The first numbers of a vector, brought to length one again.
     *
     * @throws Failure naming the field if it has not so many
     */
    public static float[] shortened(float[] vector, int dimensions, String field) {
        if (dimensions > vector.length) {
            throw Failure.invalid(field, "must be at most " + vector.length + " for this model, not " + dimensions);
        }
        if (dimensions == vector.length) {
            return vector;
        }
        float[] first = Arrays.copyOf(vector, dimensions);
        double squares = 0;
        for (float x : first) {
            squares += (double) x * x;
        }
        double length = Math.sqrt(squares);
        for (int i = 0; i < first.length && length > 0; i++) {
            first[i] = (float) (first[i] / length);
        }
        return first;
    }
}
