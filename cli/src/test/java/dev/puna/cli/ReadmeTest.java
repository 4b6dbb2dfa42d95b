package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.Project;
import dev.puna.SharedData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing in the README, or in another page, that does not work. */
class ReadmeTest {
    private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)(?:#[^)]*)?\\)");
    private static final Pattern SOURCE = Pattern.compile("`((?:(?:engine|cli)/src|docs|\\.ci)/[^`<> ]+)`");
    private static final Pattern COMMAND = Pattern.compile("(?m)^(?:\\./)?puna ([a-z]+)");

    @TempDir
    Path folder;

    @Test
    void everyLinkLeadsSomewhere() {
        for (Path page : pages()) {
            assertThat(found(LINK, text(page)))
                    .allSatisfy(link -> assertThat(page.resolveSibling(link)).exists());
        }
        assertThat(found(LINK, "see [this](docs/none.md#part), [that](https://example.org)"))
                .containsExactly("docs/none.md");
    }

    @Test
    void everyFileNamedIsThere() {
        for (Path page : pages()) {
            assertThat(found(SOURCE, text(page)))
                    .as(page.toString())
                    .allSatisfy(
                            source -> assertThat(Project.root().resolve(source)).exists());
        }
        assertThat(found(SOURCE, text(readme())))
                .as("the walk")
                .hasSizeGreaterThanOrEqualTo(9)
                .contains("engine/src/main/java/dev/puna/model/Llama.java");
    }

    @Test
    void everyCommandExists() {
        assertThat(found(COMMAND, text(readme()))).contains("run", "pull").isSubsetOf(Commands.ALL.keySet());
        String list = text(readme()).split("\\*\\*Commands\\*\\*", -1)[1].split("--help", -1)[0];
        assertThat(found(Pattern.compile("`([a-z]+)`"), list))
                .containsExactlyInAnyOrderElementsOf(Commands.ALL.keySet());
    }

    /** What CI runs is what a reader is told to run. */
    @Test
    void theTestCommandIsTheOneOfCi() {
        assertThat(text(readme())).containsPattern("(?m)^\\./mvnw verify$");
        assertThat(text(Project.root().resolve(".ci/run"))).containsPattern("(?m)^\\./mvnw verify( |$)");
    }

    @Test
    void theExampleCompilesAndAnswers() throws Exception {
        List<String> lines = example();
        assertThat(lines.stream().filter(line -> !line.isBlank())).hasSize(5);
        compile(lines, "SmolLM2-135M-Instruct.Q4_1.gguf");

        Path model = SharedData.smollm2();
        Path classes = compile(lines, model.toString());
        Path out = folder.resolve("out");
        Process java = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--add-modules",
                        "jdk.incubator.vector",
                        "-cp",
                        classes + System.getProperty("path.separator") + System.getProperty("java.class.path"),
                        "Example")
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertThat(java.waitFor()).as(() -> text(out)).isZero();
        assertThat(text(out)).contains("Tokyo");
    }

    /** The README's lines of Java. */
    private static List<String> example() {
        return text(readme())
                .split("```java\n", -1)[1]
                .split("```", -1)[0]
                .lines()
                .toList();
    }

    /** Compiles the lines as the body of a program, with another model. */
    private Path compile(List<String> lines, String model) throws IOException {
        Stream<String> imports = lines.stream().filter(line -> line.startsWith("import "));
        Stream<String> body = lines.stream()
                .filter(line -> !line.startsWith("import "))
                .map(line -> line.replaceFirst("\"SmolLM2-135M-Instruct.Q4_1.gguf\"", "\"" + model + "\""));
        Path source = folder.resolve("Example.java");
        Files.write(
                source,
                Stream.of(
                                imports,
                                Stream.of("class Example { public static void main(String[] args) throws Exception {"),
                                body,
                                Stream.of("}}"))
                        .flatMap(part -> part)
                        .toList());
        int result = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-d",
                        folder.toString(),
                        source.toString());
        assertThat(result).as("the compiler's verdict").isZero();
        return folder;
    }

    private static Path readme() {
        return Project.root().resolve("README.md");
    }

    private static List<Path> pages() {
        try (Stream<Path> top = Files.list(Project.root());
                Stream<Path> docs = Files.walk(Project.root().resolve("docs"))) {
            return Stream.concat(top, docs)
                    .filter(file -> file.toString().toLowerCase(Locale.ROOT).endsWith(".md"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult result) -> result.group(1))
                .toList();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
