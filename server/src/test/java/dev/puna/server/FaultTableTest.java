package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/FAULTS.md names a test for every fault, and each of them exists. */
class FaultTableTest {
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w+Test)\\.(\\w+)`");

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("docs/FAULTS.md"))) {
            here = here.getParent();
        }
        return here;
    }

    @Test
    void everyTestThatIsNamedExists() throws IOException {
        Map<String, String> sources = new HashMap<>();
        for (String module : List.of("engine", "server", "cli", "clients")) {
            try (Stream<Path> files = Files.walk(root().resolve(module).resolve("src/test/java"))) {
                files.filter(file -> file.toString().endsWith("Test.java")).forEach(file -> {
                    try {
                        String name = String.valueOf(file.getFileName()).replace(".java", "");
                        sources.merge(name, Files.readString(file), String::concat);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            }
        }
        List<String> missing = new ArrayList<>();
        int named = 0;
        for (String line : Files.readAllLines(root().resolve("docs/FAULTS.md"))) {
            Matcher tests = NAMED.matcher(line);
            boolean any = false;
            while (tests.find()) {
                any = true;
                named++;
                if (!sources.getOrDefault(tests.group(1), "").contains("void " + tests.group(2) + "(")) {
                    missing.add(tests.group());
                }
            }
            if (line.startsWith("|") && !line.startsWith("|-") && !line.startsWith("| fault") && !any) {
                missing.add("a test for: " + line);
            }
        }
        assertThat(missing).isEmpty();
        assertThat(named).isGreaterThan(50);
    }
}
