package dev.puna.engine;

import dev.puna.kernel.Span.Outputs;
import dev.puna.model.Adapter;
import dev.puna.model.Batch;
import dev.puna.sample.Logprobs;
import dev.puna.sample.Sampler;
import dev.puna.sample.Sampling;
import dev.puna.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;

/**
 * The engine's steps: plan, forward pass, choose, tell. Serves one thread and never waits.
 *
 * <p>What goes wrong in a step fails the requests of that step with the cause; the others go on.
 *
 * <p>A step makes no objects: lists are walked by their index, since an iterator is one.
 */
final class Loop {
    private static final System.Logger LOG = System.getLogger(Engine.class.getName());

    /** The model as a step sees it: a batch in, logits [outputs, vocabulary] out. */
    interface Pass extends AutoCloseable {
        Tensor logits(Batch batch);

        /** As {@link #logits}, before the output matrix: [outputs, width]. */
        Tensor states(Batch batch);

        /** Whether an adapter is for this model. */
        default boolean fits(Adapter adapter) {
            return false;
        }

        /** Copies a block of the cache. */
        void copy(int from, int to);

        @Override
        default void close() {}
    }

    private final Pass pass;
    private final Speculation speculation;
    private final Limits limits;
    private final Sampler sampler;
    private final Runnable ended;
    private final Counters counters;
    private final List<Sequence> answers = new ArrayList<>(); // of a step
    private final List<Sequence> texts = new ArrayList<>(); // of a step, to embed
    private final Batch batch = new Batch(); // of a step
    private final Event.@Nullable Token[] plain; // [vocabulary], so that a token is told without making anything
    private Scheduler scheduler;
    private long planNanos; // of this step, beside its plan

    /** @param ended called whenever a sequence is over */
    Loop(Pass pass, Speculation speculation, int vocabulary, Limits limits, Runnable ended) {
        this.speculation = speculation;
        this.pass = pass;
        this.limits = limits;
        this.ended = ended;
        sampler = new Sampler(vocabulary);
        plain = new Event.Token[vocabulary];
        counters = new Counters(limits.cacheBlocks());
        scheduler = new Scheduler(limits, counters);
    }

    Scheduler scheduler() {
        return scheduler;
    }

    Counters counters() {
        return counters;
    }

    /** One step; false if there was nothing to do. */
    boolean step() {
        long began = System.nanoTime();
        for (int i = scheduler.sequences().size() - 1; i >= 0; i--) {
            Sequence s = scheduler.sequences().get(i);
            if (s.generation.cancelled()) {
                retire(s, Finish.CANCELLED);
            }
        }
        List<Sequence> plan = scheduler.next();
        counters.now(scheduler.running(), scheduler.waiting(), scheduler.freeBlocks());
        if (plan.isEmpty()) {
            return false;
        }
        long now = System.nanoTime();
        planNanos = now - began;
        boolean onlyGrows = scheduler.onlyGrows();
        answers.clear();
        texts.clear();
        for (int i = 0; i < plan.size(); i++) {
            Sequence s = plan.get(i);
            if (s.started == 0) {
                s.started = now;
            }
            (s.pooled == null ? answers : texts).add(s);
        }
        Tensor logits;
        try {
            for (int i = 0; i < scheduler.copies().size(); i++) {
                Scheduler.Copy copy = scheduler.copies().get(i);
                pass.copy(copy.from(), copy.to());
            }
            if (onlyGrows && speculation.wants(plan)) {
                scheduler.makeRoomForDrafts();
                speculation.guess(plan);
            }
            if (!texts.isEmpty()) {
                embed();
            }
            if (answers.isEmpty()) {
                counters.spent(planNanos, System.nanoTime() - now, 0);
                return true;
            }
            fill(answers);
            prepare();
            logits = pass.logits(batch);
        } catch (RuntimeException | Error fault) {
            plan.stream().filter(s -> s.node != null).forEach(s -> fail(s, fault)); // who has a place is not over
            return true;
        }
        long computed = System.nanoTime();
        long before = planNanos;
        int row = 0;
        int drafts = 0;
        for (int i = 0; i < answers.size(); i++) {
            Sequence s = answers.get(i);
            int first = row;
            boolean more = s.planned < s.left() + s.drafts;
            drafts += s.drafts;
            row += batch.spans().get(i).outputRows();
            try {
                if (s.scoring()) {
                    score(s, logits, first);
                }
                s.advance(s.planned - s.drafts);
                if (more || choose(s, logits, row - 1 - s.drafts)) {
                    long start = System.nanoTime();
                    scheduler.publish(s);
                    planNanos += System.nanoTime() - start;
                }
            } catch (RuntimeException | Error fault) {
                fail(s, fault);
            }
        }
        long end = System.nanoTime();
        counters.spent(planNanos, computed - now, end - computed - (planNanos - before));
        if (onlyGrows) {
            speculation.took(plan.size(), drafts, end - now);
        }
        return true;
    }

    /**
     * Chooses the sequence's next tokens: one, and one more for each guess that was right. False if it is over.
     *
     * @param first the row of logits that the first one is chosen from
     */
    private boolean choose(Sequence s, Tensor logits, int first) {
        if (s.length() == s.most) { // nothing is to follow
            retire(s, Finish.LENGTH);
            return false;
        }
        for (int right = 0; ; right++) {
            int next = s.length();
            int guess = right < s.drafts ? s.tokens()[next] : -1;
            boolean over = next(s, logits.data(), (first + right) * logits.rowBytes(), guess);
            boolean hit = s.tokens()[next] == guess;
            if (hit && !over) {
                s.advance(1);
                if (s.left() == 0) {
                    continue;
                }
            }
            if (s.drafts > 0) {
                int accepted = hit ? right + 1 : right;
                s.luck.learn(s.drafts, accepted);
                counters.guessed(accepted, s.drafts - accepted);
                s.drafted = Math.min(s.drafted, s.computed());
            }
            return !over;
        }
    }

