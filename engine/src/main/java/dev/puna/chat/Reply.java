package dev.puna.chat;

import dev.puna.engine.Finish;
import dev.puna.engine.Usage;
import dev.puna.sample.Logprobs;
import java.util.List;

/**
 * A whole answer.
 *
 * @param text as it was streamed: without the end token, and without the stop string that ended it
 * @param ids the new tokens; the end token that stopped it is the last
 * @param finish why it ended
 * @param usage what it took
 * @param logprobs one for each id, if they were asked for; else empty
 */
public record Reply(String text, List<Integer> ids, Finish finish, Usage usage, List<Logprobs> logprobs) {
    public Reply {
        ids = List.copyOf(ids);
        logprobs = List.copyOf(logprobs);
    }
}
