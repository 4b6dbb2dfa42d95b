package dev.puna.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The clients from npm, run by Node; their tests stand in {@code src/test/node}. */
class NodeTest {
    private static final Path SOURCE = Path.of("src/test/node");
    private static final Path PLACE = Path.of("target/node").toAbsolutePath();

    private static Served served;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(said(Map.of(), "node", "--version").code() == 0, "needs node");
        assumeTrue(said(Map.of(), "npm", "--version").code() == 0, "needs npm");
        Files.createDirectories(PLACE);
        try (Stream<Path> files = Files.list(SOURCE)) {
            for (Path file : files.toList()) {
                Files.copy(file, PLACE.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Said installed = said(
                Map.of(),
                "npm",
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--prefer-offline",
                "--loglevel=error");
        assumeTrue(installed.code() == 0, "npm cannot fetch the clients: " + installed.text());
        served = Served.toy();
    }

    @AfterAll
    static void stop() {
        if (served != null) {
            served.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "genai", "ollama", "anthropic", "fields"})
    void theClientFindsWhatItKnows(String client) throws Exception {
        // A locale without UTF-8 would lose characters.
        String answer = URLEncoder.encode(Served.ANSWER, StandardCharsets.UTF_8).replace("+", "%20");
        Said said = said(
                Map.of("PUNA_URL", served.url(), "PUNA_MODEL", served.model(), "PUNA_ANSWER", answer),
                "node",
                "--test",
                client + ".test.mjs");
        assertThat(said.code()).as(said.text()).isZero();
    }

    private record Said(int code, String text) {}

    private static Said said(Map<String, String> environment, String... command) throws Exception {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        if (Files.isDirectory(PLACE)) {
            builder.directory(PLACE.toFile());
        }
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Said(process.waitFor(), text);
        } catch (IOException absent) {
            return new Said(-1, List.of(command) + " cannot be started");
        }
    }
}
