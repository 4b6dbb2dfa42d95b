package dev.puna.cli;

import dev.puna.file.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

/**
 * A command line that was run in this process, with a home of its own.
 *
 * @param exit its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record Ran(int exit, String out, String err) {
    /** Runs {@code puna} with nothing on standard input. */
    static Ran puna(Object... arguments) {
        return fed("", arguments);
    }

    /** Runs {@code puna} with this text on standard input. */
    static Ran fed(String input, Object... arguments) {
        return run(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), false, arguments);
    }

    /** Runs {@code puna} as if a person read its output on a terminal. */
    static Ran onTerminal(Object... arguments) {
        return run(InputStream.nullInputStream(), true, arguments);
    }

    static Ran run(InputStream input, boolean terminal, Object... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        try {
            Path home = Files.createTempDirectory("puna-home");
            var settings = new Settings(Map.of("HOME", home.toString()), new Properties());
            int exit = Main.run(words, settings, new Output(out, terminal, err, terminal, false), input);
            return new Ran(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Standard output as the one JSON document that it must be. */
    Map<String, Object> json() {
        return Json.object(Json.parse(out, Path.of("standard output")), Path.of("standard output"), "it");
    }
}
