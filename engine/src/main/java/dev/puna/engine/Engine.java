package dev.puna.engine;

import dev.puna.kernel.Kernels;
import dev.puna.model.Adapter;
import dev.puna.model.Batch;
import dev.puna.model.KvCache;
import dev.puna.model.Llama;
import dev.puna.model.Pooling;
import dev.puna.model.Workspace;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Sampling;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Continues prompts of many callers with one model. One thread of its own runs the steps: take what came in, ask the
 * {@link Scheduler} what to compute, run the forward pass, choose tokens, tell the callers. Any thread may call any
 * method; callers wait on their own {@link Generation}, never on each other.
 *
 * <p>What goes wrong in a step fails the requests of that step with the cause; the engine lives on.
 *
 * <p>Close it before the model whose weights it reads. Closing fails what is still running.
 */
public final class Engine implements AutoCloseable {
    private final Loop loop; // the engine's thread only
    private final int vocabulary;
    private final int width;
    private final Predicate<Adapter> fits;
    private final Limits limits;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition called = lock.newCondition();
    // Guarded by the lock:
    private final Deque<Runnable> inbox = new ArrayDeque<>(); // run by the engine's thread
    private int active; // requests that are not over
    private long lastEnd; // nanoTime when a request was last over
    private int ends;
    private double endNanos; // between two that were over, while others waited; of late
    private boolean awake;
    private boolean closed;

    /**
     * @param kernels used by this engine alone
     * @param cacheType how keys and values are kept: F32, F16 or Q8_0
     */
    public Engine(Llama llama, Kernels kernels, DType cacheType, Limits limits) {
        this(
                new LlamaPass(llama, kernels, cacheType, limits),
                new PromptLookup(),
                llama.config().vocab(),
                llama.config().width(),
                limits);
    }

    /**
     * An engine that guesses ahead by a smaller model.
     *
     * @param draft reads the same tokens
     * @throws BadRequest if it does not
     */
    public Engine(Llama llama, Llama draft, Kernels kernels, DType cacheType, Limits limits) {
        this(
                new LlamaPass(llama, kernels, cacheType, limits),
                new DraftModel(
                        new LlamaPass(sameVocabulary(draft, llama), kernels, cacheType, limits),
                        llama.config().vocab(),
                        limits.stepTokens()),
                llama.config().vocab(),
                llama.config().width(),
                limits);
    }

    private static Llama sameVocabulary(Llama draft, Llama llama) {
        int own = draft.config().vocab();
        int other = llama.config().vocab();
        if (own != other) {
            throw new BadRequest(
                    "draft", "knows " + own + " tokens and the model " + other + ": they must be the same");
        }
        return draft;
    }

    Engine(Loop.Pass pass, Drafter drafter, int vocabulary, int width, Limits limits) {
        this.width = width;
        fits = pass::fits;
        this.vocabulary = vocabulary;
        this.limits = limits;
        loop = new Loop(pass, new Speculation(drafter, limits.drafts()), vocabulary, limits, this::ended);
        thread = Thread.ofPlatform().name("puna-engine").daemon().start(this::run);
    }

    public Limits limits() {
        return limits;
    }

    /**
     * Queues a request and returns at once.
     *
     * @throws BadRequest if the prompt cannot ever fit, or holds a number that is no token id
     * @throws Overloaded if as many wait as the limits allow
     * @throws IllegalStateException if the engine is closed
     */
    public Generation submit(Request request) {
        int prompt = request.prompt().length;
        int least = Math.min(1, request.sampling().maxTokens().orElse(1));
        if (prompt + least > limits.room()) {
            throw new BadRequest(
                    "prompt",
                    "has " + prompt + " tokens, which leaves no room for an answer: the "
                            + (limits.room() < limits.context() ? "cache" : "context") + " holds " + limits.room());
        }
        check(request);
        Sampling sampling = request.sampling();
        var generation = new Generation(limits.unread(), this::wake);
        queue(new Sequence(
                request, generation, sampling.seed().orElseGet(() -> sampling.greedy() ? 0 : anySeed()), (int) Math.min(
                        limits.room(), prompt + (long) sampling.maxTokens().orElse(limits.room()))));
        return generation;
    }

    /**
     * The direction of a text in the space of the model's thoughts: one vector of length one, made of the states after the
     * last norm. Waits for it.
     *
     * @param request whose prompt is the text; how to answer is not looked at
     * @throws BadRequest if the text cannot ever fit, or holds a number that is no token id
     * @throws Overloaded if as many wait as the limits allow
     * @throws EngineFault if the engine failed at it or was closed
     */
    public float[] embed(Request request, Pooling pooling) throws InterruptedException {
        int prompt = request.prompt().length;
        if (prompt > limits.room()) {
            throw new BadRequest(
                    "prompt",
                    "has " + prompt + " tokens, and the " + (limits.room() < limits.context() ? "cache" : "context")
                            + " holds " + limits.room());
        }
        check(request);
        try (var generation = new Generation(1, this::wake)) {
            var sequence = new Sequence(request, generation, 0, prompt, new Pooled(pooling, width));
            queue(sequence);
            generation.next();
            return Objects.requireNonNull(sequence.embedding);
        }
    }

