package dev.puna.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TiersTest {

    @Test
    void theFastestThatRunsIsTheDefault() {
        String fastest = Tiers.describe().stream()
                .filter(Tiers.Tier::available)
                .findFirst()
                .orElseThrow()
                .name();
        assertThat(Tiers.choose(Optional.empty()).name()).isEqualTo(fastest).isNotEqualTo("reference");
        assertThat(Tiers.describe())
                .extracting(Tiers.Tier::name)
                .containsExactly("amx", "avx512", "avx2", "vector", "reference");
        assertThat(Tiers.describe()).allSatisfy(tier -> assertThat(tier.why()).isNotBlank());
    }

    @Test
    void aTierIsHadByItsName() {
        try (var workers = new Workers(1)) {
            for (Tiers.Tier tier : Tiers.describe()) {
                if (tier.available()) {
                    assertThat(Tiers.choose(Optional.of(tier.name()))
                                    .kernels(workers)
                                    .tier())
                            .isEqualTo(tier.name());
                } else {
                    assertThatThrownBy(() -> Tiers.choose(Optional.of(tier.name())))
                            .isInstanceOf(TierRefused.class)
                            .hasMessageContaining(tier.name())
                            .hasMessageContaining(tier.why());
                }
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

    /** Started without the module, in a Java of its own, which may not call native code either. */
    @Test
    void whereNoFastTierRunsTheSlowOneIsChosenAndSaysWhy() throws IOException, InterruptedException {
        assertThat(withoutModule("--illegal-native-access=deny"))
                .contains("chosen reference")
                .contains("refused: the tier 'vector' cannot run here")
                .contains("Java may not call native code")
                .containsOnlyOnce("using the slow tier 'reference'");
    }

    @Test
    void machineCodeNeedsNoModule() throws IOException, InterruptedException {
        Tiers.Tier fastest = Tiers.choose(Optional.empty());
        assumeTrue(!fastest.name().equals("vector"), "no machine code runs here");
        assertThat(withoutModule("--enable-native-access=ALL-UNNAMED"))
                .contains("chosen " + fastest.name())
                .contains("refused: the tier 'vector' cannot run here")
                .doesNotContain("slow")
                .doesNotContain("WARNING");
    }

    private static String withoutModule(String option) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        option,
                        "-cp",
                        System.getProperty("java.class.path"),
                        WithoutModule.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
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
