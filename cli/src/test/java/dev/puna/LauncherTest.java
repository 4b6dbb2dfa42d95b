package dev.puna;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The search for a JDK that {@code ./puna} and {@code ./mvnw} share, and how the command starts. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launchers are for bash")
class LauncherTest {
    private static final String VECTOR = "java.base jdk.incubator.vector jdk.compiler";

    @TempDir
    Path folder;

    @Test
    void theJdkAskedForIsTaken() throws Exception {
        Path asked = jdk("asked for", "25.0.3", VECTOR);
        Path other = jdk("other", "26", VECTOR);
        assertThat(found(Map.of("PUNA_JAVA_HOME", asked.toString(), "JAVA_HOME", other.toString())))
                .isEqualTo(asked.toRealPath().toString());
        assertThat(found(Map.of("JAVA_HOME", other.toString())))
                .isEqualTo(other.toRealPath().toString());
    }

    @Test
    void aJavaThatWillNotDoIsPassedOver() throws Exception {
        Path good = jdk("good", "26-ea", VECTOR);
        Path path = Files.createDirectory(folder.resolve("bin"));
        Files.createSymbolicLink(path.resolve("javac"), Path.of("../good/bin/javac"));
        Path bare = jdk("bare", "25.0.1", VECTOR);
        Files.delete(bare.resolve("bin/javac"));
        for (Path poor : List.of(
                jdk("old", "17.0.15", VECTOR),
                jdk("almost", "24.0.2", VECTOR),
                jdk("older still", "1.8.0_402", VECTOR),
                jdk("trimmed", "25", "java.base jdk.compiler"),
                bare,
                folder)) {
            assertThat(found(Map.of("JAVA_HOME", poor.toString(), "PATH", path + ":/usr/bin:/bin")))
                    .as(poor.toString())
                    .isEqualTo(good.toRealPath().toString());
        }
    }

    @Test
    void whereThereIsNoneItSaysWhatToInstall() throws Exception {
        Path old = jdk("old", "17.0.15", VECTOR);
        Outcome outcome = bash(Map.of(), ". .mvn/jdk.sh; jdk_look '" + old + "'; explain_jdk", Project.root());
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).contains("release 25 or newer", "Java 17: " + old, "PUNA_JAVA_HOME", "25-tem");
    }

    @Test
    void theScriptsParse() throws Exception {
        for (String script : List.of("puna", "mvnw", ".mvn/jdk.sh", ".ci/run")) {
            Outcome outcome = bash(Map.of(), "bash -n " + script, Project.root());
            assertThat(outcome).as(script).isEqualTo(new Outcome(0, "", ""));
        }
    }

    /** As the launcher starts it: descriptor 2 leads elsewhere, and 3 is the true standard error. */
    @Test
    void theTrueStandardErrorIsBackBeforeAnythingIsSaid() throws Exception {
        String java = ProcessHandle.current().info().command().orElseThrow();
        String command =
                "exec 3>&2 2>'%s'; exec '%s' --enable-native-access=ALL-UNNAMED -cp '%s' dev.puna.cli.Launched %s"
                        .formatted(
                                folder.resolve("boot"), java, System.getProperty("java.class.path"), "no-such-command");
        Outcome outcome = bash(Map.of(), command, folder);
        assertThat(outcome.exit()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).startsWith("puna: ").contains("no-such-command");
        assertThat(folder.resolve("boot")).isEmptyFile();
    }

    private Path jdk(String name, String version, String modules) throws IOException {
        Path home = Files.createDirectories(folder.resolve(name));
        Files.writeString(
                home.resolve("release"),
                "IMPLEMENTOR=\"Test\"\nJAVA_VERSION=\"%s\"\nMODULES=\"%s\"\n".formatted(version, modules));
        Files.createDirectory(home.resolve("bin"));
        for (String program : List.of("java", "javac")) {
            Path file = Files.writeString(home.resolve("bin").resolve(program), "#!/bin/sh\nexit 9\n");
            assertThat(file.toFile().setExecutable(true)).isTrue();
        }
        return home;
    }

    private String found(Map<String, String> environment) throws Exception {
        Outcome outcome = bash(environment, ". .mvn/jdk.sh; find_jdk && printf %s \"$jdk_home\"", Project.root());
        assertThat(outcome.err()).isEmpty();
        return outcome.out();
    }

    private record Outcome(int exit, String out, String err) {}

    private Outcome bash(Map<String, String> environment, String script, Path in) throws Exception {
        Path out = folder.resolve("stdout");
        Path err = folder.resolve("stderr");
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", script)
                .directory(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeAll(List.of("PUNA_JAVA_HOME", "JAVA_HOME", "JAVA_TOOL_OPTIONS"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        return new Outcome(
                process.waitFor(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }
}
