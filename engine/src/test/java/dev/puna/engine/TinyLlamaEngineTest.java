package dev.puna.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.puna.kernel.Span;
import dev.puna.kernel.Span.Outputs;
import dev.puna.model.Batch;
import dev.puna.model.KvCache;
import dev.puna.model.Llama;
import dev.puna.model.TinyLlama;
import dev.puna.model.Workspace;
import dev.puna.sample.Logprobs;
import dev.puna.sample.Sampler;
import dev.puna.sample.Sampling;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The engine with a real forward pass, against the plainest loop that gives the same tokens. */
class TinyLlamaEngineTest {
    private static final Llama LLAMA = TinyLlama.of(1);
    private static final int VOCABULARY = 320;

    @ParameterizedTest
    @CsvSource({"reference,F32", "vector,F32", "vector,F16", "vector,Q8_0"})
    void companyPreemptionAndReuseDoNotChangeTheAnswer(String tier, DType cacheType) throws Exception {
        // Blocks for less than half of what twelve callers fill, so some are put off and computed again.
        var limits = new Limits(120, 8, 60, 60, 37, 6, 20, 100, 4, 64);
        try (var machine = new Machine(Optional.of(tier), OptionalInt.of(2));
                var engine = new Engine(LLAMA, machine.kernels(), cacheType, limits);
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<List<Integer>>> calls = new ArrayList<>();
            List<int[]> prompts = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                int[] prompt = prompt(i, 3 + 7 * i);
                prompts.add(prompt);
                String account = "caller " + i % 3;
                int seed = i;
                calls.add(() -> {
                    List<Integer> first = ids(engine.submit(request(prompt, seed, account)));
                    int[] next = Arrays.copyOf(prompt, prompt.length + 2);
                    next[prompt.length] = first.getFirst();
                    first.addAll(ids(engine.submit(request(next, seed, account))));
                    return first;
                });
            }
            var answers = callers.invokeAll(calls);
            try (var alone = new Machine(Optional.of(tier), OptionalInt.of(1))) {
                for (int i = 0; i < 12; i++) {
                    int[] prompt = prompts.get(i);
                    List<Integer> expected = alone(alone, cacheType, request(prompt, i, ""), 120);
                    int[] next = Arrays.copyOf(prompt, prompt.length + 2);
                    next[prompt.length] = expected.getFirst();
                    expected.addAll(alone(alone, cacheType, request(next, i, ""), 120));
                    assertThat(answers.get(i).get()).isEqualTo(expected);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.puna.kernel.AvailableTiers#names")
    void scoresAreThoseOfTheLogitsAndDoNotHangOnPieces(String tier) {
        int[] window = prompt(5, 400);
        try (var machine = new Machine(Optional.of(tier), OptionalInt.of(1));
                var scorer = new Scorer(LLAMA, machine, DType.F32, 512)) {
            List<float[]> rows = new ArrayList<>();
            double[] scores = scorer.score(window, logits -> {
                for (long i = 0; i < logits.byteSize(); i += 4L * VOCABULARY) {
                    rows.add(logits.asSlice(i, 4L * VOCABULARY).toArray(ValueLayout.JAVA_FLOAT));
                }
            });
            assertThat(rows).hasSize(400);
            assertThat(scores).hasSize(400);
            assertThat(scores[0]).isNaN();
            for (int i = 1; i < 400; i++) {
                float[] row = rows.get(i - 1);
                double max = Double.NEGATIVE_INFINITY;
                for (float x : row) {
                    max = Math.max(max, x);
                }
                double sum = 0;
                for (float x : row) {
                    sum += Math.exp(x - max);
                }
                assertThat(scores[i]).isEqualTo(row[window[i]] - max - Math.log(sum), within(1e-9));
            }
            // A second window starts from nothing.
            assertThat(scorer.score(Arrays.copyOf(window, 10), _ -> {})).isEqualTo(Arrays.copyOf(scores, 10));
            assertThatThrownBy(() -> scorer.score(new int[513], _ -> {}))
                    .hasMessage("text has 513 tokens, more than the context holds: 512");
        }
    }

    @Test
    void promptsAreScoredInCompanyAfterPreemptionAndBesideACacheThatHasThem() throws Exception {
        var limits = new Limits(600, 8, 110, 110, 90, 6, 20, 100, 4, 64);
        try (var machine = new Machine(Optional.of("vector"), OptionalInt.of(2));
                var engine = new Engine(LLAMA, machine.kernels(), DType.F32, limits);
                var scorer = new Scorer(LLAMA, machine, DType.F32, 600)) {
            List<int[]> prompts = new ArrayList<>();
            List<double[]> expected = new ArrayList<>();
            for (int length : new int[] {1, 2, 64, 65, 400, 300, 300}) {
                prompts.add(prompt(length, length));
                expected.add(scorer.score(prompts.getLast(), _ -> {}));
            }
            prompts.add(prompts.get(4));
            expected.add(expected.get(4));
            List<Generation> asked = new ArrayList<>();
            for (int i = 0; i < prompts.size(); i++) {
                int most = i % 3;
                asked.add(engine.submit(new Request(
                        prompts.get(i),
                        Sampling.GREEDY.with(s -> {
                            s.logprobs = OptionalInt.of(2);
                            s.scored = true;
                            s.maxTokens = OptionalInt.of(most);
                        }),
                        Set.of())));
            }
            for (int i = 0; i < prompts.size(); i++) {
                Event event = asked.get(i).next();
                if (prompts.get(i).length > 1) {
                    List<Logprobs> scores = ((Event.Prompt) event).logprobs();
                    double[] told = DoubleStream.concat(
                                    DoubleStream.of(Double.NaN), scores.stream().mapToDouble(Logprobs::chosen))
                            .toArray();
                    assertThat(told).isEqualTo(expected.get(i));
                    assertThat(scores).allSatisfy(one -> assertThat(one.ids()).hasSize(2));
                    event = asked.get(i).next();
                }
                int made = 0;
                for (; event instanceof Event.Token; event = asked.get(i).next()) {
                    made++;
                }
                assertThat(made).isEqualTo(i % 3);
                assertThat(((Event.Finished) event).finish()).isEqualTo(Finish.LENGTH);
            }
        }
    }

    /** One token after the other, each pass over the whole text. */
    private static List<Integer> alone(Machine machine, DType cacheType, Request request, int room) {
        int[] tokens = request.prompt();
        int end = Math.min(room, tokens.length + request.sampling().maxTokens().orElseThrow());
        List<Integer> answer = new ArrayList<>();
        var sampler = new Sampler(VOCABULARY);
        int promptLength = tokens.length;
        while (tokens.length < end) {
            try (var cache = new KvCache(LLAMA.config(), cacheType, 1, 512);
                    var work = new Workspace()) {
                var batch = new Batch(tokens, List.of(new Span(new int[] {0}, 0, tokens.length, Outputs.LAST)));
                Tensor logits = LLAMA.forward(machine.kernels(), batch, cache, work);
                MemorySegment row = logits.data();
                int id = sampler.pick(
                        row,
                        request.sampling(),
                        tokens,
                        promptLength,
                        tokens.length,
                        request.sampling().seed().orElseThrow());
                answer.add(id);
                tokens = Arrays.copyOf(tokens, tokens.length + 1);
                tokens[tokens.length - 1] = id;
            }
        }
        return answer;
    }

    private static Request request(int[] prompt, int seed, String account) {
        var sampling = Sampling.GREEDY.with(s -> {
            s.temperature = seed % 3;
            s.topK = 40;
            s.seed = OptionalLong.of(seed);
            s.maxTokens = OptionalInt.of(25);
        });
        return new Request(prompt, sampling, Set.of()).from(account);
    }

    private static int[] prompt(int seed, int length) {
        return new Random(seed).ints(length, 0, VOCABULARY).toArray();
    }

    private static List<Integer> ids(Generation generation) throws InterruptedException {
        List<Integer> ids = new ArrayList<>();
        while (generation.next() instanceof Event.Token token) {
            ids.add(token.id());
        }
        return ids;
    }
}