    /** Scores the prompt's tokens after those of this step, whose logits begin at row {@code first}. */
    private void score(Sequence s, Tensor logits, int first) {
        int most = s.sampling().logprobs().orElseThrow();
        int end = Math.min(s.computed() + s.planned, s.scores.length);
        for (int at = s.computed(); at < end; at++, first++) {
            MemorySegment row = logits.data().asSlice(first * logits.rowBytes());
            s.scores[at] = sampler.logprobs(row, s.tokens()[at + 1], most);
        }
        if (!s.scoring()) {
            s.generation.emit(new Event.Prompt(List.of(s.scores)));
        }
    }

    /** Computes the next piece of every text that is embedded. */
    private void embed() {
        fill(texts);
        Tensor states = pass.states(batch);
        int row = 0;
        for (int i = 0; i < texts.size(); i++) {
            Sequence s = texts.get(i);
            Pooled pooled = Objects.requireNonNull(s.pooled);
            for (int rows = batch.spans().get(i).outputRows(); rows > 0; rows--) {
                pooled.add(states.data().asSlice(row++ * states.rowBytes(), states.rowBytes()));
            }
            s.advance(s.planned);
            if (s.left() == 0) {
                try {
                    s.embedding = pooled.vector();
                    retire(s, Finish.STOP);
                } catch (ArithmeticException fault) {
                    fail(s, fault);
                }
            }
        }
    }

    /** Has the masks that choosing will need worked out while the forward pass runs. The likeliest token needs none. */
    private void prepare() {
        for (int i = 0; i < answers.size(); i++) {
            Sequence s = answers.get(i);
            if (s.constraint != null && !s.sampling().greedy()) {
                Runnable ahead = s.constraint.ahead();
                if (ahead != null) {
                    ForkJoinPool.commonPool().execute(ahead);
                }
            }
        }
    }

    private void fill(List<Sequence> plan) {
        int count = 0;
        for (int i = 0; i < plan.size(); i++) {
            count += plan.get(i).planned;
        }
        batch.begin(count);
        for (int i = 0; i < plan.size(); i++) {
            Sequence s = plan.get(i);
            batch.add(s.tokens(), s.computed(), s.planned, s.blocks(), outputs(s), s.request.adapter());
        }
        counters.stepped(count);
    }

    private static Outputs outputs(Sequence s) {
        boolean last = s.planned == s.left();
        if (s.pooled != null) {
            return s.pooled.wanted(s.computed() == 0, last);
        }
        return s.drafts > 0 || s.scoring() ? Outputs.EVERY : last ? Outputs.LAST : Outputs.NONE;
    }

    /**
     * Chooses the sequence's next token, and takes what its constraint leaves no choice of. True if it is over.
     *
     * @param at where its row of logits begins, in bytes
     * @param guess what the token was guessed to be, or -1
     */
    private boolean next(Sequence s, MemorySegment logits, long at, int guess) {
        Sampling sampling = s.sampling();
        int id = sampler.pick(
                logits, at, sampling, s.tokens(), s.promptLength(), s.length(), s.seed, s.constraint, s.request.ends());
        if (s.predicts && guess >= 0) {
            if (id == guess) {
                s.predictionAccepted++;
            } else {
                s.predictionRejected++;
            }
        }
        Optional<Logprobs> logprobs = sampling.logprobs().isPresent()
                ? Optional.of(sampler.logprobs(
                        logits.asSlice(at), id, sampling.logprobs().getAsInt()))
                : Optional.empty();
        boolean over = grow(s, id, logprobs);
        if (!over && s.constraint != null && logprobs.isEmpty()) {
            int[] forced = s.constraint.forced();
            for (int i = 0; i < forced.length && !over; i++) {
                over = grow(s, forced[i], Optional.empty());
            }
        }
        return over;
    }

    /** The sequence's next token is known: its caller is told. True if it is the last. */
    private boolean grow(Sequence s, int id, Optional<Logprobs> logprobs) {
        boolean end = s.endsWith(id);
        if (!end && s.constraint != null) {
            s.constraint.accept(id);
        }
        s.append(id);
        counters.grew();
        s.lastToken = System.nanoTime();
        if (s.firstToken == 0) {
            s.firstToken = s.lastToken;
            counters.began(s.promptLength(), s.cached);
        }
        s.generation.emit(end || logprobs.isPresent() ? new Event.Token(id, end, logprobs) : plain(id));
        if (end || s.constraint != null && s.constraint.complete()) {
            retire(s, Finish.STOP);
            return true;
        }
        if (s.length() == s.most) {
            retire(s, Finish.LENGTH);
            return true;
        }
        return false;
    }

    private Event.Token plain(int id) {
        Event.Token token = plain[id];
        if (token == null) {
            token = new Event.Token(id, false, Optional.empty());
            plain[id] = token;
        }
        return token;
    }

    private void retire(Sequence s, Finish finish) {
        long start = System.nanoTime();
        scheduler.finish(s, false);
        planNanos += System.nanoTime() - start;
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
        List<Sequence> all = List.copyOf(scheduler.sequences());
        scheduler = new Scheduler(limits, counters); // the books may be what is wrong
        for (Sequence s : all) {
            ended.run();
            s.generation.fail(fault);
        }
    }

    void close() {
        speculation.close();
        pass.close();
    }
}
