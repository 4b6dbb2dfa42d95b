package dev.puna;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The folder {@code shared} that lies beside the project on machines which have it: test data too large, or of too many
 * licences, for the project itself. Tests that need it are skipped by name where it is absent.
 */
public final class SharedData {
    private SharedData() {}

    /** The folder's {@code data}, if this machine has it. */
    public static Optional<Path> dir() {
        return root().map(root -> root.resolve("data")).filter(Files::isDirectory);
    }

    /** The folder itself, looked for beside each folder above the working directory. */
    public static Optional<Path> root() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path shared = at.resolve("shared");
            if (Files.isDirectory(shared.resolve("data"))) {
                return Optional.of(shared);
            }
        }
        return Optional.empty();
    }

    /** A file or folder in {@code shared/data}; where it is absent the calling test is skipped, saying so. */
    public static Path require(String relative) {
        Path path = dir().map(dir -> dir.resolve(relative))
                .orElse(Path.of("../shared/data").resolve(relative));
        assumeTrue(Files.exists(path), "needs ../shared/data/" + relative);
        return path;
    }

    /** SmolLM2-135M-Instruct in Q4_1, a real chat model; where it cannot be had the calling test is skipped, saying so. */
    public static Path smollm2() {
        Path script = root().map(root -> root.resolve("smollm2")).orElse(Path.of("../shared/smollm2"));
        assumeTrue(Files.isExecutable(script), "needs ../shared/smollm2");
        return SmolLm2.FILE.orElseGet(() -> {
            assumeTrue(false, "../shared/smollm2 could not get the model");
            return script;
        });
    }

    /** Asks once per process: the script checks the whole file. */
    private static final class SmolLm2 {
        private static final Optional<Path> FILE = ask();

        private static Optional<Path> ask() {
            try {
                Process process = new ProcessBuilder(
                                root().orElseThrow().resolve("smollm2").toString())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                String path = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
                return process.waitFor() == 0 ? Optional.of(Path.of(path)) : Optional.empty();
            } catch (IOException e) {
                return Optional.empty();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
        }
    }
}
