package dev.puna.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.puna.model.Pooling;
import dev.puna.sample.Constraint;
import dev.puna.sample.Logprobs;
import dev.puna.sample.Sampler;
import dev.puna.sample.Sampling;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The engine's steps under seeds: random arrivals, cancellations, slow readers, faults, and a cache far too small. */
class SimulationTest {
    private static final int VOCABULARY = 24;

    @Test
    void everyoneFinishesWithTheTokensTheyWouldGetAlone() throws InterruptedException {
        int preemptions = 0;
        int reuses = 0;
        long accepted = 0;
        long rejected = 0;
        for (int seed = 0; seed < 4_000; seed++) {
            try {
                var simulation = new Simulation(seed);
                simulation.run();
                preemptions += simulation.recomputed > 0 ? 1 : 0;
                reuses += simulation.reused > 0 ? 1 : 0;
                var statistics = simulation.loop.counters().read();
                accepted += statistics.draftsAccepted();
                rejected += statistics.draftsRejected();
            } catch (RuntimeException | AssertionError e) {
                fail("seed " + seed, e);
            }
        }
        // That the seeds reach what they should.
        assertThat(preemptions).isGreaterThan(100);
        assertThat(reuses).isGreaterThan(100);
        assertThat(accepted).isGreaterThan(1_000);
        assertThat(rejected).isGreaterThan(1_000);
    }

    /** A caller and what it should and did get. */
    private static final class Caller {
        final Request request;
        final Generation generation;
        final List<Integer> expected;
        final Random manner;
        final List<Integer> got = new ArrayList<>();
        Finish finish;
        boolean failed;

        Caller(Request request, Generation generation, List<Integer> expected, Random manner) {
            this.request = request;
            this.generation = generation;
            this.expected = expected;
            this.manner = manner;
        }
    }

    private static final class Simulation {
        final Random random;
        final Limits limits;
        final HashPass pass;
        final Loop loop;
        final List<Caller> callers = new ArrayList<>();
        final List<Sequence> texts = new ArrayList<>(); // to embed
        final List<int[]> pasts = new ArrayList<>(List.of(new int[0], new int[0], new int[0]));
        int ended;
        int recomputed;
        int reused;

        Simulation(int seed) {
            random = new Random(seed);
            int blockTokens = 1 + random.nextInt(5);
            int blocks = 4 + random.nextInt(20);
            int running = 1 + random.nextInt(6);
            limits = new Limits(
                    10 + random.nextInt(60),
                    blockTokens,
                    blocks,
                    random.nextBoolean() ? blocks : random.nextInt(blocks),
                    running + 1 + random.nextInt(20),
                    running,
                    1000,
                    1 + random.nextInt(200),
                    random.nextInt(3) * 3,
                    1 + random.nextInt(8));
            pass = new HashPass(VOCABULARY, limits);
            Drafter drafter = switch (random.nextInt(3)) {
                case 0 -> new PromptLookup();
                case 1 -> new DraftModel(new HashPass(VOCABULARY, limits), VOCABULARY, 1 + random.nextInt(20));
                default -> this::guessWildly;
            };
            loop = new Loop(pass, new Speculation(drafter, limits.drafts(), 0.1), VOCABULARY, limits, () -> ended++);
        }

        private void guessWildly(List<Sequence> sequences) {
            for (Sequence s : sequences) {
                s.drafts = random.nextInt(s.drafts + 1);
                for (int i = 0; i < s.drafts; i++) {
                    int[] known = Arrays.copyOf(s.tokens(), s.length() + i);
                    float[] logits = HashPass.logits(known, VOCABULARY);
                    int best = 0;
                    for (int id = 1; id < VOCABULARY; id++) {
                        best = logits[id] > logits[best] ? id : best;
                    }
                    s.draft(i, random.nextInt(4) == 0 ? random.nextInt(VOCABULARY) : best);
                }
            }
        }

