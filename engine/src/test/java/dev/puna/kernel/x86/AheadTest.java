package dev.puna.kernel.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.kernel.x86.CodePage.Refused;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class AheadTest implements OnX86 {
    private static final int TURN_BYTES = 2048;

    @Test
    void eachThreadFetchesTheFirstOfItsShareOnce() throws Refused {
        Ahead ahead = new Ahead(3);
        assertThat(ahead.run(0)).isFalse();
        try (Arena arena = Arena.ofConfined()) {
            // 36,000 bytes, of which each has 12,000; what is fetched ends where the weight does, at 20,000.
            List<Tensor> weights =
                    List.of(Tensor.allocate(arena, DType.F32, 1, 5_000), Tensor.allocate(arena, DType.F32, 1, 4_000));
            for (int again = 0; again < 2; again++) {
                ahead.expect(weights);
                assertThat(turns(ahead, 0)).isEqualTo(Math.ceilDiv(20_000, TURN_BYTES));
                assertThat(turns(ahead, 1)).isEqualTo(Math.ceilDiv(8_000, TURN_BYTES));
                assertThat(turns(ahead, 2)).isEqualTo(Math.ceilDiv(12_000, TURN_BYTES));
            }
            ahead.expect(List.of(Tensor.allocate(arena, DType.F32, 1, 1_000_000)));
            assertThat(turns(ahead, 2)).isEqualTo((64 << 10) / TURN_BYTES);
        }
    }

    @Test
    void weightsMayBeGoneMeanwhile() throws Refused {
        Ahead ahead = new Ahead(1);
        try (Arena arena = Arena.ofConfined()) {
            ahead.expect(List.of(Tensor.allocate(arena, DType.F32, 1, 64 << 20)));
        }
        assertThat(turns(ahead, 0)).isEqualTo((64 << 10) / TURN_BYTES);
    }

    @Test
    void whatIsNoLongerExpectedIsNotFetched() throws Refused {
        Ahead ahead = new Ahead(1);
        try (Arena arena = Arena.ofConfined()) {
            ahead.expect(List.of(Tensor.allocate(arena, DType.F32, 1, 5_000)));
            assertThat(ahead.run(0)).isTrue();
            ahead.expect(List.of());
            assertThat(ahead.run(0)).isFalse();
        }
    }

    private static int turns(Ahead ahead, int worker) {
        int turns = 0;
        while (ahead.run(worker)) {
            turns++;
        }
        return turns;
    }
}
