package dev.puna.engine;

import dev.puna.sample.BadRequest;
import dev.puna.sample.Sampling;
import java.util.Optional;
import java.util.Set;

/**
 * A prompt to continue.
 *
 * @param prompt token ids, at least one
 * @param sampling how to choose tokens; its stop strings are text and not looked at here
 * @param ends token ids that end the answer; the one that did is its last
 * @param conversation whose earlier work may be used and where this request's is kept
 */
public record Request(int[] prompt, Sampling sampling, Set<Integer> ends, Optional<Conversation> conversation) {
    public Request {
        prompt = prompt.clone();
        ends = Set.copyOf(ends);
        if (prompt.length == 0) {
            throw new BadRequest("prompt", "is empty: there is nothing to continue");
        }
    }

    @Override
    public int[] prompt() {
        return prompt.clone();
    }
}
