package dev.puna.cli;

import dev.puna.engine.Machine;
import dev.puna.kernel.Bandwidth;
import dev.puna.kernel.Probe.Numbers;
import dev.puna.kernel.Roofline;
import dev.puna.kernel.Span;
import dev.puna.load.Checkpoint;
import dev.puna.model.Batch;
import dev.puna.model.Config;
import dev.puna.model.KvCache;
import dev.puna.model.Linear;
import dev.puna.model.Llama;
import dev.puna.model.Workspace;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Times forward passes of one model: prompts, which are read many tokens at a time, and answers, which come token by
 * token. The tokens are arbitrary, and nothing is sampled.
 */
final class Benchmark implements AutoCloseable {
    private static final int BLOCK_TOKENS = 32;
    /** Nothing counts before a test has run so long; fewer passes than Java compiles for need longer. */
    private static final double WARM_SECONDS = 1;

    private static final int WARM_PASSES = 8;
    private static final double MOST_WARM_SECONDS = 3;
    /** How often memory is read each time, either way. */
    private static final int TRIES = 2;

    /**
     * What is timed.
     *
     * @param prompt tokens of each prompt, or 0
     * @param generate tokens of each answer, or 0; one of the two is 0
     * @param depth tokens that each sequence has before; reading these is not timed
     * @param batch sequences at once
     */
    record Test(int prompt, int generate, int depth, int batch) {
        /** As llama-bench calls it. */
        String name() {
            return (prompt > 0 ? "pp" + prompt : "tg" + generate) + (depth > 0 ? " @ d" + depth : "");
        }

        /** Tokens of all sequences together. */
        long tokens() {
            return (long) batch * (prompt + generate);
        }

        int context() {
            return depth + prompt + generate;
        }
    }

    /**
     * What came of it.
     *
     * @param samples tokens a second of all sequences together, of each repetition
     * @param memory bytes a second that memory gave around each repetition: the mean of before and after
     * @param bytes weights and cache that were read in one repetition
     * @param multiplyAdds that were needed in one repetition
     */
    record Result(Test test, double[] samples, double[] memory, double bytes, double multiplyAdds, Numbers numbers) {
        double tokensPerSecond() {
            return Arrays.stream(samples).average().orElseThrow();
        }

        double deviation() {
            double mean = tokensPerSecond();
            double squares =
                    Arrays.stream(samples).map(s -> (s - mean) * (s - mean)).sum();
            return samples.length < 2 ? 0 : Math.sqrt(squares / (samples.length - 1));
        }

        /** The median of the repetitions: a virtual machine's memory may be twice as fast a minute later. */
        double shareOfBandwidth() {
            double[] shares = new double[samples.length];
            Arrays.setAll(shares, i -> bytes / test.tokens() * samples[i] / memory[i]);
            Arrays.sort(shares);
            return (shares[shares.length / 2] + shares[(shares.length - 1) / 2]) / 2;
        }

        double shareOfPeak(Roofline roofline) {
            return multiplyAdds / test.tokens() * tokensPerSecond() / roofline.multiplyAdds(numbers);
        }
    }

    private final Llama llama;
    private final Config config;
    private final Machine machine;
    private final DType cacheType;
    private final int step;
    private final Workspace work = new Workspace();
    private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");

    /**
     * @param cacheType how keys and values are kept
     * @param step the most tokens of a forward pass
     */
    Benchmark(Checkpoint checkpoint, Machine machine, DType cacheType, int step) {
        this.llama = checkpoint.llama();
        this.config = llama.config();
        this.machine = machine;
        this.cacheType = cacheType;
        this.step = step;
    }

    /** The matrices of these maps. */
    private static List<Tensor> weights(List<Linear> maps) {
        List<Tensor> weights = new ArrayList<>();
        for (Linear map : maps) {
            switch (map) {
                case Linear.Plain plain -> weights.add(plain.weight());
            }
        }
        return weights;
    }

    /** The type of most of the weights. */
    static DType format(Llama llama) {
        Map<DType, Long> elements = new EnumMap<>(DType.class);
        weights(llama.maps()).forEach(weight -> elements.merge(weight.type(), weight.elements(), Long::sum));
        return elements.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
    }

    private static long elements(List<Tensor> tensors) {
        return tensors.stream().mapToLong(Tensor::elements).sum();
    }

    private static long bytes(List<Tensor> tensors) {
        return tensors.stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
    }

