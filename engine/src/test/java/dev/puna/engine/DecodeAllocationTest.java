package dev.puna.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.model.TinyLlama;
import dev.puna.sample.Sampling;
import dev.puna.tensor.DType;
import java.lang.management.ManagementFactory;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Decoding makes no garbage: what the engine's thread and the workers allocate for a token is counted, on every tier. */
class DecodeAllocationTest {
    private static final int TOKENS = 400;

    /**
     * Bytes for each token of machine code once all is compiled: a slice for each head in attention, as heads so small are
     * copied, and the token's share of a new block of the cache. One object for each operation of this model of two layers
     * would be twice as much.
     */
    private static final long MOST = 500;

    /** Where operations are Java, each makes an object or two that says what threads share. One for each vector: 250,000. */
    private static final long MOST_IN_JAVA = 16_000;

    /** Answers after which everything that matters was compiled. */
    private static final int ANSWERS = 300;

    static Stream<Arguments> tiersAndCaches() {
        return Tiers.describe().stream()
                .filter(Tiers.Tier::available)
                .flatMap(tier -> Stream.of(DType.F32, DType.F16, DType.Q8_0).map(cache -> Arguments.of(tier, cache)));
    }

    @ParameterizedTest(name = "{0}, cache {1}")
    @MethodSource("tiersAndCaches")
    void aTokenCostsNextToNoMemory(Tiers.Tier tier, DType cache) throws Exception {
        long most = Set.of("vector", "reference").contains(tier.name()) ? MOST_IN_JAVA : MOST;
        Limits limits = Limits.of(512, 1, 1);
        try (var workers = new Workers(2);
                var engine = new Engine(TinyLlama.of(7), tier.kernels(workers), cache, limits)) {
            long least = Long.MAX_VALUE;
            for (int answer = 0; answer < ANSWERS && least > most; answer++) {
                least = Math.min(least, bytesOfAnAnswer(engine) / TOKENS);
            }
            assertThat(least).isLessThanOrEqualTo(most);
        }
    }

    /** What the engine's threads allocate while an answer is made. */
    private static long bytesOfAnAnswer(Engine engine) throws InterruptedException {
        var request = new Request(
                new int[] {1, 2, 3}, Sampling.GREEDY.with(s -> s.maxTokens = OptionalInt.of(TOKENS)), Set.of());
        long before = allocated();
        try (var generation = engine.submit(request)) {
            while (!(generation.next() instanceof Event.Finished)) {}
        }
        return allocated() - before;
    }

    private static long allocated() {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("puna-"))
                .mapToLong(thread -> threads.getThreadAllocatedBytes(thread.threadId()))
                .sum();
    }
}
