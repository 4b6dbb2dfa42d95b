package dev.puna.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    @Test
    void onTheClassPathWithoutFlagsMachineCodeRunsAndJavaWarnsOnceAtMost() throws IOException, InterruptedException {
        Tiers.Tier fastest = Tiers.choose(Optional.empty());
        assumeTrue(!fastest.name().equals("vector"), "no machine code runs here");
        String output = java(Map.of(), List.of());
        assertThat(output).contains("chosen " + fastest.name()).doesNotContain("slow");
        assertThat(output.split("A restricted method", -1).length - 1)
                .as(output)
                .isLessThanOrEqualTo(1);
    }

    @Test
    void aSettingChoosesTheTier() throws IOException, InterruptedException {
        assertThat(java(Map.of("PUNA_TIER", "reference"), List.of())).contains("chosen reference");
        assertThat(java(Map.of("PUNA_TIER", "avx1024"), List.of("-Dpuna.tier=reference")))
                .contains("chosen reference");
        assertThat(java(Map.of("PUNA_TIER", "avx1024"), List.of()))
                .contains("there is no tier 'avx1024' (puna.tier or PUNA_TIER asks for it)");
        assertThat(java(Map.of("PUNA_TIER", ""), List.of()))
                .contains("chosen " + Tiers.choose(Optional.empty()).name());
    }

    @Test
    void aJavaThatCompilesLittleIsToldOf() throws IOException, InterruptedException {
        assertThat(java(Map.of(), List.of("-Xint"))).contains("slow Java: Java interprets only");
        assertThat(java(Map.of(), List.of("-XX:TieredStopAtLevel=1"))).contains("slow Java: Java compiles without C2");
        assertThat(java(Map.of(), List.of())).doesNotContain("slow Java");
        assertThat(Tiers.slowJava()).isEmpty();
    }

    @Test
    void thereAreAsManyThreadsAsJavaMayUse() throws IOException, InterruptedException {
        assertThat(java(Map.of(), List.of("-XX:ActiveProcessorCount=3"))).contains("threads 3");
    }

    /** A group of processes that may use one processor's time, as a container is limited. */
    @Test
    void theNumberOfThreadsFollowsTheContainersLimit() throws IOException, InterruptedException {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "one processor only");
        Path groups = Path.of("/sys/fs/cgroup");
        boolean second = Files.exists(groups.resolve("cgroup.controllers"));
        Path group = groups.resolve(second ? "" : "cpu")
                .resolve("puna-test-" + ProcessHandle.current().pid());
        assumeTrue(Files.isWritable(group.getParent()), "groups of processes cannot be made here");
        Files.createDirectory(group);
        try {
            Path limit = group.resolve(second ? "cpu.max" : "cpu.cfs_quota_us");
            assumeTrue(Files.isWritable(limit), "groups of processes cannot be limited here");
            Files.writeString(limit, second ? "100000 100000" : "100000");
            assertThat(run(
                            Map.of(),
                            List.of("sh", "-c", "echo $$ >" + group + "/cgroup.procs && exec \"$@\"", "sh"),
                            command(List.of())))
                    .contains("threads 1");
        } finally {
            Files.delete(group);
        }
    }

    private static String withoutModule(String option) throws IOException, InterruptedException {
        return java(Map.of(), List.of(option));
    }

    private static String java(Map<String, String> environment, List<String> options)
            throws IOException, InterruptedException {
        return run(environment, List.of(), command(options));
    }

    private static List<String> command(List<String> options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), WithoutModule.class.getName()));
        return command;
    }

    private static String run(Map<String, String> environment, List<String> before, List<String> command)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(before);
        all.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /** What the Java without the module runs. */
    public static final class WithoutModule {
        private WithoutModule() {}

        public static void main(String[] args) {
            Tiers.slowJava().ifPresent(why -> System.out.println("slow Java: " + why));
            try (var workers = new Workers()) {
                System.out.println("threads " + workers.threads());
            }
            try {
                System.out.println("chosen " + Tiers.choose(Optional.empty()).name());
                Tiers.choose(Optional.of("vector"));
            } catch (TierRefused refused) {
                System.out.println("refused: " + refused.getMessage());
            }
        }
    }
}
