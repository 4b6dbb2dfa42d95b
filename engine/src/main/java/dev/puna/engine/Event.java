package dev.puna.engine;

import dev.puna.sample.Logprobs;
import java.util.List;
import java.util.Optional;

/** What happens to a request, in order: its {@link Prompt} if that was asked for, tokens, then one {@link Finished}. */
public sealed interface Event {
    /**
     * The prompt was read, and is scored; not told of one that has a single token.
     *
     * @param logprobs of its tokens from the second on: nothing stands before the first
     */
    record Prompt(List<Logprobs> logprobs) implements Event {}

    /**
     * A new token.
     *
     * @param id the token
     * @param end whether it is the end token that ends the answer
     * @param logprobs present if asked for
     */
    record Token(int id, boolean end, Optional<Logprobs> logprobs) implements Event {}

    /** The last event. */
    record Finished(Finish finish, Usage usage) implements Event {}
}
