package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.Project;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The launcher cannot ask the program which commands run a model; it has a list. */
class LauncherCommandsTest {
    @Test
    void theLauncherKnowsWhichCommandsRunAModel() throws Exception {
        Settings settings = new Settings(Map.of("HOME", "/nowhere"), new Properties());
        Output output = Output.ofProcess(settings);
        Session session = new Session(settings, output, InputStream.nullInputStream(), Models.of(settings, output));
        List<String> withTier = Commands.ALL.entrySet().stream()
                .filter(command -> new CommandLine(command.getValue().apply(session))
                                .getCommandSpec()
                                .findOption("--tier")
                        != null)
                .map(Map.Entry::getKey)
                .toList();
        assertThat(Commands.MODEL).containsExactlyInAnyOrderElementsOf(withTier);
        assertThat(listed("model_commands")).contains("run").containsExactlyInAnyOrderElementsOf(withTier);
        assertThat(withTier).containsAll(listed("long_commands"));
    }

    /** What the launcher has under this name. */
    private static List<String> listed(String name) throws IOException {
        String line = Files.readAllLines(Project.root().resolve("puna")).stream()
                .filter(text -> text.startsWith(name + "="))
                .findFirst()
                .orElseThrow();
        return List.of(line.replaceFirst(name + "='([^']*)'", "$1").split(" ", -1));
    }
}
