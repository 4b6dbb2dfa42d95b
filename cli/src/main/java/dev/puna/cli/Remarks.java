package dev.puna.cli;

import dev.puna.chat.Assistant;
import dev.puna.chat.Reply;
import dev.puna.sample.Sampling;
import java.util.Optional;

/** What the person at the terminal should know of an answer that did not come to its own end. */
final class Remarks {
    private Remarks() {}

    /** Nothing where the answer ended by itself, by the number of tokens that was asked for, or by Ctrl-C. */
    static Optional<String> of(Reply reply, Sampling sampling, Assistant assistant) {
        return switch (reply.finish()) {
            case LENGTH ->
                sampling.maxTokens().isPresent()
                                && reply.usage().newTokens()
                                        >= sampling.maxTokens().getAsInt()
                        ? Optional.empty()
                        : Optional.of("the answer is cut: the context of " + assistant.context() + " tokens is full");
            case LOOP ->
                Optional.of("the answer is cut: it repeated itself without end (--max-tokens N lets it go on)");
            case STOP, CALLS, CANCELLED -> Optional.empty();
        };
    }
}
