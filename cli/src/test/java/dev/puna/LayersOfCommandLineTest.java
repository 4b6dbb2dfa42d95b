package dev.puna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.cli.Main;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The command line keeps the engine's doors shut as well. */
class LayersOfCommandLineTest {
    @Test
    void onlySettingsReadsTheEnvironment() {
        assertThat(whoUses("java.lang.System.getenv", "java.lang.System.getProperty", "java.lang.System.getProperties"))
                .containsOnly("Settings");
    }

    @Test
    void onlyOutputAndTheEntryTouchTheStandardStreams() {
        assertThat(whoUses("java.lang.System.out", "java.lang.System.err")).isEmpty();
        assertThat(whoUses("java.io.FileDescriptor.out", "java.io.FileDescriptor.err"))
                .containsOnly("Output");
    }

    /** Launched moves a file descriptor, which Java cannot. */
    @Test
    void onlyLaunchedCallsOutOfJava() {
        assertThat(whoNames("java.lang.foreign.Linker")).containsOnly("Launched");
    }

    /** The module may be absent: java -jar and most commands run without it. */
    @Test
    void nobodyNamesTheVectorModule() {
        assertThat(classes().stream()
                        .filter(of -> of.classes().stream().anyMatch(named -> named.startsWith("jdk.incubator")))
                        .map(ClassReferences::name))
                .isEmpty();
    }

    private static List<String> whoUses(String... members) {
        return classes().stream()
                .filter(of -> List.of(members).stream().anyMatch(of.members()::contains))
                .map(of -> ClassReferences.topLevel(of.name()))
                .distinct()
                .toList();
    }

    private static List<String> whoNames(String type) {
        return classes().stream()
                .filter(of -> of.classes().contains(type))
                .map(of -> ClassReferences.topLevel(of.name()))
                .distinct()
                .toList();
    }

    private static List<ClassReferences> classes() {
        return Project.classFilesBeside(Main.class).stream()
                .map(ClassReferences::of)
                .toList();
    }
}