    /**
     * Runs a test until it is warm, then {@code repeat} times.
     *
     * @param bandwidth is measured before and after each time
     * @param told hears what happens
     */
    Result run(Test test, int repeat, Bandwidth bandwidth, Consumer<String> told) {
        int each = Math.ceilDiv(test.context(), BLOCK_TOKENS);
        try (KvCache cache = new KvCache(config, cacheType, each * test.batch(), BLOCK_TOKENS)) {
            int[][] blocks = new int[test.batch()][each];
            for (int i = 0; i < blocks.length * each; i++) {
                blocks[i / each][i % each] = i;
            }
            told.accept(test.name() + ": warming up");
            read(cache, blocks, 0, test.depth());
            long begun = System.nanoTime();
            double seconds;
            int passes = 0;
            do {
                once(cache, blocks, test);
                passes++;
                seconds = (System.nanoTime() - begun) / 1e9;
            } while (seconds < WARM_SECONDS || passes < WARM_PASSES && seconds < MOST_WARM_SECONDS);
            double[] samples = new double[repeat];
            double[] memory = new double[repeat];
            double before = bandwidth.measure(TRIES).bytesPerSecond();
            for (int i = 0; i < repeat; i++) {
                told.accept(test.name() + ": " + (i + 1) + " of " + repeat);
                long start = System.nanoTime();
                once(cache, blocks, test);
                samples[i] = test.tokens() * 1e9 / (System.nanoTime() - start);
                double after = bandwidth.measure(TRIES).bytesPerSecond();
                memory[i] = (before + after) / 2;
                before = after;
            }
            return result(test, samples, memory);
        }
    }

    private void once(KvCache cache, int[][] blocks, Test test) {
        read(cache, blocks, test.depth(), test.prompt());
        for (int i = 0; i < test.generate(); i++) {
            List<Span> spans = new ArrayList<>(blocks.length);
            for (int[] own : blocks) {
                spans.add(new Span(own, test.depth() + i, 1, Span.Outputs.LAST));
            }
            forward(cache, spans);
        }
    }

    /** Reads a prompt into every sequence, one sequence after another. */
    private void read(KvCache cache, int[][] blocks, int from, int tokens) {
        for (int[] own : blocks) {
            for (int done = 0; done < tokens; done += step) {
                int count = Math.min(step, tokens - done);
                boolean last = done + count == tokens;
                Span.Outputs outputs = last ? Span.Outputs.LAST : Span.Outputs.NONE;
                forward(cache, List.of(new Span(own, from + done, count, outputs)));
            }
        }
    }

    private void forward(KvCache cache, List<Span> spans) {
        int[] ids = new int[spans.stream().mapToInt(Span::length).sum()];
        Arrays.setAll(ids, _ -> random.nextInt(config.vocab()));
        llama.forward(machine.kernels(), new Batch(ids, spans), cache, work);
    }

    /** Counts what the passes of one repetition have read and multiplied. */
    private Result result(Test test, double[] samples, double[] memory) {
        List<Tensor> maps = weights(llama.maps());
        List<Tensor> head = weights(List.of(llama.output()));
        long cacheBytes = config.cacheBytesPerToken(cacheType);
        long attention = config.blocks().stream()
                .mapToLong(block -> 2L * block.attention().queryWidth())
                .sum(); // multiply-adds of a query with one position
        double bytes = 0;
        double adds = 0;
        if (test.prompt() > 0) {
            for (int done = 0; done < test.prompt(); done += step) {
                int count = Math.min(step, test.prompt() - done);
                bytes += bytes(maps) + (double) cacheBytes * (test.depth() + done + count);
                adds += count * (elements(maps) + attention * (test.depth() + done + (count + 1) / 2.0));
            }
            bytes = test.batch() * (bytes + bytes(head));
            adds = test.batch() * (adds + elements(head));
        } else {
            for (int i = 0; i < test.generate(); i++) {
                double positions = test.batch() * (test.depth() + i + 1.0);
                bytes += bytes(maps) + bytes(head) + cacheBytes * positions;
                adds += test.batch() * (elements(maps) + elements(head)) + attention * positions;
            }
        }
        Numbers numbers = format(llama).blockSize() > 1 ? Numbers.CODES : Numbers.FLOATS;
        return new Result(test, samples, memory, bytes, adds, numbers);
    }

    @Override
    public void close() {
        work.close();
    }
}
