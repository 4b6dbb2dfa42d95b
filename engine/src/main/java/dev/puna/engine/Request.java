package dev.puna.engine;

import dev.puna.model.Adapter;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import java.util.Optional;
import java.util.Set;

/**
 * A prompt to continue.
 *
 * <pre>{@code
 * new Request(prompt, sampling, ends).from("alice").with(Priority.LOW)
 * }</pre>
 *
 * @param prompt token ids, at least one
 * @param sampling how to choose tokens; its stop strings are text and not looked at here
 * @param ends token ids that end the answer; the one that did is its last
 * @param account who asks; turns are shared fairly between accounts
 * @param scope requests of the same scope share what was computed for equal beginnings of their prompts
 * @param priority how soon it is begun
 * @param adapter what the model's weights are adapted with
 * @param constraint what the answer must look like; it serves this request alone
 * @param prediction how the answer is expected to go; it is guessed to
 */
public record Request(
        int[] prompt,
        Sampling sampling,
        Set<Integer> ends,
        String account,
        String scope,
        Priority priority,
        Optional<Adapter> adapter,
        Optional<Constraint> constraint,
        int[] prediction) {
    public Request {
        prompt = prompt.clone();
        prediction = prediction.clone();
        ends = Set.copyOf(ends);
        if (prompt.length == 0) {
            throw new BadRequest("prompt", "is empty: there is nothing to continue");
        }
    }

    /** A request of nobody in particular. */
    public Request(int[] prompt, Sampling sampling, Set<Integer> ends) {
        this(prompt, sampling, ends, "", "", Priority.NORMAL, Optional.empty(), Optional.empty(), new int[0]);
    }

    @Override
    public int[] prompt() {
        return prompt.clone();
    }

    @Override
    public int[] prediction() {
        return prediction.clone();
    }

    /** The same, expected to go like this. */
    public Request predicted(int... tokens) {
        return new Request(prompt, sampling, ends, account, scope, priority, adapter, constraint, tokens);
    }

    /** The same of an account, which shares nothing computed with others. */
    public Request from(String account) {
        return new Request(prompt, sampling, ends, account, account, priority, adapter, constraint, prediction);
    }

    /** The same, sharing what is computed within {@code scope}, which may be wider than the account. */
    public Request sharing(String scope) {
        return new Request(prompt, sampling, ends, account, scope, priority, adapter, constraint, prediction);
    }

    /** The same at another priority. */
    public Request with(Priority priority) {
        return new Request(prompt, sampling, ends, account, scope, priority, adapter, constraint, prediction);
    }

    /** The same with adapted weights. */
    public Request with(Adapter adapter) {
        return new Request(
                prompt, sampling, ends, account, scope, priority, Optional.of(adapter), constraint, prediction);
    }

    /** The same under a constraint. */
    public Request with(Constraint constraint) {
        return new Request(
                prompt, sampling, ends, account, scope, priority, adapter, Optional.of(constraint), prediction);
    }
}