    /** Refuses numbers that are no token ids, and another model's adapter. */
    private void check(Request request) {
        for (int id : request.prompt()) {
            if (id < 0 || id >= vocabulary) {
                throw new BadRequest("prompt", "holds the token id " + id + "; ids go from 0 to " + (vocabulary - 1));
            }
        }
        if (!request.adapter().map(fits::test).orElse(true)) {
            throw new BadRequest("adapter", "is for another model");
        }
        for (int id : request.sampling().logitBias().keySet()) {
            if (id < 0 || id >= vocabulary) {
                throw new BadRequest(
                        "logitBias", "holds the token id " + id + "; ids go from 0 to " + (vocabulary - 1));
            }
        }
    }

    private void queue(Sequence sequence) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the engine is closed");
            }
            if (active >= limits.running() + limits.queue()) {
                throw new Overloaded(limits.queue(), retryAfter());
            }
            active++;
            inbox.add(() -> loop.scheduler().add(sequence));
            wakeLocked();
        } finally {
            lock.unlock();
        }
    }

    /** What the engine does and has done. */
    public Statistics statistics() {
        return loop.counters().read();
    }

    /** Ends what is running, frees the cache and waits for the engine's thread. The second time it does nothing. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            wakeLocked();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true; // the thread ends within a step; the weights must not go before it
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** A seed that nobody can foresee; the generator is made only where one is needed, for that takes its time. */
    private static long anySeed() {
        return new SecureRandom().nextLong();
    }

    private void wake() {
        lock.lock();
        try {
            wakeLocked();
        } finally {
            lock.unlock();
        }
    }

    private void wakeLocked() {
        awake = true;
        called.signalAll();
    }

    private void run() {
        boolean idle = true;
        while (listen(idle)) {
            try {
                for (Runnable call = nextCall(); call != null; call = nextCall()) {
                    call.run();
                }
                idle = !loop.step();
            } catch (RuntimeException | Error fault) {
                // Not a step's own failure, which is caught there: the books may be wrong, so begin new ones.
                loop.failAll(new EngineFault("internal error: " + fault, fault));
            }
        }
        for (Runnable call = nextCall(); call != null; call = nextCall()) {
            call.run();
        }
        loop.failAll(new EngineFault("the engine was closed", new IllegalStateException("closed")));
        loop.close();
    }

    private @Nullable Runnable nextCall() {
        lock.lock();
        try {
            return inbox.poll();
        } finally {
            lock.unlock();
        }
    }

    private void ended() {
        lock.lock();
        try {
            long now = System.nanoTime();
            if (active > limits.running()) {
                endNanos += (now - lastEnd - endNanos) / Math.min(++ends, 16);
            }
            lastEnd = now;
            active--;
        } finally {
            lock.unlock();
        }
    }

    /** When a quarter of the queue should be begun, as fast as requests end of late: 1 to 60 s. */
    private Duration retryAfter() {
        return Duration.ofSeconds((long) Math.clamp(Math.ceil(endNanos * limits.queue() / 4e9), 1, 60));
    }

    /** Waits for something if idle. False once the engine is closed. */
    private boolean listen(boolean idle) {
        lock.lock();
        try {
            while (idle && !awake) {
                called.awaitUninterruptibly();
            }
            awake = false;
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** A Llama with its cache and its memory for activations. */
    static final class LlamaPass implements Loop.Pass {
        private final Llama llama;
        private final Kernels kernels;
        private final KvCache cache;
        private Workspace work = new Workspace();

        LlamaPass(Llama llama, Kernels kernels, DType cacheType, Limits limits) {
            this.llama = llama;
            this.kernels = kernels;
            cache = new KvCache(llama.config(), cacheType, limits.cacheBlocks(), limits.blockTokens());
        }

        @Override
        public Tensor logits(Batch batch) {
            try {
                return llama.forward(kernels, batch, cache, work);
            } catch (RuntimeException | Error fault) {
                renew();
                throw fault;
            }
        }

        @Override
        public Tensor states(Batch batch) {
            try {
                return llama.states(kernels, batch, cache, work);
            } catch (RuntimeException | Error fault) {
                renew();
                throw fault;
            }
        }

        /** The pass failed and left the memory as it was. */
        private void renew() {
            work.close();
            work = new Workspace();
        }

        @Override
        public boolean fits(Adapter adapter) {
            return adapter.fits(llama.config());
        }

        @Override
        public void copy(int from, int to) {
            cache.copy(kernels, from, to);
        }

        @Override
        public void close() {
            work.close();
            cache.close();
        }
    }
}
