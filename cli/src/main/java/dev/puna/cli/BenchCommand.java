package dev.puna.cli;

import dev.puna.cli.store.Bytes;
import dev.puna.engine.Machine;
import dev.puna.kernel.Bandwidth;
import dev.puna.kernel.Roofline;
import dev.puna.kernel.Workers;
import dev.puna.load.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code puna bench}: how fast a model runs here, and how fast it could. */
@Command(
        name = "bench",
        header = "Measure how fast a model reads and writes, as a share of what the machine can do.",
        description = {
            "",
            "A test is called as llama-bench calls it: pp512 reads a prompt of 512 tokens, tg128 writes 128, @ d2048"
                    + " begins behind 2048 tokens that are there already. Prompts and answers are tests of their own; 0"
                    + " leaves them out. Lists such as 128,512 make a test of each. Tokens per second are those of all"
                    + " sequences of a batch together, the mean of the repetitions.",
            "",
            "The same run measures how fast these threads read mapped memory and how fast they multiply with the tier's"
                    + " own instructions. 'memory' and 'peak' are the shares of these that the model reaches: weights"
                    + " and cache read, and products made, per second.",
            "",
            "--json prints {\"machine\":...,\"results\":[{\"model\":...,\"test\":\"pp512\",\"tokensPerSecond\":...,"
                    + "\"samples\":[...],\"shareOfBandwidth\":...,\"shareOfPeak\":...}]}.",
            ""
        },
        footer = {
            "  puna bench smollm2-135m-instruct",
            "  puna bench model.gguf --prompt 512 --generate 0 --threads 1,2",
            "  puna bench model.gguf --prompt 0 --depth 0,8192 --json",
            "  puna bench model.gguf --prompt 0 --batch 1,8,32"
        })
final class BenchCommand implements Callable<Integer> {
    private static final int MOST_TOKENS = 1 << 24;
    private static final int MOST_SEQUENCES = 4096;
    private static final int MOST_THREADS = 1024;
    private static final int MOST_REPETITIONS = 1_000_000;
    private static final long BILLION = 1_000_000_000;
    private static final String ROW = "| %-34s | %9s | %8s | %9s | %7s | %5s | %14s | %17s | %6s | %6s |";

    private final Session session;

    @Parameters(arity = "1..*", paramLabel = "MODEL", description = "Models' names, paths or sources.")
    private List<String> models;

    @Option(
            names = "--prompt",
            split = ",",
            paramLabel = "N",
            defaultValue = "512",
            description = "Tokens of a prompt (default: 512); 0 for none.")
    private int[] prompt;

    @Option(
            names = "--generate",
            split = ",",
            paramLabel = "N",
            defaultValue = "128",
            description = "Tokens of an answer (default: 128); 0 for none.")
    private int[] generate;

    @Option(
            names = "--depth",
            split = ",",
            paramLabel = "N",
            defaultValue = "0",
            description = "Tokens that are there before (default: 0).")
    private int[] depth;

    @Option(
            names = "--batch",
            split = ",",
            paramLabel = "N",
            defaultValue = "1",
            description = "Sequences at once (default: 1).")
    private int[] batch;

    @Option(
            names = "--threads",
            split = ",",
            paramLabel = "N",
            description = "Threads to compute with (default: one for each processor).")
    private int[] threads = {};

    @Option(
            names = "--repeat",
            paramLabel = "N",
            defaultValue = "5",
            description = "Repetitions of a test (default: 5).")
    private int repeat;

    @Option(
            names = "--step",
            paramLabel = "N",
            defaultValue = "512",
            description = "Most tokens of a prompt in one pass (default: 512).")
    private int step;

    @Option(
            names = "--tier",
            paramLabel = "NAME",
            description =
                    "Kernels to compute with: reference, vector, avx2, avx512 or amx (default: the fastest that runs"
                            + " here; 'puna doctor' tells which).")
    private String tier;

