package dev.puna.cli;

import dev.puna.engine.Usage;
import java.util.Locale;

/** What an answer took, in one line for the person at the terminal. */
final class Stats {
    private Stats() {}

    static String line(Usage usage) {
        StringBuilder line = new StringBuilder();
        line.append(count(usage.promptTokens(), "prompt token"));
        if (usage.cachedTokens() > 0) {
            line.append(" (").append(usage.cachedTokens()).append(" known)");
        }
        if (usage.promptNanos() > 0) {
            line.append(String.format(Locale.ROOT, " at %.1f/s", usage.promptRate()));
        }
        line.append(", ").append(count(usage.newTokens(), "new token"));
        if (usage.newNanos() > 0) {
            line.append(String.format(Locale.ROOT, " at %.1f/s", usage.newRate()));
        }
        double first = (usage.waitNanos() + usage.promptNanos()) / 1e9;
        return line.append(String.format(Locale.ROOT, ", the first after %.2f s", first))
                .toString();
    }

    private static String count(int n, String what) {
        return n + " " + what + (n == 1 ? "" : "s");
    }
}
