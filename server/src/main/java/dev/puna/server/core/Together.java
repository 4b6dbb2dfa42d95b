package dev.puna.server.core;

import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Several small tasks of one request, computed together; none any more once its client has left. */
public final class Together {
    private static final int MOST = 16; // of one request that the engine is given at a time

    private Together() {}

    /** What comes of the tasks, in their order. */
    public static <T> List<T> all(Exchange exchange, List<Callable<T>> tasks) {
        try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
            exchange.whenGone(each::shutdownNow);
            Semaphore places = new Semaphore(MOST);
            List<Future<T>> all = new ArrayList<>();
            for (Callable<T> task : tasks) {
                all.add(each.submit(() -> {
                    places.acquire();
                    try {
                        return task.call();
                    } finally {
                        places.release();
                    }
                }));
            }
            try {
                List<T> results = new ArrayList<>();
                for (Future<T> one : all) {
                    results.add(one.get());
                }
                return results;
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
}
