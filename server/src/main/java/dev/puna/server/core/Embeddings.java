package dev.puna.server.core;

import dev.puna.chat.Assistant;
import dev.puna.chat.Caller;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Texts as directions. Several are computed together, and none any more once the client has left. */
public final class Embeddings {
    private static final int TOGETHER = 16; // texts of one request that the engine is given at a time

    private Embeddings() {}

    /** A vector of length one for each of the texts, in their order. */
    public static List<float[]> of(Exchange exchange, Assistant assistant, List<int[]> texts, Caller caller) {
        try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
            exchange.whenGone(each::shutdownNow);
            Semaphore places = new Semaphore(TOGETHER);
            List<Future<float[]>> all = new ArrayList<>();
            for (int[] text : texts) {
                all.add(each.submit(() -> {
                    places.acquire();
                    try {
                        return assistant.embed(text, caller);
                    } finally {
                        places.release();
                    }
                }));
            }
            try {
                List<float[]> vectors = new ArrayList<>();
                for (Future<float[]> one : all) {
                    vectors.add(one.get());
                }
                return vectors;
            } catch (ExecutionException e) {
                each.shutdownNow();
                Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
                throw cause instanceof RuntimeException known ? known : Failure.internal(cause);
            } catch (InterruptedException e) {
                each.shutdownNow();
                Thread.currentThread().interrupt();
                throw Failure.internal(e);
            }
        }
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
