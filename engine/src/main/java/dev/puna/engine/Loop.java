package dev.puna.engine;

import dev.puna.engine.Scheduler.Work;
import dev.puna.kernel.Span;
import dev.puna.kernel.Span.Outputs;
import dev.puna.model.Batch;
import dev.puna.sample.Logprobs;
import dev.puna.sample.Sampler;
import dev.puna.sample.Sampling;
import dev.puna.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The engine's steps: plan, forward pass, choose, tell. Serves one thread and never waits.
 *
 * <p>What goes wrong in a step fails the requests of that step with the cause; the others go on.
 */
final class Loop {
    private static final System.Logger LOG = System.getLogger(Engine.class.getName());

    /** The model as a step sees it: a batch in, logits [outputs, vocabulary] out. */
    interface Pass extends AutoCloseable {
        Tensor logits(Batch batch);

        @Override
        default void close() {}
    }

    private final Pass pass;
    private final Limits limits;
    private final Sampler sampler;
    private final Runnable ended;
    private final Counters counters;
    private Scheduler scheduler;

    /** @param ended called whenever a sequence is over */
    Loop(Pass pass, int vocabulary, Limits limits, Runnable ended) {
        this.pass = pass;
        this.limits = limits;
        this.ended = ended;
        sampler = new Sampler(vocabulary);
        counters = new Counters(limits.cacheBlocks());
        scheduler = new Scheduler(limits);
    }

    Scheduler scheduler() {
        return scheduler;
    }

    Counters counters() {
        return counters;
    }

    /** One step; false if there was nothing to do. */
    boolean step() {
        for (Sequence s : scheduler.sequences()) {
            if (s.generation.cancelled()) {
                retire(s, Finish.CANCELLED);
            }
        }
        List<Work> plan = scheduler.next();
        counters.now(
                scheduler.sequences().size() - scheduler.waiting(), scheduler.waiting(), scheduler.freeBlocks());
        if (plan.isEmpty()) {
            return false;
        }
        long now = System.nanoTime();
        for (Work work : plan) {
            if (work.sequence().started == 0) {
                work.sequence().started = now;
                counters.began(work.sequence().promptLength(), work.sequence().reused);
            }
        }
        Tensor logits;
        try {
            Batch batch = batch(plan);
            counters.stepped(batch.tokens());
            logits = pass.logits(batch);
        } catch (RuntimeException | Error fault) {
            plan.forEach(work -> fail(work.sequence(), fault));
            return true;
        }
        int row = 0;
        for (Work work : plan) {
            Sequence s = work.sequence();
            s.advance(work.tokens());
            if (s.left() == 0) {
                try {
                    choose(s, logits.data().asSlice(row++ * logits.rowBytes(), logits.rowBytes()));
                } catch (RuntimeException | Error fault) {
                    fail(s, fault);
                }
            }
        }
        return true;
    }

    private static Batch batch(List<Work> plan) {
        int[] ids = new int[plan.stream().mapToInt(Work::tokens).sum()];
        List<Span> spans = new ArrayList<>(plan.size());
        int at = 0;
        for (Work work : plan) {
            Sequence s = work.sequence();
            System.arraycopy(s.tokens(), s.computed(), ids, at, work.tokens());
            at += work.tokens();
            Outputs outputs = work.tokens() == s.left() ? Outputs.LAST : Outputs.NONE;
            spans.add(new Span(s.blocks(), s.computed(), work.tokens(), outputs));
        }
        return new Batch(ids, spans);
    }

    /** Chooses the sequence's next token from its logits [vocabulary] and tells its caller. */
    private void choose(Sequence s, MemorySegment row) {
        Sampling sampling = s.sampling();
        int id = sampler.pick(
                row,
                sampling,
                s.tokens(),
                s.promptLength(),
                s.length(),
                s.seed,
                s.constraint,
                s.request.ends());
        Optional<Logprobs> logprobs = sampling.logprobs().isPresent()
                ? Optional.of(sampler.logprobs(row, id, sampling.logprobs().getAsInt()))
                : Optional.empty();
        s.append(id);
        counters.grew();
        s.lastToken = System.nanoTime();
        if (s.firstToken == 0) {
            s.firstToken = s.lastToken;
        }
        boolean end = s.request.ends().contains(id);
        s.generation.emit(new Event.Token(id, end, logprobs));
        if (!end && s.constraint != null) {
            s.constraint.accept(id);
        }
        if (end || s.constraint != null && s.constraint.complete()) {
            retire(s, Finish.STOP);
        } else if (s.length() == s.most) {
            retire(s, Finish.LENGTH);
        }
    }

    private void retire(Sequence s, Finish finish) {
        scheduler.finish(s, false);
        ended.run();
        s.generation.finish(new Event.Finished(finish, s.usage()));
    }

    private void fail(Sequence s, Throwable cause) {
        LOG.log(System.Logger.Level.DEBUG, "a request failed", cause);
        scheduler.finish(s, true);
        ended.run();
        s.generation.fail(new EngineFault("internal error: " + cause, cause));
    }

    /** Fails everyone and begins anew. */
    void failAll(EngineFault fault) {
        List<Sequence> all = scheduler.sequences();
        scheduler = new Scheduler(limits); // the books may be what is wrong
        for (Sequence s : all) {
            ended.run();
            s.generation.fail(fault);
        }
    }

    void close() {
        pass.close();
    }
}
