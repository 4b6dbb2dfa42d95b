package dev.puna.bench;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TwinTest {
    @ParameterizedTest
    @EnumSource(names = {"Q4_0", "Q6_K", "F16"})
    void aProductThatIsTimedIsRight(DType type) {
        MatmulBenchmark benchmark = new MatmulBenchmark();
        benchmark.type = type;
        benchmark.tokens = 3;
        benchmark.rows = 40;
        benchmark.columns = 512;
        benchmark.tier = "";
        benchmark.prepare();
        benchmark.matmul();
        benchmark.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "Q8_0"})
    void anAttentionThatIsTimedIsRight(DType cache) {
        AttentionBenchmark benchmark = new AttentionBenchmark();
        benchmark.cache = cache;
        benchmark.depth = 70;
        benchmark.queries = 3;
        benchmark.tier = "";
        benchmark.prepare();
        benchmark.attention();
        benchmark.close();
    }

    @Test
    void aWrongKernelIsNotTimed() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor wanted = Twin.random(arena, 1, 10, 10);
            Tensor given = wanted.as(DType.F32, arena);
            assertThatCode(() -> Twin.compare(given, wanted, 0)).doesNotThrowAnyException();
            given.data().setAtIndex(ValueLayout.JAVA_FLOAT, 7, Float.NaN);
            assertThatThrownBy(() -> Twin.compare(given, wanted, 0.5)).hasMessageContaining("wrong");
        }
    }
}
