package dev.puna.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * While it is open, Ctrl-C (and a polite kill) first cancels what runs and lets the command finish its output; then the
 * process ends as it would have at once.
 */
final class Interruptible implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 3; // for a step of the engine that is under way

    private final CountDownLatch settled = new CountDownLatch(1);
    private final Thread hook;
    private volatile boolean interrupted;

    Interruptible(Runnable cancel) {
        hook = new Thread(() -> {
            interrupted = true;
            cancel.run();
            try {
                boolean _ = settled.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
    }

    boolean interrupted() {
        return interrupted;
    }

    @Override
    public void close() {
        settled.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The process is ending already; the hook has run.
        }
    }
}
