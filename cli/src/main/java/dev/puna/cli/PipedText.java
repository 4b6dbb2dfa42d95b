package dev.puna.cli;

import java.io.IOException;
import java.io.PushbackInputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Text that another program or a file gives on standard input, without the line ends at its end. A terminal gives none.
 */
final class PipedText {
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final Session session;
    private final long started = System.nanoTime();
    private final CompletableFuture<Boolean> begun = new CompletableFuture<>();
    private final CompletableFuture<String> text = new CompletableFuture<>();

    /** Begins to read. */
    PipedText(Session session) {
        this.session = session;
        if (session.inputTerminal()) {
            begun.complete(true);
            text.complete("");
        } else {
            Thread.ofPlatform().daemon().name("puna-input").start(this::read);
        }
    }

    private void read() {
        try (var input = new PushbackInputStream(session.input())) {
            int first = input.read();
            begun.complete(true);
            if (first >= 0) {
                input.unread(first);
            }
            String all = Given.utf8(input.readAllBytes(), Given.STANDARD_INPUT);
            text.complete(all.replaceFirst("(\r?\n)+$", ""));
        } catch (IOException e) {
            begun.complete(true);
            text.completeExceptionally(new Failed("standard input: " + e.getMessage(), e));
        } catch (RuntimeException | Error e) {
            begun.complete(true);
            text.completeExceptionally(e);
        }
    }

    /** Waits until standard input ends. */
    String whole() {
        try {
            return text.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException fault ? fault : e;
        }
    }

    /**
     * As {@link #whole}, but where nothing at all came for some seconds goes on without: whoever started this process may
     * have left it a standard input that never ends.
     */
    String soon() {
        try {
            begun.get(PATIENCE.toNanos() - (System.nanoTime() - started), TimeUnit.NANOSECONDS);
            return whole();
        } catch (TimeoutException _) {
            session.output()
                    .note("puna: nothing came on standard input; going on without it ('-' as the prompt waits for it)");
            return "";
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return "";
        } catch (ExecutionException e) {
            throw new AssertionError(e); // it is only ever completed with a value
        }
    }
}