        void run() throws InterruptedException {
            int arrivals = 1 + random.nextInt(25);
            boolean faults = random.nextInt(5) == 0;
            for (int time = 0;
                    callers.size() < arrivals || !loop.scheduler().sequences().isEmpty();
                    time++) {
                assertThat(time).as("steps").isLessThan(100_000);
                if (callers.size() < arrivals && random.nextInt(3) == 0) {
                    arrive();
                    if (random.nextInt(6) == 0) {
                        embed();
                    }
                }
                if (faults && random.nextInt(40) == 0) {
                    pass.failNext = 1;
                }
                loop.step();
                for (Caller caller : callers) {
                    if (caller.manner.nextInt(150) == 0) {
                        caller.generation.cancel();
                    }
                    if (caller.manner.nextInt(3) == 0) {
                        read(caller);
                    }
                }
            }
            int needed = 0;
            for (Sequence text : texts) {
                needed += text.length();
                check(text, faults);
            }
            for (Caller caller : callers) {
                while (caller.finish == null && !caller.failed) {
                    read(caller);
                }
                needed += caller.request.prompt().length + caller.got.size();
                check(caller, faults);
            }
            recomputed = Math.max(0, pass.computedTokens + reused - needed);
            assertThat(loop.scheduler().sequences()).isEmpty();
            assertThat(loop.scheduler().freeBlocks()).as("free blocks").isEqualTo(limits.cacheBlocks());
        }

        private void embed() {
            int[] text = random.ints(1 + random.nextInt(limits.room()), 0, VOCABULARY)
                    .toArray();
            var request = new Request(text, Sampling.GREEDY, Set.of()).from("caller " + random.nextInt(3));
            var pooled = new Pooled(Pooling.MEAN, VOCABULARY);
            texts.add(new Sequence(request, new Generation(1, () -> {}), 0, text.length, pooled));
            loop.scheduler().add(texts.getLast());
        }

        private void check(Sequence text, boolean faults) {
            if (text.embedding == null) {
                assertThat(faults).isTrue();
                return;
            }
            var expected = new Pooled(Pooling.MEAN, VOCABULARY);
            for (int i = 1; i <= text.length(); i++) {
                expected.add(Arena.ofAuto()
                        .allocateFrom(
                                ValueLayout.JAVA_FLOAT, HashPass.logits(Arrays.copyOf(text.tokens(), i), VOCABULARY)));
            }
            assertThat(text.embedding).containsExactly(expected.vector());
        }

        private void arrive() {
            int which = random.nextInt(4);
            int most = limits.room() - 1;
            int[] prompt = new int[1 + random.nextInt(most)];
            for (int i = 0; i < prompt.length; i++) {
                prompt[i] = random.nextInt(VOCABULARY);
            }
            if (which < 3) { // goes on where that conversation was, or some way before
                int[] past = pasts.get(which);
                int shared = Math.min(random.nextInt(past.length + 1), prompt.length);
                System.arraycopy(past, 0, prompt, 0, shared);
            }
            long chosenSeed = random.nextLong();
            boolean greedy = random.nextBoolean();
            OptionalInt maxTokens = random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt(30));
            boolean scored = random.nextInt(4) == 0;
            var sampling = Sampling.GREEDY.with(s -> {
                s.temperature = greedy ? 0 : 1.5;
                s.topP = 0.9;
                s.repeatPenalty = 1.1;
                s.frequencyPenalty = 0.3;
                s.seed = java.util.OptionalLong.of(chosenSeed);
                s.maxTokens = maxTokens;
                s.scored = scored;
                s.logprobs = scored ? OptionalInt.of(1) : OptionalInt.empty();
            });
            var priorities = Priority.values();
            var request = new Request(prompt, sampling, Set.of(1, 2))
                    .from("caller " + random.nextInt(3))
                    .with(priorities[random.nextInt(3)]);
            if (random.nextBoolean()) {
                request = request.sharing("all");
            }
            var generation = new Generation(limits.unread(), () -> {});
            int end = (int) Math.min(limits.room(), prompt.length + (long) maxTokens.orElse(1 << 20));
            int third = random.nextInt(4);
            Optional<Constraint> form = third > 0
                    ? Optional.empty()
                    : Optional.of(new EveryThird(VOCABULARY, 3, random.nextLong(), 1 + random.nextInt(40)));
            request = form.map(Constraint::fork).map(request::with).orElse(request);
            List<Integer> expected = alone(request, form, chosenSeed, end);
            loop.scheduler().add(new Sequence(request, generation, chosenSeed, end));
            if (which < 3) {
                int[] past = Arrays.copyOf(prompt, prompt.length + expected.size());
                for (int i = 0; i < expected.size(); i++) {
                    past[prompt.length + i] = expected.get(i);
                }
                pasts.set(which, past);
            }
            callers.add(new Caller(request, generation, expected, new Random(random.nextLong())));
        }

