package dev.puna.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Span;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a forward pass promises whatever the weights are. */
class LlamaTest {
    private static final int BLOCK = 8;

    /** Runs spans one batch after the other and collects each sequence's logits. */
    private static final class Runner implements AutoCloseable {
        final Llama llama = TinyLlama.of(7);
        final Workers workers;
        final Kernels kernels;
        final KvCache cache;
        final Workspace work = new Workspace();

        Runner(String tier, int threads, DType cacheType) {
            workers = new Workers(threads);
            kernels = Tiers.choose(Optional.of(tier)).kernels(workers);
            cache = new KvCache(llama.config(), cacheType, 64, BLOCK);
        }

        List<float[]> run(int[] ids, Span... spans) {
            var logits = llama.forward(kernels, new Batch(ids, List.of(spans)), cache, work);
            float[] all = logits.data().toArray(JAVA_FLOAT);
            int vocab = llama.config().vocab();
            return IntStream.range(0, all.length / vocab)
                    .mapToObj(i -> Arrays.copyOfRange(all, i * vocab, (i + 1) * vocab))
                    .toList();
        }

        @Override
        public void close() {
            cache.close();
            work.close();
            workers.close();
        }
    }

    private static int[] ids(long seed, int length) {
        return new SplittableRandom(seed).ints(length, 0, 320).toArray();
    }

    private static int[] blocks(int first) {
        return IntStream.range(first, first + 7).toArray();
    }

    private static Span every(int sequence, int start, int length) {
        return new Span(blocks(7 * sequence), start, length, Span.Outputs.EVERY);
    }

    @ParameterizedTest
    @CsvSource({"reference,F32", "reference,F16", "reference,Q8_0", "vector,F32", "vector,F16", "vector,Q8_0"})
    void companyDoesNotChangeTheAnswer(String tier, DType cacheType) {
        int[] own = ids(1, 29);
        List<float[]> alone;
        try (var runner = new Runner(tier, 1, cacheType)) {
            alone = runner.run(own, every(0, 0, 29));
        }
        try (var runner = new Runner(tier, 2, cacheType)) {
            int[] all = new int[0];
            List<Span> spans = new ArrayList<>();
            for (int sequence = 0; sequence < 8; sequence++) {
                int[] more = sequence == 5 ? own : ids(100 + sequence, 3 + 5 * sequence);
                int length = all.length;
                all = Arrays.copyOf(all, length + more.length);
                System.arraycopy(more, 0, all, length, more.length);
                spans.add(every(sequence, 0, more.length));
            }
            int before = spans.subList(0, 5).stream().mapToInt(Span::length).sum();
            List<float[]> together = runner.run(all, spans.toArray(Span[]::new));
            assertSame(together.subList(before, before + 29), alone);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.puna.kernel.AvailableTiers#names")
    void piecesDoNotChangeTheAnswer(String tier) {
        int[] ids = ids(2, 41);
        List<float[]> whole;
        try (var runner = new Runner(tier, 2, DType.F32)) {
            whole = runner.run(ids, every(0, 0, 41));
        }
        for (int piece : new int[] {1, 2, 3, 5, 8, 17}) {
            List<float[]> pieces = new ArrayList<>();
            try (var runner = new Runner(tier, 2, DType.F32)) {
                for (int from = 0; from < ids.length; from += piece) {
                    int to = Math.min(ids.length, from + piece);
                    pieces.addAll(runner.run(Arrays.copyOfRange(ids, from, to), every(3, from, to - from)));
                }
            }
            assertSame(pieces, whole);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.puna.kernel.AvailableTiers#names")
    void onlyWantedLogitsComeBack(String tier) {
        int[] ids = ids(3, 12);
        try (var runner = new Runner(tier, 1, DType.F32)) {
            List<float[]> every = runner.run(ids, every(0, 0, 12));
            assertThat(runner.run(ids, new Span(blocks(0), 0, 12, Span.Outputs.NONE)))
                    .isEmpty();
            List<float[]> last = runner.run(ids, new Span(blocks(0), 0, 12, Span.Outputs.LAST));
            assertSame(last, every.subList(11, 12));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.puna.kernel.AvailableTiers#names")
    void wrongBatchesAreRefused(String tier) {
        try (var runner = new Runner(tier, 1, DType.F32)) {
            assertThatThrownBy(() -> runner.run(new int[] {320}, every(0, 0, 1)))
                    .hasMessageContaining("id 320");
            assertThatThrownBy(() -> runner.run(new int[] {-1}, every(0, 0, 1))).hasMessageContaining("id -1");
            assertThatThrownBy(() -> runner.run(ids(1, 57), every(0, 0, 57))).hasMessageContaining("8 blocks");
            assertThatThrownBy(() -> runner.run(ids(1, 3), every(0, 0, 2))).hasMessageContaining("3 ids");
            assertThatThrownBy(() -> runner.run(ids(1, 1), every(10, 0, 1))).hasMessageContaining("block 70");
        }
    }

    private static void assertSame(List<float[]> actual, List<float[]> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i)).as("token %d", i).isEqualTo(expected.get(i));
        }
    }
}
