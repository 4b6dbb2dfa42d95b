package dev.puna.server.ollama;

import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Kind;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as Ollama writes them: seconds as a number, or as Go does: {@code 1h30m}, {@code 500ms}. */
final class KeepAlive {
    /** Negative times mean for ever. */
    static final Duration EVER = Duration.ofSeconds(Long.MAX_VALUE);

    private static final Pattern ONE = Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h)");
    private static final double MOST = 1e9; // seconds; beyond it is for ever

    static final Kind<Duration> KIND = Kind.either(
            Kind.number(-Double.MAX_VALUE, Double.MAX_VALUE).as(KeepAlive::seconds),
            Kind.text(1, 64).as(KeepAlive::read));

    private KeepAlive() {}

    private static Duration seconds(double seconds) {
        return seconds < 0 || seconds > MOST ? EVER : Duration.ofNanos((long) (seconds * 1e9));
    }

    private static Duration read(String text, String path) {
        boolean negative = text.startsWith("-");
        String rest = negative ? text.substring(1) : text;
        double seconds = 0;
        if (rest.matches("\\d+(\\.\\d+)?")) {
            seconds = Double.parseDouble(rest);
        } else {
            Matcher one = ONE.matcher(rest);
            int at = 0;
            while (one.find() && one.start() == at) {
                seconds += Double.parseDouble(one.group(1)) * scale(one.group(2));
                at = one.end();
            }
            if (at == 0 || at < rest.length()) {
                throw Failure.invalid(path, "must be seconds, or a time such as \"5m\"");
            }
        }
        return negative ? EVER : seconds(seconds);
    }

    private static double scale(String unit) {
        return switch (unit) {
            case "ns" -> 1e-9;
            case "us", "µs" -> 1e-6;
            case "ms" -> 1e-3;
            case "s" -> 1;
            case "m" -> 60;
            default -> 3600;
        };
    }
}
