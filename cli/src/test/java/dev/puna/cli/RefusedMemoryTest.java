package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code puna doctor} in a process that may make no memory executable (any more): Linux refuses it to who asks for that. */
class RefusedMemoryTest {
    private static final int PR_SET_MDWE = 65;
    private static final long REFUSE_AND_DO_NOT_PASS_ON = 3;

    @TempDir
    Path home;

    @Test
    void doctorSaysThatTheVectorTierTakesOverAndWhy() throws IOException, InterruptedException {
        assumeTrue(
                System.getProperty("os.name").equals("Linux")
                        && System.getProperty("os.arch").equals("amd64"),
                "not Linux on x86-64");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:-SegmentedCodeCache",
                        "-XX:InitialCodeCacheSize=64m",
                        "-XX:ReservedCodeCacheSize=64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Hardened.class.getName())
                .redirectErrorStream(true);
        builder.environment().put("HOME", home.toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        assumeFalse(output.contains("not refused"), "this Linux refuses nothing when asked to");
        assertThat(output.lines().map(String::strip))
                .anyMatch(line -> line.matches("avx2 +no: the system forbids executable memory .*"))
                .anyMatch(line -> line.matches("vector +yes: .*"))
                .anyMatch(line -> line.matches("default +vector"));
    }

    /** What runs in the process of its own. */
    public static final class Hardened {
        private Hardened() {}

        public static void main(String[] args) throws Throwable {
            Linker linker = Linker.nativeLinker();
            int failed = (int) linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("prctl"),
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG))
                    .invokeExact(PR_SET_MDWE, REFUSE_AND_DO_NOT_PASS_ON, 0L, 0L, 0L);
            if (failed != 0) {
                System.out.println("not refused");
                return;
            }
            Main.main(new String[] {"doctor"});
        }
    }
}
