package dev.puna.bench;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Pages;
import dev.puna.kernel.Reach;
import dev.puna.kernel.Span;
import dev.puna.kernel.Workers;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Attention of one layer of the 1B shape behind a long text: 1 query is a step of an answer, 512 are a prompt. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
@SuppressWarnings("MustBeClosedChecker") // JMH calls close
@NullUnmarked // and sets the fields
public class AttentionBenchmark {
    private static final int BLOCK_TOKENS = 32;
    private static final int PAGE_BLOCKS = 8;
    private static final int HEADS = 32;
    private static final int KV_HEADS = 8;
    private static final int HEAD_SIZE = 64;
    private static final float SCALE = 0.125f; // 1 / √HEAD_SIZE
    private static final double TOLERANCE = 0.02;

    @Param({"F16", "Q8_0"})
    DType cache;

    @Param({"512", "8192"})
    int depth;

    @Param({"1", "512"})
    int queries;

    /** Empty for the fastest tier here. */
    @Param("")
    String tier;

    private final Reach reach = new Reach.All();
    private Arena arena;
    private Workers workers;
    private Kernels kernels;
    private Tensor q;
    private Tensor y;
    private Pages pages;
    private List<Span> spans;

    /** Fills a cache, and compares the kernel with its twin before anything is timed. */
    @Setup(Level.Trial)
    @SuppressWarnings("MustBeClosedChecker") // closed after the trial
    public void prepare() {
        arena = Arena.ofShared();
        workers = new Workers();
        kernels = Twin.tier(tier).kernels(workers);
        Kernels reference = Twin.reference(workers);
        int positions = depth + queries;
        int[] blocks = IntStream.range(0, Math.ceilDiv(positions, BLOCK_TOKENS)).toArray();
        pages = pages(blocks.length);
        Pages plain = pages(blocks.length); // what a kernel stored only it reads
        Tensor keys = Twin.random(arena, 1, positions, KV_HEADS * HEAD_SIZE);
        Tensor values = Twin.random(arena, 2, positions, KV_HEADS * HEAD_SIZE);
        List<Span> all = List.of(new Span(blocks, 0, positions, Span.Outputs.NONE));
        kernels.store(keys, values, all, pages);
        reference.store(keys, values, all, plain);
        spans = List.of(new Span(blocks, depth, queries, Span.Outputs.LAST));
        q = Twin.random(arena, 3, queries, HEADS * HEAD_SIZE);
        y = Tensor.allocate(arena, DType.F32, queries, HEADS * HEAD_SIZE);
        Tensor wanted = Tensor.allocate(arena, DType.F32, queries, HEADS * HEAD_SIZE);
        kernels.attention(q, spans, pages, reach, SCALE, y);
        reference.attention(q, spans, plain, reach, SCALE, wanted);
        Twin.compare(y, wanted, TOLERANCE);
    }

    private Pages pages(int count) {
        MemorySegment[] memory = new MemorySegment[Math.ceilDiv(count, PAGE_BLOCKS)];
        Pages made = new Pages(memory, 0, cache, KV_HEADS, HEAD_SIZE, BLOCK_TOKENS, PAGE_BLOCKS);
        for (int i = 0; i < memory.length; i++) {
            memory[i] = arena.allocate(made.layerBytes(), 64);
        }
        return made;
    }

    @TearDown(Level.Trial)
    public void close() {
        workers.close();
        arena.close();
    }

    @Benchmark
    public Tensor attention() {
        kernels.attention(q, spans, pages, reach, SCALE, y);
        return y;
    }
}
