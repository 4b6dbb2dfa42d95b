package dev.puna.bench;

import dev.puna.bench.Program.Measured;
import dev.puna.file.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What was measured so far, kept in a file of one JSON document a line: a comparison of many files takes hours and may be
 * done in parts. What cannot be measured is kept as well, so that nobody tries again.
 */
final class Samples {
    private final Path file;
    private final Map<Key, List<Optional<Measured>>> all = new LinkedHashMap<>();

    /** Who did what with which file. */
    record Key(String program, String model, String test) {}

    private Samples(Path file) {
        this.file = file;
    }

    /** Those in the file, or none where there is no file yet. */
    static Samples read(Path file) throws IOException {
        Samples samples = new Samples(file);
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                Map<?, ?> one = (Map<?, ?>) Objects.requireNonNull(Json.parse(line, file));
                Key key = new Key(
                        String.valueOf(one.get("program")),
                        String.valueOf(one.get("model")),
                        String.valueOf(one.get("test")));
                Optional<Measured> measured = Optional.ofNullable(one.get("value"))
                        .map(value -> new Measured(((Number) value).doubleValue(), String.valueOf(one.get("remark"))));
                samples.of(key).add(measured);
            }
        }
        return samples;
    }

    void add(Key key, Optional<Measured> measured) throws IOException {
        of(key).add(measured);
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("program", key.program());
        one.put("model", key.model());
        one.put("test", key.test());
        one.put("value", measured.map(Measured::value).orElse(null));
        one.put("remark", measured.map(Measured::remark).orElse(""));
        Files.writeString(file, Json.write(one) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    int count(Key key) {
        return of(key).size();
    }

    private List<Optional<Measured>> of(Key key) {
        return all.computeIfAbsent(key, _ -> new ArrayList<>());
    }

    /** The one in the middle, or empty where it could not be measured. */
    Optional<Measured> median(Key key) {
        List<Measured> sorted = of(key).stream()
                .flatMap(Optional::stream)
                .sorted((a, b) -> Double.compare(a.value(), b.value()))
                .toList();
        return sorted.isEmpty() ? Optional.empty() : Optional.of(sorted.get(sorted.size() / 2));
    }
}
