package dev.puna.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The machine that is measured on, as Linux tells of it; elsewhere little is known. */
final class Host {
    private Host() {}

    private static Optional<String> field(String file, String name) {
        try {
            Matcher line = Pattern.compile("(?m)^" + name + "\\s*:\\s*(.*)$").matcher(Files.readString(Path.of(file)));
            return line.find() ? Optional.of(line.group(1).strip()) : Optional.empty();
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static String processor() {
        return field("/proc/cpuinfo", "model name").orElse("unknown processor");
    }

    /** The highest level of instructions that a tier of ours is for. */
    private static String level() {
        String flags = field("/proc/cpuinfo", "flags").orElse("");
        return flags.contains("amx_int8")
                ? "amx"
                : flags.contains("avx512_vnni") ? "avx512" : flags.contains("avx2") ? "avx2" : "";
    }

    /** A name for files: the processor and its level. */
    static String name() {
        return (processor() + " " + level())
                .toLowerCase(Locale.ROOT)
                .replaceAll("\\((r|tm)\\)|@.*ghz|\\b(cpu|processor)\\b", " ")
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
    }

    static String described(int threads) {
        String family = field("/proc/cpuinfo", "cpu family").orElse("?");
        String model = field("/proc/cpuinfo", "model").orElse("?");
        String memory = field("/proc/meminfo", "MemTotal").orElse("0 kB").replaceAll("\\D", "");
        return "%s (family %s, model %s, %s), %d processors, %d threads, %.0f GB of memory, JDK %s"
                .formatted(
                        processor(),
                        family,
                        model,
                        level(),
                        Runtime.getRuntime().availableProcessors(),
                        threads,
                        Double.parseDouble(memory) / 1e6,
                        Runtime.version());
    }

    /** The java that runs this. */
    static Path java() {
        return Path.of(ProcessHandle.current().info().command().orElse("java"));
    }
}
