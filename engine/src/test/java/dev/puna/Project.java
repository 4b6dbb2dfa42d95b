package dev.puna;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The checkout whose tests run, for tests about its own files. */
public final class Project {
    private Project() {}

    /** The folder of README.md and mvnw. */
    public static Path root() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("mvnw")) && Files.exists(at.resolve("pom.xml"))) {
                return at;
            }
        }
        throw new IllegalStateException("the tests run outside a checkout");
    }

    /** Every Java file of every module under {@code src/main} or {@code src/test}, in order of path. */
    public static List<Path> javaFiles(String tree) {
        try (Stream<Path> modules = Files.list(root())) {
            return modules.map(module -> module.resolve("src").resolve(tree).resolve("java"))
                    .filter(Files::isDirectory)
                    .flatMap(sources -> files(sources, ".java").stream())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The class files that were compiled together with {@code one}. */
    public static List<Path> classFilesBeside(Class<?> one) {
        try {
            return files(
                    Path.of(one.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI()),
                    ".class");
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Path> files(Path folder, String ending) {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
