package dev.puna.chat;

import dev.puna.engine.Usage;
import dev.puna.sample.Logprobs;
import java.util.List;
import java.util.Optional;

/**
 * A whole answer.
 *
 * @param text as it was streamed: without the end token, without the stop string that ended it, without calls
 * @param reasoning what the model thought before it answered; empty if that was not told apart
 * @param calls what it calls
 * @param ids the new tokens; the end token that stopped it is the last
 * @param finish why it ended
 * @param stop the stop string that ended it
 * @param usage what it took
 * @param logprobs one for each id, if they were asked for; else empty
 */
public record Reply(
        String text,
        String reasoning,
        List<Call> calls,
        List<Integer> ids,
        Ending finish,
        Optional<String> stop,
        Usage usage,
        List<Logprobs> logprobs) {
    public Reply {
        calls = List.copyOf(calls);
        ids = List.copyOf(ids);
        logprobs = List.copyOf(logprobs);
    }
}
