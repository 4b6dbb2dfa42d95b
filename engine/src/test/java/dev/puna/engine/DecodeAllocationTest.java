package dev.puna.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.model.TinyLlama;
import dev.puna.sample.Sampling;
import dev.puna.tensor.DType;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Decoding makes no garbage. The engine's steps are run here by the test's own thread, and what this and the workers
 * allocate is counted. That is so in code that is interpreted or just compiled, where no object is ever left out: nothing
 * hangs on what a compiler makes of it.
 */
class DecodeAllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final int TOKENS = 400; // of an answer
    private static final int FIRST = 20; // of them before counting begins

    /** Answers of which the one with the least counts: in others the JVM may link what is met for the first time. */
    private static final int ANSWERS = 10;

    /** Bytes for each token. None is measured; one object for each layer of this model would be 32 at least. */
    private static final long MOST = 16;

    /** Vectors are objects until all their code is compiled: 250,000 bytes for each token, and 2,000 to 10,000 then. */
    private static final long MOST_OF_VECTORS = 60_000;

    private static final int ANSWERS_OF_VECTORS = 300;

    private record Wishes(String name, Sampling sampling) {
        static Wishes of(String name, Consumer<Sampling.Draft> change) {
            return new Wishes(name, Sampling.GREEDY.with(change).with(s -> s.maxTokens = OptionalInt.of(TOKENS)));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final Wishes GREEDY = Wishes.of("greedy", s -> {});

    private static Stream<Tiers.Tier> tiers() {
        return Tiers.describe().stream().filter(Tiers.Tier::available);
    }

    static Stream<Arguments> tiersAndCaches() {
        return tiers().flatMap(tier -> Stream.of(DType.F32, DType.F16, DType.Q8_0)
                .map(cache -> Arguments.of(Named.of(tier.name(), tier), cache, GREEDY)));
    }

    static Stream<Arguments> waysToChoose() {
        Tiers.Tier tier = tiers().findFirst().orElseThrow();
        return Stream.of(
                        Wishes.of("top-k, top-p, min-p", s -> {
                            s.temperature = 0.8;
                            s.topK = 40;
                            s.topP = 0.9;
                            s.minP = 0.01;
                        }),
                        Wishes.of("top-p of all", s -> {
                            s.temperature = 1;
                            s.topP = 0.9;
                        }),
                        Wishes.of("typical, penalties, bias", s -> {
                            s.temperature = 0.8;
                            s.typical = 0.9;
                            s.repeatPenalty = 1.1;
                            s.frequencyPenalty = 0.5;
                            s.logitBias = Map.of(3, -1.0, 4, 1.0);
                        }))
                .map(wishes -> Arguments.of(Named.of(tier.name(), tier), DType.F16, wishes));
    }

    @ParameterizedTest(name = "{0}, cache {1}, {2}")
    @MethodSource({"tiersAndCaches", "waysToChoose"})
    void aTokenCostsNoMemory(Tiers.Tier tier, DType cache, Wishes wishes) throws Exception {
        boolean vectors = tier.name().equals("vector");
        long most = vectors ? MOST_OF_VECTORS : MOST;
        int answers = vectors ? ANSWERS_OF_VECTORS : ANSWERS;
        Limits limits = Limits.of(512, 1, 1);
        var llama = TinyLlama.of(7);
        long least = Long.MAX_VALUE;
        try (var workers = new Workers(2)) {
            var pass = new Engine.LlamaPass(llama, tier.kernels(workers), cache, limits);
            var speculation = new Speculation(new PromptLookup(), limits.drafts());
            var loop = new Loop(pass, speculation, llama.config().vocab(), limits, () -> {});
            for (int answer = 0; answer < answers && least > most; answer++) {
                least = Math.min(least, bytesOfAToken(loop, limits, wishes.sampling()));
            }
            loop.close();
        }
        assertThat(least).isLessThanOrEqualTo(most);
    }

    /** What is allocated for each token of an answer after the first few. */
    private static long bytesOfAToken(Loop loop, Limits limits, Sampling sampling) throws InterruptedException {
        var generation = new Generation(limits.unread(), () -> {});
        var request = new Request(new int[] {1, 2, 3}, sampling.with(s -> s.seed = OptionalLong.of(1)), Set.of());
        var sequence = new Sequence(request, generation, 1, 3 + TOKENS);
        loop.scheduler().add(sequence);
        while (sequence.length() < 3 + FIRST) {
            loop.step();
        }
        int first = sequence.length();
        long[] threads = counted();
        long before = allocated(threads);
        while (sequence.length() < TOKENS) { // the last tokens come with the end of the answer
            loop.step();
            while (!generation.quiet()) {
                generation.next();
            }
        }
        long bytes = allocated(threads) - before;
        int tokens = sequence.length() - first;
        while (loop.step()) {}
        return bytes / tokens;
    }

    /** This thread and the workers. */
    private static long[] counted() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread ->
                        thread == Thread.currentThread() || thread.getName().startsWith("puna-worker"))
                .mapToLong(Thread::threadId)
                .toArray();
    }

    private static long allocated(long[] threads) {
        long bytes = 0;
        for (long thread : threads) {
            bytes += THREADS.getThreadAllocatedBytes(thread);
        }
        return bytes;
    }
}
