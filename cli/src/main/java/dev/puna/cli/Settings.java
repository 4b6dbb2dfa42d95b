package dev.puna.cli;

import dev.puna.cli.net.NetworkSettings;
import dev.puna.cli.net.Surroundings;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;

/** The environment and the limits of the command line; nothing else here reads either. An empty variable counts as unset. */
public final class Settings {
    private final Map<String, String> environment;
    private final Properties properties;

    public Settings(Map<String, String> environment, Properties properties) {
        this.environment = Map.copyOf(environment);
        this.properties = properties;
    }

    public static Settings ofProcess() {
        return new Settings(System.getenv(), System.getProperties());
    }

    /** The value of an environment variable that is set and not empty. */
    public Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }

    /** The value of a system property that is set and not empty. */
    public Optional<String> property(String name) {
        return Optional.ofNullable(properties.getProperty(name)).filter(value -> !value.isEmpty());
    }

    /** The user's home: {@code HOME}, else what the JVM found in the user database. */
    public Path home() {
        return variable("HOME")
                .or(() -> property("user.home").filter(home -> !home.equals("?")))
                .map(Path::of)
                .orElseThrow(() -> new Refused("there is no home directory: set HOME or XDG_DATA_HOME"));
    }

    /** Where models are kept: {@code $XDG_DATA_HOME/puna}, else {@code $HOME/.local/share/puna}. */
    public Path store() {
        // The XDG specification has relative values ignored.
        return variable("XDG_DATA_HOME")
                .map(Path::of)
                .filter(Path::isAbsolute)
                .orElseGet(() -> home().resolve(".local").resolve("share"))
                .resolve("puna");
    }

    /** Where the chat keeps its history: {@code $XDG_STATE_HOME/puna}, else {@code $HOME/.local/state/puna}. */
    public Path state() {
        return variable("XDG_STATE_HOME")
                .map(Path::of)
                .filter(Path::isAbsolute)
                .orElseGet(() -> home().resolve(".local").resolve("state"))
                .resolve("puna");
    }

    /** The variables by which OpenTelemetry is set up. */
    public Map<String, String> telemetry() {
        return environment.entrySet().stream()
                .filter(entry ->
                        entry.getKey().startsWith("OTEL_") && !entry.getValue().isEmpty())
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** Whether the user asked for no colours anywhere (no-color.org), or has a terminal without any. */
    public boolean plain() {
        return variable("NO_COLOR").isPresent()
                || variable("TERM").filter("dumb"::equals).isPresent();
    }

    /** Columns of the terminal that standard error goes to: what the environment or the terminal says; 80 otherwise. */
    public int columns() {
        return variable("COLUMNS")
                .filter(text -> text.matches("[1-9][0-9]{0,3}"))
                .map(Integer::parseInt)
                .orElseGet(Settings::asked);
    }

    private static int asked() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectErrorStream(true)
                    .start();
            String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            int columns = size.matches("\\d+ \\d{1,4}") ? Integer.parseInt(size.substring(size.indexOf(' ') + 1)) : 0;
            return columns > 0 ? columns : 80;
        } catch (IOException _) {
            return 80; // no terminal, or no stty
        }
    }

    /** Whether the locale's characters are Unicode, so that a terminal shows more than ASCII. */
    public boolean unicode() {
        String locale = variable("LC_ALL")
                .or(() -> variable("LC_CTYPE"))
                .or(() -> variable("LANG"))
                .orElse("");
        return locale.toLowerCase(Locale.ROOT).replace("-", "").contains("utf8");
    }

    /** All variables and places that say how to reach the network; read only by whoever is about to. */
    NetworkSettings network() {
        Optional<Path> home = variable("HOME")
                .or(() -> property("user.home").filter(dir -> !dir.equals("?")))
                .map(Path::of);
        return NetworkSettings.read(new Surroundings(environment, home, Path.of("/")));
    }

    /** Whether file descriptor 1 (standard output) or 2 (standard error) of this process is a terminal. */
    static boolean terminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException _) {
            // No /proc, as on macOS: the console tells only of standard input and output together.
            return System.console() != null && System.console().isTerminal();
        }
    }

    /** The version of this build, from the jar's manifest. */
    public static String version() {
        String version = Settings.class.getPackage().getImplementationVersion();
        return version == null ? "development build" : version;
    }
}
