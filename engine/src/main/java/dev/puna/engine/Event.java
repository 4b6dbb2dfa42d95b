package dev.puna.engine;

import dev.puna.sample.Logprobs;
import java.util.Optional;

/** What happens to a request, in order: tokens, then one {@link Finished}. */
public sealed interface Event {
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
