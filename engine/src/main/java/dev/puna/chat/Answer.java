package dev.puna.chat;

import dev.puna.engine.Event;
import dev.puna.engine.Finish;
import dev.puna.engine.Generation;
import dev.puna.engine.Usage;
import dev.puna.sample.Logprobs;
import dev.puna.text.StreamDecoder;
import dev.puna.text.Tokenizer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An answer while it grows. One thread reads it, by {@link #next} or by {@link #delta}; any thread may cancel it. It
 * pauses when it is not read, so read it or close it.
 *
 * <p>A reader that is interrupted cancels the answer and keeps its interrupted status.
 */
public final class Answer implements AutoCloseable {
    private final Generation generation;
    private final Optional<Tokenizer> tokenizer;
    private final Optional<StreamDecoder> decoder;
    private final StopText stop;
    private final Reading reading;
    private final Optional<Loops> loops;
    private final Consumer<Reply> whenOver;
    private final Deque<Delta> ready = new ArrayDeque<>();
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private final List<Call> calls = new ArrayList<>();
    private final StringBuilder arguments = new StringBuilder();
    private final List<Integer> ids = new ArrayList<>();
    private final List<Logprobs> logprobs = new ArrayList<>();
    private final Deque<Pending> pending = new ArrayDeque<>();
    private final List<Spoken> spoken = new ArrayList<>();
    private long decoded;
    private long passed;
    private boolean looped;
    private boolean calling;
    private List<Logprobs> scores = List.of();
    private boolean begun;
    private @Nullable Reply reply;

    /** A token whose text may still be held back; it ends at that character of all text. */
    private record Pending(Spoken token, long end) {}

    /**
     * How an answer is read.
     *
     * @param tokenizer absent where the model has none; the text is empty then
     * @param decoder makes characters of tokens
     * @param reading makes deltas of characters
     * @param watchLoops whether endless repetition ends the answer
     * @param whenOver told once, by the reading thread, unless the engine fails
     */
    record Way(
            Optional<Tokenizer> tokenizer,
            Function<Tokenizer, StreamDecoder> decoder,
            Function<Consumer<Delta>, Reading> reading,
            List<String> stops,
            boolean watchLoops,
            Consumer<Reply> whenOver) {}

    Answer(Generation generation, Way way) {
        this.generation = generation;
        tokenizer = way.tokenizer();
        decoder = tokenizer.map(way.decoder());
        stop = new StopText(way.stops());
        reading = way.reading().apply(this::tell);
        loops = way.watchLoops() ? Optional.of(new Loops()) : Optional.empty();
        whenOver = way.whenOver();
    }

    /**
     * Waits for the next piece of text, never empty; absent once the answer is over. Reasoning and calls are passed over.
     *
     * @throws dev.puna.engine.EngineFault if the engine failed at this answer
     */
    public Optional<String> next() {
        for (var delta = delta(); delta.isPresent(); delta = delta()) {
            if (delta.get() instanceof Delta.Text piece) {
                return Optional.of(piece.text());
            }
        }
        return Optional.empty();
    }

    /**
     * Waits for the next piece of the answer, of whatever kind; absent once it is over.
     *
     * @throws dev.puna.engine.EngineFault if the engine failed at this answer
     */
    public Optional<Delta> delta() {
        while (ready.isEmpty() && reply == null) {
            read(event());
        }
        return Optional.ofNullable(ready.poll());
    }

    /**
     * Waits until the prompt was read. How likely its tokens were from the second on, if that was asked for; empty if the
     * answer was cancelled before.
     *
     * @throws dev.puna.engine.EngineFault if the engine failed at this answer
     */
    public List<Logprobs> scores() {
        if (!begun) {
            read(event());
        }
        return scores;
    }

    private void read(Event event) {
        begun = true;
        switch (event) {
            case Event.Prompt prompt -> scores = prompt.logprobs();
            case Event.Token token -> accept(token);
            case Event.Finished finished -> finish(finished);
        }
    }

    /**
     * The tokens whose text has come out since this was asked last, for reports beside the deltas. Neither the end token
     * nor tokens that a stop string cut off are among them.
     */
    public List<Spoken> spoken() {
        List<Spoken> all = List.copyOf(spoken);
        spoken.clear();
        return all;
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
            delta();
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

    private void accept(Event.Token token) {
        if (stop.stopped() || looped || reading.full()) {
            return; // made before the engine heard that it is enough
        }
        ids.add(token.id());
        token.logprobs().ifPresent(logprobs::add);
        if (token.end() || decoder.isEmpty()) {
            return;
        }
        Tokenizer known = tokenizer.orElseThrow();
        boolean within = token.id() < known.vocabSize();
        if (within && known.isControl(token.id())) {
            pass(stop.flush());
            reading.control(known.piece(token.id()));
        }
        String piece = decoder.get().accept(token.id());
        decoded += piece.length();
        pending.add(new Pending(
                new Spoken(token.id(), within ? known.bytes(token.id()) : new byte[0], token.logprobs()), decoded));
        pass(stop.accept(piece));
        looped = loops.isPresent() && loops.get().accept(token.id());
        if (stop.stopped() || looped || reading.full()) {
            generation.cancel();
        }
    }

    /** Text that no stop string can take back. */
    private void pass(String piece) {
        passed += piece.length();
        while (!pending.isEmpty() && pending.peek().end() <= passed) {
            spoken.add(pending.poll().token());
        }
        reading.text(piece);
    }

    private void finish(Event.Finished finished) {
        // Half a character is shown as such where the model stopped there, not where its caller did.
        boolean cut = finished.finish() == Finish.CANCELLED;
        String last = cut ? "" : decoder.map(StreamDecoder::finish).orElse("");
        decoded += last.length();
        pass(stop.accept(last) + stop.flush());
        reading.end(finished.finish() != Finish.STOP && !stop.stopped());
        Usage all = finished.usage();
        var usage = new Usage(
                all.promptTokens(),
                all.cachedTokens(),
                ids.size(),
                all.predictedTokens(),
                all.rejectedTokens(),
                all.waitNanos(),
                all.promptNanos(),
                all.newNanos());
        if (calling && finished.finish() == Finish.STOP) {
            calls.removeLast(); // it came to no good end, and was told as text too
        }
        Ending ending = ending(finished.finish());
        var over = new Reply(text.toString(), reasoning.toString(), calls, ids, ending, stop.found(), usage, logprobs);
        reply = over;
        whenOver.accept(over);
    }

    private Ending ending(Finish finish) {
        if (stop.stopped()) {
            return Ending.STOP;
        }
        return switch (finish) {
            case STOP -> calls.isEmpty() ? Ending.STOP : Ending.CALLS;
            case LENGTH -> Ending.LENGTH;
            case CANCELLED -> reading.full() ? Ending.CALLS : looped ? Ending.LOOP : Ending.CANCELLED;
        };
    }

    private void tell(Delta delta) {
        switch (delta) {
            case Delta.Text piece -> text.append(piece.text());
            case Delta.Reasoning piece -> reasoning.append(piece.text());
            case Delta.CallStart start -> {
                calls.add(new Call(start.id(), start.name(), ""));
                arguments.setLength(0);
                calling = true;
            }
            case Delta.CallArguments more -> {
                arguments.append(more.json());
                Call begun = calls.removeLast();
                calls.add(new Call(begun.id(), begun.name(), arguments.toString()));
            }
            case Delta.CallEnd _ -> calling = false;
        }
        ready.add(delta);
    }
}
