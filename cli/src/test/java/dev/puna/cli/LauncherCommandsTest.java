package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.Project;
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
        String line = Files.readAllLines(Project.root().resolve("puna")).stream()
                .filter(text -> text.startsWith("model_commands="))
                .findFirst()
                .orElseThrow();
        assertThat(line.replaceFirst("model_commands='([^']*)'", "$1").split(" ", -1))
                .contains("run")
                .containsExactlyInAnyOrderElementsOf(withTier);
    }
}
