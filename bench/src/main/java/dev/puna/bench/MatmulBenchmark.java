package dev.puna.bench;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Workers;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
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

/** One matrix product; 1 token is a step of an answer, 512 are a prompt. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
@SuppressWarnings("MustBeClosedChecker") // JMH calls close
@NullUnmarked // and sets the fields
public class MatmulBenchmark {
    /** Part of a product's size that its twin may differ by: what 8-bit activations cost, and some. */
    private static final double TOLERANCE = 0.03;

    @Param({"Q4_0", "Q8_0", "Q4_K", "Q6_K", "F16"})
    DType type;

    @Param({"1", "512"})
    int tokens;

    @Param("2048")
    int rows;

    @Param("2048")
    int columns;

    /** Empty for the fastest tier here. */
    @Param("")
    String tier;

    private Arena arena;
    private Workers workers;
    private Kernels kernels;
    private Tensor x;
    private Tensor weight;
    private Tensor y;

    /** Makes everything, and compares the kernel with its twin before anything is timed. */
    @Setup(Level.Trial)
    @SuppressWarnings("MustBeClosedChecker") // closed after the trial
    public void prepare() {
        arena = Arena.ofShared();
        workers = new Workers();
        kernels = Twin.tier(tier).kernels(workers);
        x = Twin.random(arena, 1, tokens, columns);
        weight = Twin.random(arena, 2, rows, columns).as(type, arena);
        y = Tensor.allocate(arena, DType.F32, tokens, rows);
        Tensor wanted = Tensor.allocate(arena, DType.F32, tokens, rows);
        kernels.matmul(x, weight, y);
        Twin.reference(workers).matmul(x, weight, wanted);
        Twin.compare(y, wanted, TOLERANCE);
    }

    @TearDown(Level.Trial)
    public void close() {
        workers.close();
        arena.close();
    }

    @Benchmark
    public Tensor matmul() {
        kernels.matmul(x, weight, y);
        return y;
    }
}
