package dev.puna.server.core;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Caller;
import dev.puna.chat.Question;
import dev.puna.chat.Reply;
import dev.puna.engine.Priority;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/** Turns questions into answers. Each stops within a step of the engine when its client leaves, also while it is silent. */
public final class Completions {
    /** The most answers to one request; checked before anything is made for them. */
    public static final int MOST_ANSWERS = 128;

    /**
     * What the server does beside answering.
     *
     * @param guard the id of the model that judges texts; absent: nothing does
     * @param shared whether equal beginnings of prompts are shared between accounts, and not only inside one
     * @param telemetry the variables {@code OTEL_*}, which say where traces go; none: nowhere
     */
    public record Policy(Optional<String> guard, boolean shared, Map<String, String> telemetry) {
        public static final Policy DEFAULT = new Policy(Optional.empty(), false, Map.of());
    }

    private final Models models;
    private final Watch watch;
    private final Policy policy;
    private final Optional<Guard> guard;

    /** @throws IllegalArgumentException if the guard cannot be one */
    public Completions(Models models, Watch watch, Policy policy) {
        this.models = models;
        this.watch = watch;
        this.policy = policy;
        guard = policy.guard().map(id -> new Guard(models, id, this));
    }

    /** The model that judges texts, where there is one. */
    public Optional<Guard> guard() {
        return guard;
    }

    /** Told of every answer that is over. */
    void answered(Exchange exchange, String model, Reply reply) {
        watch.answered(exchange.id(), model, reply);
    }

    public Models models() {
        return models;
    }

    /**
     * Who asks, as the engine wants to know it: turns are shared between accounts, what is computed is not.
     */
    public static Caller caller(Exchange exchange) {
        String account = exchange.account().name();
        return new Caller(account, account, exchange.patient() ? Priority.LOW : Priority.NORMAL, Optional.empty());
    }

    /** The same caller with the adapter of its model, sharing as widely as the server was told. */
    private Caller served(Models.Lease lease, Caller caller) {
        boolean wide = policy.shared() && caller.scope().equals(caller.account());
        return lease.adapted(
                new Caller(caller.account(), wide ? "" : caller.scope(), caller.priority(), caller.adapter()));
    }

    /**
     * Begins {@code n} answers to a question. What cannot be served is refused here, before anything is sent.
     *
     * @param lease of the model; the run lets go of it when it is closed, and this method where it fails
     */
    public Run ask(Exchange exchange, Models.Lease lease, Question question, int n) {
        return begin(
                exchange,
                lease,
                question.sampling(),
                question.form(),
                1,
                n,
                (_, sampling, form) -> lease.assistant()
                        .answer(new Question(
                                question.messages(),
                                question.tools(),
                                sampling,
                                form,
                                question.variables(),
                                question.splitReasoning(),
                                served(lease, question.caller()))));
    }

    /** As {@link #ask(Exchange, Models.Lease, Question, int)}, with the model of that name; the question may depend on it. */
    public Run ask(Exchange exchange, String model, Function<Assistant, Question> question, int n) {
        Models.Lease lease = models.lease(model);
        Question asked;
        try {
            asked = question.apply(lease.assistant());
        } catch (RuntimeException | Error e) {
            lease.close();
            throw e;
        }
        return ask(exchange, lease, asked, n);
    }

    /** Begins {@code n} continuations of token ids, as they are. */
    public Run complete(
            Exchange exchange,
            Models.Lease lease,
            int[] prompt,
            Sampling sampling,
            Optional<Constraint> form,
            Caller caller,
            int n) {
        return complete(exchange, lease, List.of(prompt), sampling, form, caller, n);
    }

    /** Begins {@code n} continuations of each of several prompts; those of one prompt follow each other. */
    public Run complete(
            Exchange exchange,
            Models.Lease lease,
            List<int[]> prompts,
            Sampling sampling,
            Optional<Constraint> form,
            Caller caller,
            int n) {
        Caller adapted = served(lease, caller);
        Continuing start = (prompt, each, constraint) ->
                lease.assistant().complete(prompts.get(prompt), each, constraint, adapted);
        return begin(exchange, lease, sampling, form, prompts.size(), n, start);
    }

    @FunctionalInterface
    private interface Continuing {
        Answer start(int prompt, Sampling sampling, Optional<Constraint> form);
    }

    private Run begin(
            Exchange exchange,
            Models.Lease lease,
            Sampling sampling,
            Optional<Constraint> form,
            int prompts,
            int n,
            Continuing start) {
        List<Answer> answers = new ArrayList<>();
        try {
            if (n < 1 || (long) prompts * n > MOST_ANSWERS) {
                throw Failure.invalid("n", "is " + n + "; a request gets 1 to " + MOST_ANSWERS + " answers");
            }
            long seed =
                    sampling.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong());
            for (int prompt = 0; prompt < prompts; prompt++) {
                for (int i = 0; i < n; i++) {
                    OptionalLong own = OptionalLong.of(seed + i);
                    answers.add(start.start(prompt, sampling.with(s -> s.seed = own), form.map(Constraint::fork)));
                }
            }
        } catch (RuntimeException | Error e) {
            answers.forEach(Answer::cancel);
            lease.close();
            throw e;
        }
        exchange.whenGone(() -> answers.forEach(Answer::cancel));
        return new Run(lease, answers, reply -> answered(exchange, lease.id(), reply));
    }
}
