package dev.puna.chat;

import dev.puna.engine.Event;
import dev.puna.engine.Finish;
import dev.puna.engine.Generation;
import dev.puna.engine.Usage;
import dev.puna.sample.Logprobs;
import dev.puna.text.StreamDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer while it grows. One thread reads it; any thread may cancel it. It pauses when it is not read, so read it or
 * close it.
 *
 * <p>A reader that is interrupted cancels the answer and keeps its interrupted status.
 */
public final class Answer implements AutoCloseable {
    private final Generation generation;
    private final Optional<StreamDecoder> decoder;
    private final StopText stop;
    private final Consumer<Reply> whenOver;
    private final StringBuilder text = new StringBuilder();
    private final List<Integer> ids = new ArrayList<>();
    private final List<Logprobs> logprobs = new ArrayList<>();
    private @Nullable Reply reply;

    /**
     * @param decoder absent where the model has no tokenizer; the text is empty then
     * @param whenOver told once, by the reading thread, unless the engine fails
     */
    Answer(Generation generation, Optional<StreamDecoder> decoder, List<String> stops, Consumer<Reply> whenOver) {
        this.generation = generation;
        this.decoder = decoder;
        this.whenOver = whenOver;
        stop = new StopText(stops);
    }

    /**
     * Waits for the next piece of text, never empty; absent once the answer is over.
     *
     * @throws dev.puna.engine.EngineFault if the engine failed at this answer
     */
    public Optional<String> next() {
        while (reply == null) {
            String piece = switch (event()) {
                case Event.Token token -> accept(token);
                case Event.Finished finished -> finish(finished);
            };
            if (!piece.isEmpty()) {
                text.append(piece);
                return Optional.of(piece);
            }
        }
        return Optional.empty();
    }

    /** Reads to the end, handing on each piece of text as it comes. */
    public Reply await(Consumer<? super String> onText) {
        for (var piece = next(); piece.isPresent(); piece = next()) {
            onText.accept(piece.get());
        }
        return reply();
    }

    /** Reads to the end. */
    public Reply reply() {
        while (reply == null) {
            next();
        }
        return reply;
    }

    /** Stops the answer within one step of the engine. What it has by then is the reply. */
    public void cancel() {
        generation.cancel();
    }

    /** As {@link #cancel}. */
    @Override
    public void close() {
        cancel();
    }

    private Event event() {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return generation.next();
                } catch (InterruptedException _) {
                    interrupted = true;
                    generation.cancel();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private String accept(Event.Token token) {
        if (stop.stopped()) {
            return ""; // made before the engine heard that it is enough
        }
        ids.add(token.id());
        token.logprobs().ifPresent(logprobs::add);
        if (token.end() || decoder.isEmpty()) {
            return "";
        }
        String piece = stop.accept(decoder.get().accept(token.id()));
        if (stop.stopped()) {
            generation.cancel();
        }
        return piece;
    }

    private String finish(Event.Finished finished) {
        // Half a character is shown as such where the model stopped there, not where its caller did.
        boolean cut = finished.finish() == Finish.CANCELLED;
        String last = cut ? "" : decoder.map(StreamDecoder::finish).orElse("");
        String rest = stop.accept(last) + stop.finish();
        Usage all = finished.usage();
        var usage = new Usage(
                all.promptTokens(), all.cachedTokens(), ids.size(), all.waitNanos(), all.promptNanos(), all.newNanos());
        Finish finish = stop.stopped() ? Finish.STOP : finished.finish();
        reply = new Reply(text + rest, ids, finish, usage, logprobs);
        whenOver.accept(reply);
        return rest;
    }
}