        private static List<Integer> alone(Request request, Optional<Constraint> form, long seed, int end) {
            Constraint constraint = form.orElse(null);
            var sampler = new Sampler(VOCABULARY);
            int[] prompt = request.prompt();
            int[] tokens = prompt;
            List<Integer> answer = new ArrayList<>();
            while (tokens.length < end) {
                var row = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, HashPass.logits(tokens, VOCABULARY));
                int id = sampler.pick(
                        row,
                        0,
                        request.sampling(),
                        tokens,
                        prompt.length,
                        tokens.length,
                        seed,
                        constraint,
                        request.ends());
                answer.add(id);
                tokens = Arrays.copyOf(tokens, tokens.length + 1);
                tokens[tokens.length - 1] = id;
                if (request.ends().contains(id)) {
                    break;
                }
                if (constraint != null) {
                    constraint.accept(id);
                    if (constraint.complete()) {
                        break;
                    }
                }
            }
            return answer;
        }

        /** Reads one event if there is one; a caller whose sequence is at work must not block the simulation. */
        private void read(Caller caller) throws InterruptedException {
            if (caller.finish != null || caller.failed || caller.generation.quiet()) {
                return;
            }
            try {
                switch (caller.generation.next()) {
                    case Event.Prompt prompt -> {
                        assertThat(caller.got).isEmpty();
                        check(caller.request.prompt(), prompt.logprobs());
                    }
                    case Event.Token token -> caller.got.add(token.id());
                    case Event.Finished finished -> {
                        caller.finish = finished.finish();
                        reused += finished.usage().cachedTokens();
                        assertThat(finished.usage().newTokens()).isEqualTo(caller.got.size());
                    }
                }
            } catch (EngineFault fault) {
                assertThat(fault).hasRootCauseMessage("the kernel broke");
                caller.failed = true;
            }
        }

        private static void check(int[] prompt, List<Logprobs> scores) {
            assertThat(scores).hasSize(prompt.length - 1);
            var sampler = new Sampler(VOCABULARY);
            for (int i = 1; i < prompt.length; i++) {
                float[] logits = HashPass.logits(Arrays.copyOf(prompt, i), VOCABULARY);
                var row = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, logits);
                assertThat(scores.get(i - 1).chosen()).isEqualTo(sampler.logprob(row, prompt[i]));
            }
        }

        private static void check(Caller caller, boolean faults) {
            if (caller.failed) {
                assertThat(faults).isTrue();
            }
            if (caller.failed || caller.finish == Finish.CANCELLED) {
                assertThat(caller.got).isEqualTo(caller.expected.subList(0, caller.got.size()));
                return;
            }
            assertThat(caller.got).isEqualTo(caller.expected);
            boolean end = !caller.got.isEmpty() && caller.request.ends().contains(caller.got.getLast())
                    || !caller.got.isEmpty()
                            && caller.request
                                    .constraint()
                                    .map(Constraint::complete)
                                    .orElse(false);
            assertThat(caller.finish).isEqualTo(end ? Finish.STOP : Finish.LENGTH);
        }
    }
}
