package dev.puna.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.kernel.Probe.Numbers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RooflineTest {
    private static final long BYTES = 64 << 20;

    /** Limits that no processor of today has: a wrong count of what was done would be beyond them. */
    @ParameterizedTest
    @MethodSource("dev.puna.kernel.AvailableTiers#names")
    void everyTierHasLimits(String tier) {
        try (Arena arena = Arena.ofShared();
                Workers workers = new Workers(2)) {
            MemorySegment memory = arena.allocate(BYTES, 64);
            Roofline roofline = Roofline.measure(tier, workers, new Bandwidth(tier, workers, memory));
            assertThat(roofline.threads()).isEqualTo(2);
            assertThat(roofline.bytesPerSecond()).isBetween(1e7, 1e12);
            assertThat(roofline.multiplyAdds(Numbers.FLOATS)).isBetween(1e6, 1e12);
            assertThat(roofline.multiplyAdds(Numbers.CODES)).isBetween(1e6, 1e13);
            assertThat(roofline.codeMix()).isNotEmpty();
            assertThat(roofline.streams()).isIn(1, 4);
        }
    }
}
