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
import org.junit.jupiter.params.provider.MethodSource;

/** Decoding makes no garbage: what the engine's thread and the workers allocate for a token is counted, on
 * every tier of machine code. */
class DecodeAllocationTest {
    private static final int TOKENS = 400;

    /**
     * Bytes for each token: its event, and what a step says to the model. About 1,400 once all is compiled; a vector or a
     * list made anew for each operation would be tens of thousands.
     */
    private static final long MOST = 8_000;

    /** Answers after which everything that matters was compiled. */
    private static final int ANSWERS = 60;

    static Stream<Tiers.Tier> tiers() {
        return Tiers.describe().stream()
                .filter(tier ->
                        tier.available() && !Set.of("vector", "reference").contains(tier.name()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tiers")
    void aTokenCostsNextToNoMemory(Tiers.Tier tier) throws Exception {
        Limits limits = Limits.of(512, 1, 1);
        try (var workers = new Workers(2);
                var engine = new Engine(TinyLlama.of(7), tier.kernels(workers), DType.F16, limits)) {
            long least = Long.MAX_VALUE;
            for (int answer = 0; answer < ANSWERS && least > MOST; answer++) {
                least = Math.min(least, bytesOfAnAnswer(engine) / TOKENS);
            }
            assertThat(least).isLessThanOrEqualTo(MOST);
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
