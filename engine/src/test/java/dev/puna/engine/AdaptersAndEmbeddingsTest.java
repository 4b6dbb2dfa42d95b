package dev.puna.engine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.puna.kernel.Span;
import dev.puna.model.Adapter;
import dev.puna.model.Adapter.LowRank;
import dev.puna.model.Batch;
import dev.puna.model.Config;
import dev.puna.model.KvCache;
import dev.puna.model.Llama;
import dev.puna.model.Pooling;
import dev.puna.model.TinyLlama;
import dev.puna.model.Workspace;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Sampling;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AdaptersAndEmbeddingsTest {
    private static final Llama LLAMA = TinyLlama.of(1);
    private static final Limits LIMITS = new Limits(200, 8, 100, 100, 37, 6, 60, 100, 4, 64);

    @ParameterizedTest
    @MethodSource("dev.puna.kernel.AvailableTiers#names")
    void manyAdaptersAndTextsInOneBatchAreAsAlone(String tier) throws Exception {
        List<Optional<Adapter>> adapters =
                List.of(Optional.empty(), Optional.of(adapter(1)), Optional.of(adapter(2)), Optional.empty());
        List<Callable<List<Integer>>> answers = new ArrayList<>();
        List<Callable<float[]>> texts = new ArrayList<>();
        try (var machine = new Machine(Optional.of(tier), OptionalInt.of(2));
                var alone = new Machine(Optional.of(tier), OptionalInt.of(1));
                var crowd = new Engine(LLAMA, machine.kernels(), DType.F32, LIMITS);
                var quiet = new Engine(LLAMA, alone.kernels(), DType.F32, LIMITS);
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Request> requests = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                // Equal prompts, so that a place in the cache of one adapter would be taken for another's.
                Request request = request(i / 8, adapters.get(i % 4));
                Pooling pooling = Pooling.values()[i % 3];
                requests.add(request);
                answers.add(() -> ids(crowd.submit(request)));
                texts.add(() -> crowd.embed(request, pooling));
            }
            var got = new ArrayList<Future<List<Integer>>>();
            answers.forEach(answer -> got.add(callers.submit(answer)));
            var vectors = callers.invokeAll(texts);
            for (int i = 0; i < 16; i++) {
                assertThat(got.get(i).get()).isEqualTo(ids(quiet.submit(requests.get(i))));
                assertThat(vectors.get(i).get()).containsExactly(quiet.embed(requests.get(i), Pooling.values()[i % 3]));
            }
            assertThat(got.get(1).get()).isNotEqualTo(got.get(0).get());
            assertThat(got.get(2).get()).isNotEqualTo(got.get(1).get());
            assertThat(crowd.statistics().prefixHits()).isPositive();
        }
    }

    @Test
    void anEmbeddingIsPooledOfTheStatesAfterTheLastNorm() throws InterruptedException {
        int[] text = new Random(3).ints(50, 0, 320).toArray();
        try (var machine = new Machine(Optional.of("reference"), OptionalInt.of(1));
                var engine = new Engine(LLAMA, machine.kernels(), DType.F32, LIMITS);
                var cache = new KvCache(LLAMA.config(), DType.F32, 1, 64);
                var work = new Workspace();
                var other = new Machine(Optional.of("reference"), OptionalInt.of(1))) {
            var span = new Span(new int[] {0}, 0, 50, Span.Outputs.EVERY);
            float[] states = LLAMA.states(other.kernels(), new Batch(text, List.of(span)), cache, work)
                    .floats();
            var request = new Request(text, Sampling.GREEDY, Set.of());
            for (Pooling pooling : Pooling.values()) {
                int from = pooling == Pooling.LAST ? 49 : 0;
                int to = pooling == Pooling.FIRST ? 1 : 50;
                double[] sum = new double[64];
                double squares = 0;
                for (int i = 0; i < 64; i++) {
                    for (int t = from; t < to; t++) {
                        sum[i] += states[t * 64 + i];
                    }
                    squares += sum[i] * sum[i];
                }
                float[] vector = engine.embed(request, pooling);
                assertThat(vector).hasSize(64);
                for (int i = 0; i < 64; i++) {
                    assertThat((double) vector[i]).isEqualTo(sum[i] / Math.sqrt(squares), within(1e-6));
                }
            }
            assertThatThrownBy(() -> engine.embed(new Request(new int[201], Sampling.GREEDY, Set.of()), Pooling.MEAN))
                    .isInstanceOf(BadRequest.class)
                    .hasMessage("prompt has 201 tokens, and the context holds 200");
            assertThat(engine.embed(new Request(new int[200], Sampling.GREEDY, Set.of()), Pooling.MEAN))
                    .hasSize(64);
        }
    }

    @Test
    void anotherModelsAdapterIsRefused() {
        Config config = TinyLlama.config(3);
        var other = new Adapter("other", config, Collections.nCopies(3, Adapter.Layer.NONE), Optional.empty());
        try (var machine = new Machine(Optional.of("reference"), OptionalInt.of(1));
                var engine = new Engine(LLAMA, machine.kernels(), DType.F32, LIMITS)) {
            assertThatThrownBy(() -> engine.submit(request(1, Optional.of(other))))
                    .isInstanceOf(BadRequest.class)
                    .hasMessage("adapter is for another model");
        }
    }

    private static Adapter adapter(int seed) {
        var random = new SplittableRandom(seed);
        List<Adapter.Layer> layers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            layers.add(new Adapter.Layer(
                    part(random, 64, 64),
                    Optional.empty(),
                    part(random, 32, 64),
                    part(random, 64, 64),
                    part(random, 96, 64),
                    Optional.empty(),
                    part(random, 64, 96)));
        }
        return new Adapter("adapter " + seed, LLAMA.config(), layers, part(random, 320, 64));
    }

    private static Optional<LowRank> part(SplittableRandom random, int rows, int columns) {
        return Optional.of(new LowRank(tensor(random, 3, columns), tensor(random, rows, 3), 0.5f));
    }

    private static Tensor tensor(SplittableRandom random, long... shape) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, shape);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.data().setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian(0, 0.3));
        }
        return tensor;
    }

    private static Request request(int seed, Optional<Adapter> adapter) {
        int[] prompt = new Random(seed).ints(30, 0, 320).toArray();
        var sampling = Sampling.GREEDY.with(s -> s.maxTokens = OptionalInt.of(20));
        var request = new Request(prompt, sampling, Set.of());
        return adapter.map(request::with).orElse(request);
    }

    private static List<Integer> ids(Generation generation) throws InterruptedException {
        List<Integer> ids = new ArrayList<>();
        while (generation.next() instanceof Event.Token token) {
            ids.add(token.id());
        }
        return ids;
    }
}
