package dev.puna.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.model.Config;
import dev.puna.model.Llama;
import dev.puna.model.TinyLlama;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Sampling;
import dev.puna.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SpeculationTest {
    private static final int VOCABULARY = 12;
    private static final Limits LIMITS = new Limits(100, 4, 60, 60, 40, 4, 20, 100, 6, 200);

    @ParameterizedTest
    @MethodSource("dev.puna.kernel.AvailableTiers#names")
    void guessesChangeNoTokenOnAnyTier(String tier) throws Exception {
        Llama llama = TinyLlama.of(1);
        var limits = new Limits(400, 8, 200, 200, 60, 4, 20, 100, 6, 500);
        for (double temperature : new double[] {0, 0.4}) {
            var sampling = Sampling.GREEDY.with(s -> {
                s.temperature = temperature;
                s.seed = OptionalLong.of(5);
                s.maxTokens = OptionalInt.of(150);
            });
            var request = new Request(new Random(2).ints(40, 0, 320).toArray(), sampling, Set.of());
            try (var machine = new Machine(Optional.of(tier), OptionalInt.of(1));
                    var plain = new Engine(llama, machine.kernels(), DType.F32, limits.drafts(0))) {
                List<Integer> expected = ids(plain.submit(request));
                assertThat(plain.statistics().draftsAccepted()).isZero();
                try (var other = new Machine(Optional.of(tier), OptionalInt.of(1));
                        var lookup = new Engine(llama, other.kernels(), DType.F32, limits)) {
                    assertThat(ids(lookup.submit(request))).isEqualTo(expected);
                }
                try (var other = new Machine(Optional.of(tier), OptionalInt.of(1));
                        var drafted = new Engine(llama, TinyLlama.of(1), other.kernels(), DType.F32, limits)) {
                    assertThat(ids(drafted.submit(request))).isEqualTo(expected);
                    assertThat(drafted.statistics().draftsAccepted()).isPositive();
                    assertThat(drafted.statistics().draftsRejected())
                            .as("the same model with the same luck")
                            .isZero();
                }
            }
        }
    }

    @Test
    void theDistributionOfTokensIsTheModels() throws InterruptedException {
        // The third token of the answer, by what came before, against the model's own probabilities: chi squared.
        int[] prompt = {1, 2, 3, 1, 2, 3, 1, 2};
        double[] expected = new double[VOCABULARY];
        double[] first = probabilities(prompt);
        for (int a = 0; a < VOCABULARY; a++) {
            int[] one = append(prompt, a);
            double[] second = probabilities(one);
            for (int b = 0; b < VOCABULARY; b++) {
                double[] third = probabilities(append(one, b));
                for (int c = 0; c < VOCABULARY; c++) {
                    expected[c] += first[a] * second[b] * third[c];
                }
            }
        }
        int runs = 6_000;
        int[] seen = new int[VOCABULARY];
        long accepted = 0;
        var random = new Random(11);
        Drafter mostLikely = sequences -> {
            for (Sequence s : sequences) {
                for (int i = 0; i < s.drafts; i++) {
                    float[] logits = HashPass.logits(Arrays.copyOf(s.tokens(), s.length() + i), VOCABULARY);
                    int best = 0;
                    for (int id = 1; id < VOCABULARY; id++) {
                        best = logits[id] > logits[best] ? id : best;
                    }
                    s.draft(i, random.nextInt(5) == 0 ? random.nextInt(VOCABULARY) : best);
                }
            }
        };
        for (int seed = 0; seed < runs; seed++) {
            var loop = new Loop(
                    new HashPass(VOCABULARY, LIMITS),
                    new Speculation(mostLikely, 6, 0.1),
                    VOCABULARY,
                    LIMITS,
                    () -> {});
            long chosen = random.nextLong();
            var sampling = Sampling.GREEDY.with(s -> {
                s.temperature = 1;
                s.seed = OptionalLong.of(chosen);
            });
            var generation = new Generation(100, () -> {});
            loop.scheduler()
                    .add(new Sequence(new Request(prompt, sampling, Set.of()), generation, chosen, prompt.length + 3));
            while (loop.step()) {}
            seen[ids(generation).get(2)]++;
            accepted += loop.counters().read().draftsAccepted();
        }
        assertThat(accepted).isGreaterThan(runs / 10);
        double chiSquared = 0;
        for (int id = 0; id < VOCABULARY; id++) {
            chiSquared += Math.pow(seen[id] - runs * expected[id], 2) / (runs * expected[id]);
        }
        assertThat(chiSquared).as("11 degrees of freedom, 0.1 %").isLessThan(31.3);
    }

    @Test
    void aPredictionIsGuessedFromAndChangesNoToken() throws InterruptedException {
        var limits = new Limits(400, 4, 200, 200, 40, 4, 20, 100, 6, 500);
        int[] prompt = {1, 5, 9};
        List<Integer> expected = List.of();
        for (int changed :
                new int[] {-1, 0, 40, 999, 1000}) { // which token of the prediction is wrong; 1000: it has one
            int[] prediction = expected.stream().mapToInt(id -> id).toArray();
            if (changed >= 0 && changed < prediction.length) {
                prediction[changed] = (prediction[changed] + 1) % VOCABULARY;
            }
            var loop = new Loop(
                    new HashPass(VOCABULARY, limits),
                    new Speculation(all -> all.forEach(s -> s.drafts = 0), 6, 0.3),
                    VOCABULARY,
                    limits,
                    () -> {});
            var generation = new Generation(500, () -> {});
            var request = new Request(prompt, Sampling.GREEDY, Set.of())
                    .predicted(changed == 1000 ? new int[] {7} : prediction);
            loop.scheduler().add(new Sequence(request, generation, 0, 200));
            int steps = 0;
            while (loop.step()) {
                steps++;
            }
            List<Integer> ids = ids(generation);
            Usage usage = ((Event.Finished) generation.next()).usage();
            if (changed < 0) {
                expected = ids;
                assertThat(usage.predictedTokens()).isZero();
                assertThat(steps).isEqualTo(197);
            } else {
                assertThat(ids).isEqualTo(expected);
                if (changed < 1000) {
                    assertThat(steps).isEqualTo(197 - usage.predictedTokens()).isLessThan(70);
                }
            }
        }
    }

    @Test
    void guessesThatNeverComeTrueAreSoonGivenUp() throws InterruptedException {
        int[] asked = {0};
        Drafter wrong = sequences -> {
            for (Sequence s : sequences) {
                asked[0]++;
                s.drafts = Math.min(1, s.drafts);
                int next = 0;
                float[] logits = HashPass.logits(Arrays.copyOf(s.tokens(), s.length()), VOCABULARY);
                for (int id = 1; id < VOCABULARY; id++) {
                    next = logits[id] < logits[next] ? id : next;
                }
                s.draft(0, next);
            }
        };
        var limits = new Limits(400, 4, 200, 200, 40, 4, 20, 100, 6, 500);
        var loop = new Loop(
                new HashPass(VOCABULARY, limits), new Speculation(wrong, 6, 0.3), VOCABULARY, limits, () -> {});
        var generation = new Generation(500, () -> {});
        loop.scheduler().add(new Sequence(new Request(new int[] {1}, Sampling.GREEDY, Set.of()), generation, 0, 400));
        while (loop.step()) {}
        assertThat(ids(generation)).hasSize(399);
        assertThat(asked[0]).isLessThan(40);
        assertThat(loop.counters().read().draftsAccepted()).isZero();
    }

    @Test
    void aDraftModelOfOtherTokensIsRefused() {
        try (var machine = new Machine(Optional.of("reference"), OptionalInt.of(1))) {
            Config usual = TinyLlama.config(2);
            Llama other = TinyLlama.of(
                    1,
                    new Config(
                            "llama",
                            64,
                            usual.width(),
                            usual.context(),
                            usual.normEpsilon(),
                            true,
                            usual.rope(),
                            usual.blocks()));
            assertThatThrownBy(() -> new Engine(TinyLlama.of(1), other, machine.kernels(), DType.F32, LIMITS))
                    .isInstanceOf(BadRequest.class)
                    .hasMessageStartingWith("draft knows 64 tokens and the model 320");
        }
    }

    private static double[] probabilities(int[] tokens) {
        float[] logits = HashPass.logits(tokens, VOCABULARY);
        double sum = 0;
        double[] all = new double[VOCABULARY];
        for (int id = 0; id < VOCABULARY; id++) {
            all[id] = Math.exp(logits[id]);
            sum += all[id];
        }
        for (int id = 0; id < VOCABULARY; id++) {
            all[id] /= sum;
        }
        return all;
    }

    private static int[] append(int[] tokens, int token) {
        int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
        longer[tokens.length] = token;
        return longer;
    }

    private static List<Integer> ids(Generation generation) throws InterruptedException {
        List<Integer> ids = new ArrayList<>();
        while (generation.next() instanceof Event.Token token) {
            ids.add(token.id());
        }
        return ids;
    }
}
