package dev.puna.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.model.Batch;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Sampling;
import dev.puna.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

class EngineTest {
    private static final int VOCABULARY = 24;
    private static final Limits LIMITS = new Limits(200, 8, 60, 60, 40, 8, 20, 100, 4, 16);

    @Test
    void manyCallersGetWhatEachWouldGetAlone() throws Exception {
        List<Callable<List<Integer>>> calls = new ArrayList<>();
        try (var crowd = new Engine(
                        new HashPass(VOCABULARY, LIMITS), new PromptLookup(), VOCABULARY, VOCABULARY, LIMITS);
                var quiet = new Engine(
                        new HashPass(VOCABULARY, LIMITS), new PromptLookup(), VOCABULARY, VOCABULARY, LIMITS);
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 28; i++) {
                int seed = i;
                calls.add(() -> ids(crowd.submit(request(seed, 5 + seed, 60))));
            }
            var answers = callers.invokeAll(calls);
            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i).get()).isEqualTo(ids(quiet.submit(request(i, 5 + i, 60))));
            }
        }
    }

    @Test
    void nothingIsComputedForWhoLeftAfterTheStepThatRuns() throws Exception {
        HashPass inner = new HashPass(VOCABULARY, LIMITS);
        Semaphore begun = new Semaphore(0);
        Semaphore go = new Semaphore(0);
        Loop.Pass held = new Loop.Pass() {
            @Override
            public Tensor logits(Batch batch) {
                begun.release();
                go.acquireUninterruptibly();
                return inner.logits(batch);
            }

            @Override
            public Tensor states(Batch batch) {
                return logits(batch);
            }

            @Override
            public void copy(int from, int to) {
                inner.copy(from, to);
            }
        };
        try (var engine = new Engine(held, new PromptLookup(), VOCABULARY, VOCABULARY, LIMITS)) {
            Generation endless = engine.submit(endless());
            begun.acquire();
            endless.cancel();
            go.release(1000);
            Event last = endless.next();
            while (last instanceof Event.Token) {
                last = endless.next();
            }
            assertThat(((Event.Finished) last).finish()).isEqualTo(Finish.CANCELLED);
            assertThat(inner.steps).isEqualTo(1);
        }
    }

    @Test
    void aCancelledAnswerEndsAndItsPlaceIsFree() throws Exception {
        try (var engine =
                new Engine(new HashPass(VOCABULARY, LIMITS), new PromptLookup(), VOCABULARY, VOCABULARY, LIMITS)) {
            Generation endless = engine.submit(endless());
            endless.next();
            endless.cancel();
            Event last = endless.next();
            while (last instanceof Event.Token) {
                last = endless.next();
            }
            assertThat(((Event.Finished) last).finish()).isEqualTo(Finish.CANCELLED);
            assertThat(endless.next()).isSameAs(last);
            assertThat(ids(engine.submit(request(1, 4, 5)))).hasSize(5);
        }
    }

    @Test
    void aCallerThatDoesNotReadPausesAlone() throws Exception {
        var pass = new HashPass(VOCABULARY, LIMITS);
        try (var engine = new Engine(pass, new PromptLookup(), VOCABULARY, VOCABULARY, LIMITS)) {
            Generation unread = engine.submit(endless());
            for (int i = 0; i < 5; i++) {
                assertThat(ids(engine.submit(request(i, 4, 100)))).hasSize(100);
            }
            // Its 16 tokens wait to be read; then it goes on to the end of the context.
            assertThat(ids(unread)).hasSize(LIMITS.room() - 4);
        }
    }

    @Test
    void aFaultFailsTheRequestsOfItsStepAndTheEngineLivesOn() throws Exception {
        var pass = new HashPass(VOCABULARY, LIMITS);
        pass.failNext = 3;
        try (var engine = new Engine(pass, new PromptLookup(), VOCABULARY, VOCABULARY, LIMITS)) {
            Generation unlucky = engine.submit(request(1, 4, 50));
            assertThatThrownBy(() -> ids(unlucky))
                    .isInstanceOf(EngineFault.class)
                    .hasRootCauseMessage("the kernel broke");
            assertThat(ids(engine.submit(request(2, 4, 50)))).hasSize(50);
        }
    }

    @Test
    void beyondTheQueueACallerIsToldToTryLater() throws Exception {
        var door = new Semaphore(0);
        var limits = new Limits(200, 8, 60, 60, 40, 2, 3, 100, 4, 16);
        var hash = new HashPass(VOCABULARY, limits);
        var slow = new Loop.Pass() {
            @Override
            public Tensor logits(Batch batch) {
                door.acquireUninterruptibly();
                return hash.logits(batch);
            }

            @Override
            public Tensor states(Batch batch) {
                return hash.states(batch);
            }

            @Override
            public void copy(int from, int to) {
                hash.copy(from, to);
            }
        };
        try (var engine = new Engine(slow, new PromptLookup(), VOCABULARY, VOCABULARY, limits)) {
            List<Generation> accepted = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                accepted.add(engine.submit(request(i, 4, 10)));
            }
            assertThatThrownBy(() -> engine.submit(request(9, 4, 10)))
                    .isInstanceOfSatisfying(
                            Overloaded.class, e -> assertThat(e.retryAfter()).isPositive());
            door.release(1_000_000);
            for (Generation generation : accepted) {
                assertThat(ids(generation)).hasSize(10);
            }
            assertThat(ids(engine.submit(request(9, 4, 10)))).hasSize(10);
        }
    }

    @Test
    void whatCanNeverFitIsRefusedWithBothNumbers() {
        try (var engine =
                new Engine(new HashPass(VOCABULARY, LIMITS), new PromptLookup(), VOCABULARY, VOCABULARY, LIMITS)) {
            assertThatThrownBy(() -> engine.submit(request(1, 200, 1)))
                    .isInstanceOf(BadRequest.class)
                    .hasMessage("prompt has 200 tokens, which leaves no room for an answer: the context holds 200");
        }
        var small = new Limits(200, 8, 10, 10, 40, 8, 20, 100, 4, 16);
        try (var engine =
                new Engine(new HashPass(VOCABULARY, small), new PromptLookup(), VOCABULARY, VOCABULARY, small)) {
            assertThatThrownBy(() -> engine.submit(request(1, 100, 1)))
                    .hasMessage("prompt has 100 tokens, which leaves no room for an answer: the cache holds 80");
        }
    }

    @Test
    void numbersThatAreNoTokensAreRefused() {
        try (var engine =
                new Engine(new HashPass(VOCABULARY, LIMITS), new PromptLookup(), VOCABULARY, VOCABULARY, LIMITS)) {
            assertThatThrownBy(() -> engine.submit(new Request(new int[] {1, 24}, Sampling.GREEDY, Set.of())))
                    .hasMessage("prompt holds the token id 24; ids go from 0 to 23");
            var biased = Sampling.GREEDY.with(s -> s.logitBias = Map.of(-1, 1.0));
            assertThatThrownBy(() -> engine.submit(new Request(new int[] {1}, biased, Set.of())))
                    .hasMessage("logitBias holds the token id -1; ids go from 0 to 23");
            assertThatThrownBy(() -> new Request(new int[0], Sampling.GREEDY, Set.of()))
                    .hasMessageStartingWith("prompt is empty");
        }
    }

    @Test
    void closingFailsWhatRunsAndRefusesWhatComes() throws Exception {
        var engine = new Engine(new HashPass(VOCABULARY, LIMITS), new PromptLookup(), VOCABULARY, VOCABULARY, LIMITS);
        Generation running = engine.submit(endless());
        running.next();
        engine.close();
        engine.close();
        assertThatThrownBy(() -> ids(running)).isInstanceOf(EngineFault.class).hasMessage("the engine was closed");
        assertThatThrownBy(() -> engine.submit(request(1, 4, 5))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void logprobsComeWithTheTokensThatAskForThem() throws Exception {
        try (var engine =
                new Engine(new HashPass(VOCABULARY, LIMITS), new PromptLookup(), VOCABULARY, VOCABULARY, LIMITS)) {
            var sampling = Sampling.GREEDY.with(s -> {
                s.logprobs = OptionalInt.of(3);
                s.maxTokens = OptionalInt.of(1);
            });
            Event.Token token = (Event.Token) engine.submit(new Request(new int[] {5}, sampling, Set.of()))
                    .next();
            assertThat(token.logprobs().orElseThrow().ids()).hasSize(3).startsWith(token.id());
            assertThat(token.logprobs().orElseThrow().chosen())
                    .isEqualTo(token.logprobs().orElseThrow().logprobs()[0]);
        }
    }

    @Test
    void withoutASeedEachRequestDrawsItsOwn() throws Exception {
        try (var engine =
                new Engine(new HashPass(VOCABULARY, LIMITS), new PromptLookup(), VOCABULARY, VOCABULARY, LIMITS)) {
            var sampling = Sampling.GREEDY.with(s -> {
                s.temperature = 2;
                s.maxTokens = OptionalInt.of(40);
            });
            var request = new Request(new int[] {5}, sampling, Set.of());
            assertThat(ids(engine.submit(request))).isNotEqualTo(ids(engine.submit(request)));
        }
    }

    private static Request request(int seed, int prompt, int maxTokens) {
        int[] ids = new int[prompt];
        for (int i = 0; i < prompt; i++) {
            ids[i] = (seed * 7 + i * 5) % VOCABULARY;
        }
        var sampling = Sampling.GREEDY.with(s -> {
            s.temperature = seed % 2;
            s.seed = OptionalLong.of(seed);
            s.maxTokens = OptionalInt.of(maxTokens);
        });
        return new Request(ids, sampling, Set.of());
    }

    private static Request endless() {
        return new Request(new int[] {1, 2, 3, 4}, Sampling.GREEDY, Set.of());
    }

    private static List<Integer> ids(Generation generation) throws InterruptedException {
        List<Integer> ids = new ArrayList<>();
        while (generation.next() instanceof Event.Token token) {
            ids.add(token.id());
        }
        return ids;
    }
}
