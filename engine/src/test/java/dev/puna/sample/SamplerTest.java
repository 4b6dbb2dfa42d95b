package dev.puna.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SamplerTest {
    private static final int[] NOTHING = {};

    @Test
    void greedyTakesTheHighestLogitAndTheLowerIdAmongEquals() {
        assertThat(pick(row(1, 3, 2), Sampling.GREEDY)).isEqualTo(1);
        assertThat(pick(row(1, 3, 3, 3), Sampling.GREEDY)).isEqualTo(1);
        assertThat(pick(row(-5, -4, -9), Sampling.GREEDY)).isEqualTo(1);
    }

    @Test
    void drawsFollowTheSoftmaxOfTheLogitsOverTheTemperature() {
        float[] logits = {0.5f, -1, 2, 1.5f, -3};
        for (double temperature : new double[] {0.5, 1, 2}) {
            double[] expected = new double[logits.length];
            double sum = 0;
            for (int i = 0; i < logits.length; i++) {
                expected[i] = Math.exp(logits[i] / temperature);
                sum += expected[i];
            }
            int draws = 100_000;
            int[] seen = new int[logits.length];
            var sampler = new Sampler(logits.length);
            var sampling = Sampling.GREEDY.with(s -> s.temperature = temperature);
            for (int n = 0; n < draws; n++) {
                seen[sampler.pick(row(logits), sampling, new int[n], 0, n, 7)]++;
            }
            double chiSquared = 0;
            for (int i = 0; i < logits.length; i++) {
                double count = draws * expected[i] / sum;
                chiSquared += (seen[i] - count) * (seen[i] - count) / count;
            }
            // 4 degrees of freedom: 99.9 % of honest samples stay under 18.5; this seed is fixed.
            assertThat(chiSquared).isLessThan(18.5);
        }
    }

    @Test
    void topKKeepsTheLikeliestAndTheLowerIdsAmongEquals() {
        assertThat(support(row(1, 4, 2, 4, 3), s -> s.topK = 1)).containsExactly(1);
        assertThat(support(row(1, 4, 2, 4, 3), s -> s.topK = 3)).containsExactly(1, 3, 4);
        assertThat(support(row(2, 2, 2, 2), s -> s.topK = 2)).containsExactly(0, 1);
        assertThat(support(row(1, 4, 2), s -> s.topK = 50)).containsExactly(0, 1, 2);
    }

    @Test
    void topPKeepsTheFewestTokensThatReachTheSum() {
        MemorySegment row = probabilities(0.1, 0.4, 0.2, 0.3);
        assertThat(support(row, s -> s.topP = 0)).containsExactly(1);
        assertThat(support(row, s -> s.topP = 0.39)).containsExactly(1);
        assertThat(support(row, s -> s.topP = 0.41)).containsExactly(1, 3);
        assertThat(support(row, s -> s.topP = 0.69)).containsExactly(1, 3);
        assertThat(support(row, s -> s.topP = 0.75)).containsExactly(1, 2, 3);
        assertThat(support(row, s -> s.topP = 1)).containsExactly(0, 1, 2, 3);
    }

    @Test
    void topPCountsWhatTopKLeft() {
        // Of 0.4 and 0.3 the first alone is 0.57 of the sum.
        assertThat(support(probabilities(0.1, 0.4, 0.2, 0.3), s -> {
                    s.topK = 2;
                    s.topP = 0.55;
                }))
                .containsExactly(1);
    }

    @Test
    void minPKeepsWhatIsLikelyEnoughBesideTheLikeliest() {
        MemorySegment row = probabilities(0.1, 0.4, 0.2, 0.3);
        assertThat(support(row, s -> s.minP = 0.24)).containsExactly(0, 1, 2, 3);
        assertThat(support(row, s -> s.minP = 0.26)).containsExactly(1, 2, 3);
        assertThat(support(row, s -> s.minP = 1)).containsExactly(1);
    }

    @Test
    void typicalPrefersTheExpectedSurpriseOverTheLeast() {
        // Entropy 1.5 bits: the tokens of 2 bits (0.25) are nearer to it (0.5 away, as is 0.5's 1 bit); 1/8 is far.
        MemorySegment row = probabilities(0.7, 0.1, 0.1, 0.05, 0.05);
        double entropy = 0;
        for (double p : new double[] {0.7, 0.1, 0.1, 0.05, 0.05}) {
            entropy -= p * Math.log(p);
        }
        assertThat(Math.abs(-Math.log(0.7) - entropy)).isLessThan(Math.abs(-Math.log(0.1) - entropy));
        assertThat(support(row, s -> s.typical = 0.2)).containsExactly(0);
        // The likeliest is the least typical here: 0.34 is further from the entropy than the eleven 0.06.
        double[] flat = new double[12];
        java.util.Arrays.fill(flat, 0.06);
        flat[0] = 0.34;
        assertThat(support(probabilities(flat), s -> s.typical = 0.59))
                .doesNotContain(0)
                .hasSize(10);
    }

    @Test
    void cutsMatchTheirDefinitionsOnRandomRows() {
        for (int seed = 0; seed < 300; seed++) {
            var random = new Random(seed);
            int vocabulary = 1 + random.nextInt(60);
            double[] p = new double[vocabulary];
            for (int i = 0; i < vocabulary; i++) {
                p[i] = Math.exp(3 * random.nextGaussian());
            }
            int k = random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(vocabulary + 3);
            double topP = random.nextInt(3) == 0 ? 1 : random.nextDouble();
            double minP = random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.2;
            Set<Integer> expected = new TreeSet<>();
            Integer[] order = new Integer[vocabulary];
            java.util.Arrays.setAll(order, i -> i);
            java.util.Arrays.sort(order, (a, b) -> Double.compare(p[b], p[a]));
            int most = k == 0 ? vocabulary : Math.min(k, vocabulary);
            double total = 0;
            for (int i = 0; i < most; i++) {
                total += p[order[i]];
            }
            double reached = 0;
            for (int i = 0; i < most && (i == 0 || reached < topP * total); i++) {
                reached += p[order[i]];
                if (p[order[i]] >= minP * p[order[0]]) {
                    expected.add(order[i]);
                }
            }
            Set<Integer> seen = support(probabilities(p), s -> {
                s.topK = k;
                s.topP = topP;
                s.minP = minP;
            });
            // A token of one in millions may stay unseen; none outside may be seen.
            assertThat(expected).as("seed " + seed).containsAll(seen);
            double seenMass = seen.stream().mapToDouble(i -> p[i]).sum();
            double mass = expected.stream().mapToDouble(i -> p[i]).sum();
            assertThat(seenMass).as("seed " + seed).isGreaterThan(0.98 * mass);
        }
    }

    @Test
    void repeatPenaltyHoldsForPromptAndAnswerOnceEach() {
        int[] tokens = {0, 0, 1};
        var sampling = Sampling.GREEDY.with(s -> s.repeatPenalty = 2);
        // 4 / 2 = 2 and −1 · 2 = −2, however often they occurred
        assertThat(new Sampler(3).pick(row(4, -1, 2.5f), sampling, tokens, 1, 3, 0))
                .isEqualTo(2);
        assertThat(new Sampler(3).pick(row(4, -1, 1.5f), sampling, tokens, 1, 3, 0))
                .isEqualTo(0);
        assertThat(new Sampler(3).pick(row(-3, -1, -1.5f), sampling, tokens, 3, 3, 0))
                .isEqualTo(2);
    }

    @Test
    void presenceAndFrequencyPenaltiesHoldForTheAnswerOnly() {
        int[] tokens = {0, 1, 1, 1};
        var presence = Sampling.GREEDY.with(s -> s.presencePenalty = 1);
        var frequency = Sampling.GREEDY.with(s -> s.frequencyPenalty = 1);
        assertThat(new Sampler(3).pick(row(5, 5.5f, 0), presence, tokens, 1, 4, 0))
                .isEqualTo(0);
        assertThat(new Sampler(3).pick(row(5, 6.5f, 0), presence, tokens, 1, 4, 0))
                .isEqualTo(1);
        assertThat(new Sampler(3).pick(row(5, 7.5f, 0), frequency, tokens, 1, 4, 0))
                .isEqualTo(0);
        assertThat(new Sampler(3).pick(row(5, 8.5f, 0), frequency, tokens, 1, 4, 0))
                .isEqualTo(1);
        assertThat(new Sampler(3).pick(row(5, 5.5f, 0), frequency, tokens, 4, 4, 0))
                .isEqualTo(1);
    }

    @Test
    void penaltiesLeaveNothingBehind() {
        var sampler = new Sampler(3);
        var penalised = Sampling.GREEDY.with(s -> {
            s.repeatPenalty = 2;
            s.frequencyPenalty = 1;
        });
        MemorySegment row = row(4, 5, 3);
        int first = sampler.pick(row, penalised, new int[] {1, 1}, 0, 2, 0);
        assertThat(sampler.pick(row, penalised, new int[] {1, 1}, 0, 2, 0)).isEqualTo(first);
        assertThat(sampler.pick(row, penalised, NOTHING, 0, 0, 0)).isEqualTo(1);
        assertThat(row.getAtIndex(ValueLayout.JAVA_FLOAT, 1)).isEqualTo(5);
    }

    @Test
    void logitBiasBansAndForces() {
        assertThat(pick(row(1, 3, 2), Sampling.GREEDY.with(s -> s.logitBias = Map.of(1, -100.0))))
                .isEqualTo(2);
        assertThat(pick(row(1, 3, 2), Sampling.GREEDY.with(s -> s.logitBias = Map.of(0, 100.0))))
                .isEqualTo(0);
    }

    @Test
    void theSameSeedGivesTheSameTokenWhateverWasPickedBefore() {
        float[] logits = new float[1000];
        var random = new Random(1);
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) random.nextGaussian();
        }
        var sampling = Sampling.GREEDY.with(s -> s.temperature = 1);
        var one = new Sampler(logits.length);
        var other = new Sampler(logits.length);
        int[] tokens = new int[100];
        for (int n = 0; n < 100; n++) {
            other.pick(row(logits), sampling, tokens, 0, n, 99 + n);
            assertThat(one.pick(row(logits), sampling, tokens, 0, n, 42))
                    .isEqualTo(other.pick(row(logits), sampling, tokens, 0, n, 42));
        }
    }

    @Test
    void drawsAreThoseOfSplitMix64() {
        // The published first outputs for seed 1234567.
        assertThat(Sampler.uniform(1234567, 0)).isEqualTo((6457827717110365317L >>> 11) * 0x1p-53);
        assertThat(Sampler.uniform(1234567, 1)).isEqualTo((3203168211198807973L >>> 11) * 0x1p-53);
        assertThat(Sampler.uniform(1234567, 3)).isEqualTo((4593380528125082431L >>> 11) * 0x1p-53);
    }

    @Test
    void logprobsAreThoseOfTheRawLogits() {
        var sampler = new Sampler(4);
        MemorySegment row = probabilities(0.1, 0.4, 0.2, 0.3);
        sampler.pick(row, Sampling.GREEDY.with(s -> s.logitBias = Map.of(0, 50.0)), NOTHING, 0, 0, 0);
        Logprobs logprobs = sampler.logprobs(row, 0, 3);
        assertThat(logprobs.chosen()).isCloseTo(Math.log(0.1), within(1e-6));
        assertThat(logprobs.ids()).containsExactly(1, 3, 2);
        assertThat(logprobs.logprobs()[0]).isCloseTo(Math.log(0.4), within(1e-6));
        assertThat(logprobs.logprobs()[2]).isCloseTo(Math.log(0.2), within(1e-6));
        assertThat(sampler.logprobs(row, 2, 0).ids()).isEmpty();
        assertThat(sampler.logprobs(row, 2, 100).ids()).hasSize(4);
        assertThat(sampler.logprob(row, 3)).isCloseTo(Math.log(0.3), within(1e-6));
    }

    @Test
    void hugeAndTinyLogitsStayFinite() {
        var warm = Sampling.GREEDY.with(s -> s.temperature = 0.01);
        assertThat(pick(row(30_000, -30_000, 29_999), warm)).isEqualTo(0);
        assertThat(pick(row(Float.NEGATIVE_INFINITY, -1e30f, Float.NEGATIVE_INFINITY), warm))
                .isEqualTo(1);
        assertThat(new Sampler(2).logprobs(row(1e30f, -1e30f), 0, 1).chosen()).isEqualTo(0);
    }

    @Test
    void aLogitThatIsNoNumberIsAFault() {
        assertThatThrownBy(() -> pick(row(1, Float.NaN, 2), Sampling.GREEDY))
                .isInstanceOf(ArithmeticException.class)
                .hasMessage("the logit of token 1 is NaN");
        assertThatThrownBy(() -> pick(row(1, 2, Float.POSITIVE_INFINITY), Sampling.GREEDY))
                .hasMessageContaining("token 2 is Infinity");
        assertThatThrownBy(() -> pick(row(Float.NEGATIVE_INFINITY), Sampling.GREEDY))
                .hasMessageContaining("every logit");
    }

    @Test
    void whatIsOutOfRangeIsRefusedByName() {
        refused("temperature", s -> s.temperature = -0.1);
        refused("temperature", s -> s.temperature = Double.NaN);
        refused("temperature", s -> s.temperature = Double.POSITIVE_INFINITY);
        refused("topK", s -> s.topK = -1);
        refused("topP", s -> s.topP = 1.01);
        refused("topP", s -> s.topP = -0.01);
        refused("minP", s -> s.minP = 2);
        refused("typical", s -> s.typical = Double.NaN);
        refused("repeatPenalty", s -> s.repeatPenalty = 0);
        refused("presencePenalty", s -> s.presencePenalty = 2.1);
        refused("frequencyPenalty", s -> s.frequencyPenalty = -2.1);
        refused("logitBias", s -> s.logitBias = Map.of(3, 101.0));
        refused("stop", s -> s.stop = java.util.List.of("a", ""));
        refused("maxTokens", s -> s.maxTokens = OptionalInt.of(-1));
        refused("logprobs", s -> s.logprobs = OptionalInt.of(129));
        assertThatThrownBy(() -> Sampling.GREEDY.with(s -> s.topP = 1.5)).hasMessage("topP must be 0 to 1, not 1.5");
        assertThatThrownBy(() -> Sampling.GREEDY.with(s -> s.topK = -3)).hasMessage("topK must be at least 0, not -3");
    }

    private static void refused(String field, Consumer<Sampling.Draft> change) {
        assertThatThrownBy(() -> Sampling.GREEDY.with(change))
                .isInstanceOfSatisfying(
                        BadRequest.class, e -> assertThat(e.field()).isEqualTo(field));
    }

    /** Which tokens are drawn at all, at temperature 1. */
    private static Set<Integer> support(MemorySegment row, Consumer<Sampling.Draft> change) {
        int vocabulary = (int) (row.byteSize() / Float.BYTES);
        var sampler = new Sampler(vocabulary);
        var sampling = Sampling.GREEDY.with(s -> s.temperature = 1).with(change);
        Map<Integer, Integer> seen = new TreeMap<>();
        for (int n = 0; n < 2_000; n++) {
            seen.merge(sampler.pick(row, sampling, NOTHING, 0, 0, n * 0x9E3779B9L), 1, Integer::sum);
        }
        return seen.keySet();
    }

    private static int pick(MemorySegment row, Sampling sampling) {
        return new Sampler((int) (row.byteSize() / Float.BYTES)).pick(row, sampling, NOTHING, 0, 0, 1);
    }

    private static MemorySegment probabilities(double... p) {
        float[] logits = new float[p.length];
        for (int i = 0; i < p.length; i++) {
            logits[i] = (float) Math.log(p[i]);
        }
        return row(logits);
    }

    private static MemorySegment row(float... logits) {
        return Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, logits);
    }
}
