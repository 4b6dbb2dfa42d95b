package dev.puna.cli.net;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where settings are looked for.
 *
 * @param variables the environment; an empty value counts as unset
 * @param home the user's home, if there is one
 * @param root the file system's root, so that a test can have its own {@code /etc}
 */
public record Surroundings(Map<String, String> variables, Optional<Path> home, Path root) {
    Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isEmpty());
    }

    /** A variable that some write in lower case and some in capitals; lower case counts where both are set, as in curl. */
    Optional<String> either(String name) {
        return variable(name.toLowerCase(Locale.ROOT)).or(() -> variable(name.toUpperCase(Locale.ROOT)));
    }

    /** A file below the user's home; nowhere where there is no home. */
    List<Path> atHome(String relative) {
        return home.map(dir -> List.of(dir.resolve(relative))).orElse(List.of());
    }

    /** A path as the user wrote it, with {@code ~} for the home. */
    Path path(String text) {
        return home.isPresent() && text.startsWith("~/") ? home.get().resolve(text.substring(2)) : Path.of(text);
    }
}
