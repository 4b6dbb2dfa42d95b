package dev.puna.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** Runs command lines as a user with a home of their own would, and keeps what they print. */
final class Terminal {
    final Map<String, String> variables = new LinkedHashMap<>();
    boolean terminal;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    Terminal(Path home) {
        variables.put("HOME", home.toString());
    }

    int run(String... args) {
        out.reset();
        err.reset();
        Properties properties = new Properties();
        properties.putAll(System.getProperties());
        properties.setProperty("user.home", "/nowhere");
        Settings settings = new Settings(variables, properties);
        Output output = new Output(out, terminal, err, terminal, settings.plain());
        InputStream input = new ByteArrayInputStream(new byte[0]);
        return Main.run(args, settings, output, input);
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
