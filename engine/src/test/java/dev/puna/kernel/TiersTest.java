package dev.puna.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TiersTest {

    @Test
    void theFastestThatRunsIsTheDefault() {
        assertThat(Tiers.choose(Optional.empty()).name()).isEqualTo("vector");
        assertThat(Tiers.describe()).extracting(Tiers.Tier::name).containsExactly("vector", "reference");
        assertThat(Tiers.describe()).allSatisfy(tier -> assertThat(tier.why()).isNotBlank());
    }

    @Test
    void aTierIsHadByItsName() {
        try (var workers = new Workers(1)) {
            for (String name : List.of("vector", "reference")) {
                assertThat(Tiers.choose(Optional.of(name)).kernels(workers).tier())
                        .isEqualTo(name);
            }
        }
    }

    @Test
    void aTierThatDoesNotExistIsRefusedByName() {
        assertThatThrownBy(() -> Tiers.choose(Optional.of("avx1024")))
                .isInstanceOf(TierRefused.class)
                .hasMessageContaining("avx1024")
                .hasMessageContaining("vector, reference");
    }

    /** Started without the module, in a Java of its own. */
    @Test
    void withoutTheModuleTheSlowTierIsChosenAndTheFastOneRefused() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        WithoutModule.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output)
                .contains("chosen reference")
                .contains("refused: the tier 'vector' cannot run here")
                .containsOnlyOnce("using the slow tier 'reference'");
    }

    /** What the Java without the module runs. */
    public static final class WithoutModule {
        private WithoutModule() {}

        public static void main(String[] args) {
            System.out.println("chosen " + Tiers.choose(Optional.empty()).name());
            try {
                Tiers.choose(Optional.of("vector"));
            } catch (TierRefused refused) {
                System.out.println("refused: " + refused.getMessage());
            }
        }
    }
}