    @Option(
            names = "--cache",
            paramLabel = "TYPE",
            defaultValue = "f16",
            description = "How keys and values are kept: f32, f16 or q8_0; default f16.")
    private ModelOptions.Cache cache;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    private final List<Map<String, Object>> results = new ArrayList<>();
    private final Map<Integer, Roofline> rooflines = new LinkedHashMap<>();
    /** Bytes a second of all that was read, by threads. */
    private final Map<Integer, DoubleSummaryStatistics> memory = new HashMap<>();

    private String usedTier = "";

    BenchCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        each("--prompt", prompt, 0, MOST_TOKENS);
        each("--generate", generate, 0, MOST_TOKENS);
        each("--depth", depth, 0, MOST_TOKENS);
        each("--batch", batch, 1, MOST_SEQUENCES);
        each("--threads", threads, 1, MOST_THREADS);
        each("--repeat", new int[] {repeat}, 1, MOST_REPETITIONS);
        each("--step", new int[] {step}, 1, MOST_TOKENS);
        List<Benchmark.Test> tests = tests();
        if (tests.isEmpty()) {
            throw new Refused("nothing to measure: --prompt and --generate are both 0");
        }
        if (threads.length == 0) {
            threads = new int[] {Runtime.getRuntime().availableProcessors()};
        }
        List<Path> paths = new ArrayList<>();
        for (String model : models) {
            paths.add(ModelOptions.find(session, Optional.ofNullable(tier), model));
        }
        try (MappedPages pages = MappedPages.map(new Host(Path.of("/")))) {
            for (Path path : paths) {
                for (int count : threads) {
                    measure(path, count, tests, pages);
                }
            }
        } finally {
            session.output().status("");
        }
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("machine", machine());
            document.put("results", results);
            session.output().json(document);
        } else {
            rooflines.forEach((count, roofline) -> session.output().line(described(count, roofline)));
        }
        return Exit.OK;
    }

    private static void each(String option, int[] values, int least, int most) {
        for (int value : values) {
            if (value < least || value > most) {
                throw new Refused(option + " must be " + least + " to " + most + ", not " + value);
            }
        }
    }

    private List<Benchmark.Test> tests() {
        List<Benchmark.Test> tests = new ArrayList<>();
        for (int sequences : batch) {
            for (int before : depth) {
                Arrays.stream(prompt)
                        .filter(tokens -> tokens > 0)
                        .forEach(tokens -> tests.add(new Benchmark.Test(tokens, 0, before, sequences)));
                Arrays.stream(generate)
                        .filter(tokens -> tokens > 0)
                        .forEach(tokens -> tests.add(new Benchmark.Test(0, tokens, before, sequences)));
            }
        }
        return tests;
    }

    private void measure(Path path, int count, List<Benchmark.Test> tests, MappedPages pages) {
        Output out = session.output();
        out.status("loading " + path.getFileName());
        try (Machine machine = new Machine(Optional.ofNullable(tier), OptionalInt.of(count));
                Workers workers = new Workers(count);
                Checkpoint checkpoint = Checkpoint.open(path);
                Benchmark benchmark = new Benchmark(checkpoint, machine, cache.type, step)) {
            usedTier = machine.tier();
            out.status("measuring the machine");
            Bandwidth bandwidth = new Bandwidth(machine.tier(), workers, pages.memory());
            Roofline roofline =
                    rooflines.computeIfAbsent(count, _ -> Roofline.measure(machine.tier(), workers, bandwidth));
            for (Benchmark.Test test : tests) {
                if (test.context() > checkpoint.llama().config().context()) {
                    ModelOptions.beyond(
                            session, test.context(), checkpoint.llama().config().context());
                }
                tell(checkpoint, count, roofline, benchmark.run(test, repeat, bandwidth, out::status));
            }
        }
    }

    private void tell(Checkpoint checkpoint, int count, Roofline roofline, Benchmark.Result result) {
        DoubleSummaryStatistics read = memory.computeIfAbsent(count, _ -> new DoubleSummaryStatistics());
        read.accept(roofline.bytesPerSecond());
        Arrays.stream(result.memory()).forEach(read);
        Benchmark.Test test = result.test();
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("model", checkpoint.name());
        one.put("file", checkpoint.path().toString());
        one.put("format", Benchmark.format(checkpoint.llama()).name());
        one.put("bytes", checkpoint.weightBytes());
        one.put("parameters", checkpoint.llama().config().parameters());
        one.put("tier", usedTier);
        one.put("threads", count);
        one.put("batch", test.batch());
        one.put("depth", test.depth());
        one.put("test", test.name());
        one.put("tokensPerSecond", result.tokensPerSecond());
        one.put("deviation", result.deviation());
        one.put("samples", Arrays.stream(result.samples()).boxed().toList());
        one.put("bytesPerSecond", Arrays.stream(result.memory()).boxed().toList());
        one.put("shareOfBandwidth", result.shareOfBandwidth());
        one.put("shareOfPeak", result.shareOfPeak(roofline));
        if (!json) {
            print(one);
        }
        results.add(one);
    }

    /** A row as soon as it is known; the tests may take minutes. */
    private void print(Map<String, Object> one) {
        Output out = session.output();
        if (results.isEmpty()) {
            out.line(row("model", "size", "params", "tier", "threads", "batch", "test", "t/s", "memory", "peak"));
            out.line("|" + " ---: |".repeat(10));
        }
        out.line(row(
                one.get("model"),
                Bytes.text((long) one.get("bytes")),
                String.format(Locale.ROOT, "%.2f %s", scaled((long) one.get("parameters")), unit(one)),
                one.get("tier"),
                one.get("threads"),
                one.get("batch"),
                one.get("test"),
                String.format(
                        Locale.ROOT, "%.2f ± %.2f", (double) one.get("tokensPerSecond"), (double) one.get("deviation")),
                percent(one.get("shareOfBandwidth")),
                percent(one.get("shareOfPeak"))));
    }

    private String row(Object... cells) {
        Object[] safe = Arrays.stream(cells)
                .map(cell -> session.output().value(cell.toString()))
                .toArray();
        return String.format(Locale.ROOT, ROW, safe);
    }

    private static double scaled(long parameters) {
        return parameters / (parameters >= BILLION ? 1e9 : 1e6);
    }

    private static String unit(Map<String, Object> one) {
        return (long) one.get("parameters") >= BILLION ? "B" : "M";
    }

    private static String percent(Object share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * (double) share);
    }

    private String described(int count, Roofline roofline) {
        DoubleSummaryStatistics read = memory.get(count);
        return String.format(
                Locale.ROOT,
                "%d thread%s: memory %.1f to %.1f GB/s (mapped pages, %s); peak %.0f G multiply-adds/s (%s), of floats %.0f (%s)",
                count,
                count == 1 ? "" : "s",
                read.getMin() / 1e9,
                read.getMax() / 1e9,
                roofline.streams() == 1 ? "in order" : "four streams",
                roofline.codes() / 1e9,
                roofline.codeMix(),
                roofline.floats() / 1e9,
                roofline.floatMix());
    }

    private Map<String, Object> machine() {
        Host host = new Host(Path.of("/"));
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("processor", host.processor().orElse(null));
        machine.put("processors", Runtime.getRuntime().availableProcessors());
        machine.put("features", host.features());
        machine.put("java", session.settings().property("java.version").orElse(null));
        machine.put("puna", Settings.version());
        List<Object> limits = new ArrayList<>();
        rooflines.forEach((count, roofline) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("threads", count);
            one.put("bytesPerSecond", roofline.bytesPerSecond());
            one.put("streams", roofline.streams());
            one.put("multiplyAddsPerSecond", roofline.codes());
            one.put("mix", roofline.codeMix());
            one.put("floatMultiplyAddsPerSecond", roofline.floats());
            one.put("floatMix", roofline.floatMix());
            limits.add(one);
        });
        machine.put("limits", limits);
        return machine;
    }
}
