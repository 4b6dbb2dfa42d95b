package dev.puna.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The machine under the JVM, as Linux tells of it below {@code /proc} and {@code /sys}; elsewhere little is known. */
final class Host {
    /** Instructions that matter to a tier of ours, now or later, by the kernel's names. */
    private static final List<String> TELLING = List.of(
            "sse4_2",
            "avx",
            "f16c",
            "fma",
            "avx2",
            "avx_vnni",
            "avx512f",
            "avx512bw",
            "avx512vl",
            "avx512_vnni",
            "avx512_bf16",
            "avx512_fp16",
            "amx_tile",
            "amx_int8",
            "amx_bf16",
            "asimd",
            "asimdhp",
            "asimddp",
            "i8mm",
            "bf16",
            "sve",
            "sve2",
            "sme");

    /** More than this is how the kernel writes "no limit". */
    private static final long UNLIMITED = 1L << 60;

    private static final int ENOUGH = 1 << 16;

    private final Path root;

    /** @param root the file system's root, so that a test can have a machine of its own */
    Host(Path root) {
        this.root = root;
    }

    private Optional<String> text(String path) {
        // One large read: the kernel's small files give nothing to a second one.
        try (InputStream in = Files.newInputStream(root.resolve(path))) {
            return Optional.of(new String(in.readNBytes(ENOUGH), StandardCharsets.UTF_8).strip());
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static Optional<String> field(Optional<String> text, String name) {
        Matcher line = Pattern.compile("(?m)^" + Pattern.quote(name) + "\\s*:\\s*(.*)$")
                .matcher(text.orElse(""));
        return line.find() ? Optional.of(line.group(1).strip()) : Optional.empty();
    }

    /** The processor's name. */
    Optional<String> processor() {
        Optional<String> cpu = text("proc/cpuinfo");
        return field(cpu, "model name")
                .or(() -> field(cpu, "Model"))
                .or(() -> field(cpu, "CPU part").map(part -> "CPU part " + part));
    }

    /** Which of the instructions that matter it has. */
    List<String> features() {
        Optional<String> cpu = text("proc/cpuinfo");
        Set<String> all = Set.of(
                field(cpu, "flags").or(() -> field(cpu, "Features")).orElse("").split("\\s+"));
        return TELLING.stream().filter(all::contains).toList();
    }

    private OptionalLong kilobytes(String name) {
        Optional<String> value = field(text("proc/meminfo"), name).filter(v -> v.matches("\\d+ kB"));
        return value.map(v -> OptionalLong.of(Long.parseLong(v.substring(0, v.indexOf(' '))) << 10))
                .orElseGet(OptionalLong::empty);
    }

    OptionalLong memoryBytes() {
        return kilobytes("MemTotal");
    }

    OptionalLong availableBytes() {
        return kilobytes("MemAvailable");
    }

    /** Bytes of a page, and whether large ones come by themselves. */
    OptionalLong pageBytes() {
        Optional<String> value =
                field(text("proc/self/smaps"), "KernelPageSize").filter(v -> v.matches("\\d+ kB"));
        return value.map(v -> OptionalLong.of(Long.parseLong(v.substring(0, v.indexOf(' '))) << 10))
                .orElseGet(OptionalLong::empty);
    }

    /** {@code always}, {@code madvise} or {@code never}. */
    Optional<String> hugePages() {
        Matcher chosen = Pattern.compile("\\[(\\w+)]")
                .matcher(text("sys/kernel/mm/transparent_hugepage/enabled").orElse(""));
        return chosen.find() ? Optional.of(chosen.group(1)) : Optional.empty();
    }

    /** Folders of the control groups that this process is in, the innermost first. */
    private List<String> groups(String controller) {
        Set<String> folders = new LinkedHashSet<>();
        for (String line : text("proc/self/cgroup").orElse("").split("\n")) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            boolean second = parts[1].isEmpty();
            if (second || List.of(parts[1].split(",")).contains(controller)) {
                String base = second ? "sys/fs/cgroup" : "sys/fs/cgroup/" + controller;
                for (String path = parts[2]; ; path = path.substring(0, path.lastIndexOf('/'))) {
                    folders.add(base + (path.equals("/") ? "" : path));
                    if (path.lastIndexOf('/') < 0) {
                        break;
                    }
                }
            }
        }
        return new ArrayList<>(folders);
    }

    /** The memory that a container gives this process, where it is less than the machine's. */
    OptionalLong containerBytes() {
        long least = Long.MAX_VALUE;
        for (String folder : groups("memory")) {
            for (String file : List.of("memory.max", "memory.limit_in_bytes")) {
                Optional<String> value = text(folder + "/" + file).filter(v -> v.matches("\\d{1,18}"));
                least = Math.min(least, value.map(Long::parseLong).orElse(Long.MAX_VALUE));
            }
        }
        return least < UNLIMITED ? OptionalLong.of(least) : OptionalLong.empty();
    }

    /** The processors' time that a container gives this process, in processors. */
    Optional<Double> containerProcessors() {
        double least = Double.MAX_VALUE;
        for (String folder : groups("cpu")) {
            String[] second = text(folder + "/cpu.max").orElse("max").split(" ");
            if (second.length == 2 && second[0].matches("\\d+")) {
                least = Math.min(least, Double.parseDouble(second[0]) / Double.parseDouble(second[1]));
            }
            Optional<String> quota = text(folder + "/cpu.cfs_quota_us").filter(v -> v.matches("\\d+"));
            Optional<String> period = text(folder + "/cpu.cfs_period_us").filter(v -> v.matches("[1-9]\\d*"));
            if (quota.isPresent() && period.isPresent()) {
                least = Math.min(least, Double.parseDouble(quota.get()) / Double.parseDouble(period.get()));
            }
        }
        return least < Double.MAX_VALUE ? Optional.of(least) : Optional.empty();
    }

    /** A limit of this process by its name in {@code /proc/self/limits}; empty for none. */
    OptionalLong limit(String name) {
        Matcher line = Pattern.compile("(?m)^" + Pattern.quote(name) + "\\s+(\\S+)")
                .matcher(text("proc/self/limits").orElse(""));
        return line.find() && line.group(1).matches("\\d{1,18}")
                ? OptionalLong.of(Long.parseLong(line.group(1)))
                : OptionalLong.empty();
    }

    /** How many mappings a process may have; each model file takes one. */
    OptionalLong mappings() {
        Optional<String> value = text("proc/sys/vm/max_map_count").filter(v -> v.matches("\\d{1,18}"));
        return value.map(v -> OptionalLong.of(Long.parseLong(v))).orElseGet(OptionalLong::empty);
    }
}
