package dev.puna;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
}
