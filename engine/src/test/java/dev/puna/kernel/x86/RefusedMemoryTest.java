package dev.puna.kernel.x86;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * A process that may make no memory executable (any more), as SELinux and others can have it: another tier takes over.
 * Linux refuses it to a process that asks for that; Java gets the memory for its own code before.
 */
class RefusedMemoryTest {
    private static final int PR_SET_MDWE = 65;
    private static final int REFUSE_AND_DO_NOT_PASS_ON = 3;

    @Test
    void theVectorTierTakesOverAndSaysWhy() throws IOException, InterruptedException {
        assertThat(hardened("--add-modules=jdk.incubator.vector"))
                .contains("tier vector", "sum 3.0")
                .contains("using the tier 'vector' (amx, avx512, avx2: the system forbids executable memory");
    }

    @Test
    void withoutItsModuleTheScalarTierDoes() throws IOException, InterruptedException {
        assertThat(hardened("-Dnothing"))
                .contains("tier reference", "sum 3.0")
                .contains("using the slow tier 'reference' (amx, avx512, avx2: the system forbids executable memory");
    }

    private static String hardened(String option) throws IOException, InterruptedException {
        Settings machine = Settings.read();
        assumeTrue(machine.isX86() && machine.isLinux(), "not Linux on x86-64");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                option,
                "--enable-native-access=ALL-UNNAMED",
                "-XX:-SegmentedCodeCache",
                "-XX:InitialCodeCacheSize=64m",
                "-XX:ReservedCodeCacheSize=64m",
                "-cp",
                System.getProperty("java.class.path"),
                Hardened.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assumeFalse(output.contains("not refused"), "this Linux refuses nothing when asked to");
        return output;
    }

    /** What runs in the process of its own. */
    public static final class Hardened {
        private Hardened() {}

        public static void main(String[] args) {
            if (Function.ofLibrary("prctl").call(PR_SET_MDWE, REFUSE_AND_DO_NOT_PASS_ON, 0, 0) != 0) {
                System.out.println("not refused");
                return;
            }
            try (var workers = new Workers(1);
                    var arena = Arena.ofConfined()) {
                Kernels kernels = Tiers.choose(Optional.empty()).kernels(workers);
                System.out.println("tier " + kernels.tier());
                Tensor one = new Tensor(DType.F32, new long[] {1, 1}, arena.allocateFrom(JAVA_FLOAT, 1f));
                Tensor two = new Tensor(DType.F32, new long[] {1, 1}, arena.allocateFrom(JAVA_FLOAT, 2f));
                kernels.add(one, two);
                System.out.println("sum " + two.data().get(JAVA_FLOAT, 0));
            }
        }
    }
}
