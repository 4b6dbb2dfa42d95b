package dev.puna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.cli.Main;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No drawers, no dead files, a word about each package. What is merely long is told, not forbidden. */
class TidyTest {
    /** A name that says where a thing was put and not what it is. */
    private static final Set<String> DRAWERS = Set.of(
            "util", "utils", "utility", "utilities", "manager", "helper", "helpers", "common", "impl", "base", "misc");

    /** Main classes that no other main class names, and why they are not dead. */
    private static final Map<String, String> ENTRIES = Map.of(
            "Launched", "started by ./puna", //
            "Rehearsal", "started by ./puna, for Java to watch", //
            "Compare", "started by bench/compare", //
            "Load", "started by bench/load", //
            "MatmulBenchmark", "started by bench/kernels", //
            "AttentionBenchmark", "started by bench/kernels", //
            "MakeModel", "started by bench/make-model");

    @Test
    void noNameIsADrawer() {
        List<String> names = Stream.of(Main.class, Tensor.class, TidyTest.class, LayersOfCommandLineTest.class)
                .flatMap(one -> Project.classFilesBeside(one).stream())
                .map(file -> ClassReferences.of(file).name())
                .toList();
        assertThat(names).as("classes found").hasSizeGreaterThan(20);
        assertThat(names.stream().filter(TidyTest::drawer)).isEmpty();
    }

    @Test
    void aDrawerIsFound() {
        assertThat(Stream.of(
                                "dev.puna.tensor.TensorUtils",
                                "dev.puna.cli.StoreManager",
                                "dev.puna.cli.Main$ArgumentHelper",
                                "dev.puna.common.Tensor",
                                "dev.puna.text.TokenizerImpl",
                                "dev.puna.model.BaseModel")
                        .filter(name -> !drawer(name)))
                .isEmpty();
    }

    @Test
    void anHonestNameIsNoDrawer() {
        assertThat(Stream.of("dev.puna.Database", "dev.puna.cli.Simplest", "dev.puna.model.Commoner")
                        .filter(TidyTest::drawer))
                .isEmpty();
    }

    @Test
    void everyPackageSaysWhatItIsFor() {
        assertThat(Project.javaFiles("main").stream().map(Path::getParent).distinct())
                .isNotEmpty()
                .allSatisfy(folder -> {
                    Path info = folder.resolve("package-info.java");
                    assertThat(info).exists();
                    assertThat(explanation(Files.readString(info)))
                            .as(info + ": lines of explanation")
                            .hasSizeGreaterThanOrEqualTo(5);
                });
    }

    @Test
    void anEmptyExplanationIsFound() {
        assertThat(explanation("package dev.puna;")).isEmpty();
        assertThat(explanation("/** */\npackage dev.puna;")).isEmpty();
        assertThat(explanation("/**\n * One.\n *\n * Two.\n */\npackage dev.puna;"))
                .hasSize(2);
    }

    @Test
    void noFileIsDead() {
        assertThat(unnamed(sources("main")).stream().filter(name -> !ENTRIES.containsKey(name)))
                .isEmpty();
    }

    @Test
    void everyEntryExists() {
        assertThat(sources("main").keySet().stream().map(TidyTest::className)).containsAll(ENTRIES.keySet());
    }

    @Test
    void aDeadFileIsFound() {
        assertThat(unnamed(Map.of(
                        "Alive", "class Alive { Dead2 other; }", //
                        "Dead", "class Dead { Alive alive; Dead self; }",
                        "Dead2", "class Dead2 {}")))
                .containsExactly("Dead");
    }

    @Test
    void theTenLargestFilesAreTold() {
        Stream.of("main", "test")
                .flatMap(tree -> Project.javaFiles(tree).stream())
                .map(file -> Map.entry(lines(file).size(), Project.root().relativize(file)))
                .sorted(Map.Entry.comparingByKey(Comparator.reverseOrder()))
                .limit(10)
                .forEach(size -> System.out.printf("%5d lines  %s%n", size.getKey(), size.getValue()));
    }

    private static boolean drawer(String className) {
        return Arrays.stream(className.split("[.$]"))
                .flatMap(part -> Arrays.stream(part.split("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")))
                .anyMatch(word -> DRAWERS.contains(word.toLowerCase(Locale.ROOT)));
    }

    /** The lines of a package's Javadoc that have words. */
    private static List<String> explanation(String source) {
        int start = source.indexOf("/**");
        int end = source.indexOf("*/", Math.max(start, 0));
        if (start < 0 || end < 0) {
            return List.of();
        }
        return source.substring(start + 3, end)
                .lines()
                .map(line -> line.strip().replaceFirst("^\\*", "").strip())
                .filter(line -> !line.isEmpty())
                .toList();
    }

    /** Path to text, of every file but the packages' own; two packages may have classes of one name. */
    private static Map<String, String> sources(String tree) {
        Map<String, String> sources = new LinkedHashMap<>();
        for (Path file : Project.javaFiles(tree)) {
            if (!className(file.toString()).equals("package-info")) {
                sources.put(file.toString(), String.join("\n", lines(file)));
            }
        }
        return sources;
    }

    private static String className(String file) {
        return file.substring(file.lastIndexOf('/') + 1).replace(".java", "");
    }

    /** The names that no other of the sources has as a word. */
    private static List<String> unnamed(Map<String, String> sources) {
        List<String> unnamed = new ArrayList<>();
        for (String file : sources.keySet()) {
            String name = className(file);
            Pattern word = Pattern.compile("\\b" + Pattern.quote(name) + "\\b");
            if (sources.entrySet().stream()
                    .noneMatch(other -> !other.getKey().equals(file)
                            && word.matcher(other.getValue()).find())) {
                unnamed.add(name);
            }
        }
        return unnamed;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
