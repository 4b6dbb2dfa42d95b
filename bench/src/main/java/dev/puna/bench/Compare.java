package dev.puna.bench;

import dev.puna.bench.Samples.Key;
import dev.puna.bench.Trial.Kind;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code bench/compare}: Puna and other engines in turn on the same files, and the ratios. */
public final class Compare {
    private static final String USAGE = """
            bench/compare --llama-bench PATH[,PATH...] [--models FILE|FOLDER[,...]] [options]

            Runs Puna and each peer in turn on the same files, with as many threads, flash attention on, and writes the
            ratios to docs/bench/DATE-MACHINE.md. Without a peer there is no result.

              --llama-bench P   llama-bench of llama.cpp or ik_llama.cpp; NAME=PATH gives it a name. Beside it,
                                llama-batched-bench (several sequences) and llama-completion (start, memory) are used
              --llama3-java P   llama3.java's jar or source file, for prompts and answers
              --models M        GGUF files, or folders of them (default: the built-in shapes, made now)
              --measure LIST    prompt, answer, depth, batch, start, memory (default: all)
              --prompt N        tokens of a prompt (default: 512)
              --generate N      tokens of an answer (default: 128)
              --depth N         tokens before the answer that is measured at depth (default: 8192)
              --batch LIST      sequences at once (default: 8,32)
              --rounds N        turns; the median counts (default: 3)
              --threads N       (default: one for each processor)
              --tier NAME       Puna's kernels (default: those it chooses)
              --puna PATH       Puna's command (default: ./puna of this checkout)
              --keep FILE       keeps what was measured, and goes on from there when called again
              --out FILE        (default: docs/bench/DATE-MACHINE.md)""";

    /** Tokens of an answer at depth, and of each of several answers at once. */
    private static final int SHORT_ANSWER = 32;

    private final Map<String, String> options = new TreeMap<>();
    private final Path root;

    private Compare(Path root, String[] args) {
        this.root = root;
        for (int i = 0; i < args.length; i++) {
            String name = args[i];
            if (!name.matches("--[a-z0-9-]+") || !USAGE.contains("\n  " + name + " ")) {
                throw new Refused("unknown option '" + name + "'");
            }
            if (++i == args.length) {
                throw new Refused(name + " needs a value");
            }
            options.put(name.substring(2), args[i]);
        }
    }

    /** The first argument is the checkout. Exit code 2 where the arguments make no sense, 1 where something failed. */
    public static void main(String[] args) throws InterruptedException {
        if (args.length < 2 || args[1].equals("--help")) {
            System.err.println(USAGE);
            System.exit(2);
        }
        try {
            new Compare(Path.of(args[0]), Arrays.copyOfRange(args, 1, args.length)).run(args);
        } catch (Refused refused) {
            System.err.println("compare: " + refused.getMessage());
            System.exit(2);
        } catch (IOException e) {
            System.err.println("compare: " + e.getMessage());
            System.exit(1);
        }
    }

    private void run(String[] args) throws IOException, InterruptedException {
        int threads = number("threads", Runtime.getRuntime().availableProcessors());
        Optional<String> tier = Optional.ofNullable(options.get("tier"));
        Path command = Path.of(options.getOrDefault("puna", root.resolve("puna").toString()));
        List<Program> programs = new ArrayList<>();
        programs.add(new Puna(command, tier, threads));
        programs.addAll(peers(threads));
        Path keep = options.containsKey("keep")
                ? Path.of(options.get("keep"))
                : Files.createTempFile("puna-compare", ".jsonl");
        Samples samples = Samples.read(keep);
        List<Trial> trials = trials();
        List<Path> models = models();
        measure(programs, models, trials, samples);
        String text = new Report(programs, models, trials, samples)
                .text(Host.described(threads), commit(), "bench/compare " + String.join(" ", hidden(args)));
        Path out = options.containsKey("out")
                ? Path.of(options.get("out"))
                : root.resolve("docs/bench/" + LocalDate.now() + "-" + Host.name()
                        + tier.map(t -> "-" + t).orElse("") + ".md");
        Files.writeString(out, text);
        System.out.println(text);
        System.err.println("written to " + out);
    }

    private void measure(List<Program> programs, List<Path> models, List<Trial> trials, Samples samples)
            throws IOException, InterruptedException {
        int rounds = number("rounds", 3);
        for (Path model : models) {
            for (Trial trial : trials) {
                for (int round = 0; round < rounds; round++) {
                    for (Program program : programs) {
                        Key key = Report.key(program, model, trial);
                        if (samples.count(key) <= round) {
                            var measured = program.measure(model, trial);
                            samples.add(key, measured);
                            System.err.println(String.format(
                                    Locale.ROOT,
                                    "%s, %s, %s: %s",
                                    key.model(),
                                    key.test(),
                                    key.program(),
                                    measured.map(m -> String.format(
                                                    Locale.ROOT,
                                                    "%.2f %s %s",
                                                    m.value(),
                                                    trial.kind().unit,
                                                    m.remark()))
                                            .orElse("not to be had")));
                        }
                    }
                }
            }
        }
    }

    /** @throws Refused where there is none */
    private List<Program> peers(int threads) {
        List<Program> peers = new ArrayList<>();
        for (String given : list("llama-bench", "")) {
            Matcher named = Pattern.compile("([^/=]+)=(.+)").matcher(given);
            Path path = Path.of(named.matches() ? named.group(2) : given).toAbsolutePath();
            if (!Files.isExecutable(path)) {
                throw new Refused("--llama-bench: " + path + " is no program");
            }
            peers.add(new LlamaCpp(named.matches() ? named.group(1) : folderName(path), path, threads));
        }
        for (String given : list("llama3-java", "")) {
            if (!Files.isReadable(Path.of(given))) {
                throw new Refused("--llama3-java: " + given + " cannot be read");
            }
            peers.add(new Llama3Java(Path.of(given), Host.java(), threads));
        }
        if (peers.isEmpty()) {
            throw new Refused("without a peer there is no result: name one with --llama-bench PATH");
        }
        return peers;
    }

    /** The build that a program belongs to: the folder above its {@code bin}. */
    private static String folderName(Path program) {
        Path folder =
                Objects.requireNonNull(program.toAbsolutePath().normalize().getParent(), "a program lies in a folder");
        Path name = folder.endsWith("bin") && folder.getParent() != null ? folder.getParent() : folder;
        return String.valueOf(name.getFileName());
    }

    private List<Trial> trials() {
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        for (String kind : list("measure", "prompt,answer,depth,batch,start,memory")) {
            kinds.add(Arrays.stream(Kind.values())
                    .filter(k -> k.name().equalsIgnoreCase(kind))
                    .findFirst()
                    .orElseThrow(() -> new Refused("--measure: there is no '" + kind + "'")));
        }
        List<Trial> trials = new ArrayList<>();
        int generate = number("generate", 128);
        for (Kind kind : kinds) {
            switch (kind) {
                case PROMPT -> trials.add(new Trial(kind, number("prompt", 512), 0));
                case ANSWER -> trials.add(new Trial(kind, generate, 0));
                case DEPTH -> trials.add(new Trial(kind, SHORT_ANSWER, number("depth", 8192)));
                case BATCH -> {
                    for (String sequences : list("batch", "8,32")) {
                        trials.add(new Trial(kind, SHORT_ANSWER, number("batch", sequences)));
                    }
                }
                case START, MEMORY -> trials.add(new Trial(kind, 1, 0));
            }
        }
        return trials;
    }

    private List<Path> models() throws IOException {
        List<Path> models = new ArrayList<>();
        for (String given : list("models", "")) {
            Path path = Path.of(given);
            if (Files.isDirectory(path)) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(path, "*.gguf")) {
                    List<Path> found = new ArrayList<>();
                    files.forEach(found::add);
                    found.sort(null);
                    models.addAll(found);
                }
            } else if (Files.isReadable(path)) {
                models.add(path);
            } else {
                throw new Refused("--models: " + path + " cannot be read");
            }
        }
        return models.isEmpty() ? made() : models;
    }

    /** The shapes and mixtures that the judgement names, in the folder of what is built here. */
    private List<Path> made() throws IOException {
        Path folder = Files.createDirectories(root.resolve(".puna-build/models"));
        List<Path> models = new ArrayList<>();
        for (String shape : List.of("llama32-1b", "smollm2-135m")) {
            for (Mixture mixture :
                    List.of(Mixture.Q4_0, Mixture.Q4_1, Mixture.Q8_0, Mixture.Q4_K_M, Mixture.Q6_K, Mixture.F16)) {
                Path path = folder.resolve(shape + "-" + mixture + ".gguf");
                if (!Files.exists(path)) {
                    System.err.println("making " + path);
                    ModelFile.write(path, Shape.of(shape), mixture);
                }
                models.add(path);
            }
        }
        return models;
    }

    private String commit() throws IOException, InterruptedException {
        Ran head = Ran.of(List.of("git", "-C", root.toString(), "rev-parse", "--short=12", "HEAD"));
        Ran state = Ran.of(List.of("git", "-C", root.toString(), "status", "--porcelain"));
        String changed = state.out().isBlank() ? "" : ", with changes";
        return head.exit() == 0 ? head.out().strip() + changed : "unknown";
    }

    /** The command without this machine's folders. */
    private static List<String> hidden(String[] args) {
        List<String> shown = new ArrayList<>();
        for (int i = 1; i < args.length; i++) {
            if (!args[i].equals("--keep") && !args[i].equals("--out") && !args[i].equals("--puna")) {
                shown.add(args[i].replaceAll("/?([^/,= ]+/)*([^/,= ]+/bin/)", "$2")
                        .replaceAll("(^|,)/([^/,]+/)*", "$1"));
            } else {
                i++;
            }
        }
        return shown;
    }

    private List<String> list(String option, String otherwise) {
        String given = options.getOrDefault(option, otherwise);
        return given.isEmpty() ? List.of() : List.of(given.split(","));
    }

    private int number(String option, int otherwise) {
        return options.containsKey(option) ? number(option, options.get(option)) : otherwise;
    }

    private static int number(String option, String given) {
        if (!given.matches("[1-9]\\d{0,7}")) {
            throw new Refused("--" + option + " must be a number from 1, not '" + given + "'");
        }
        return Integer.parseInt(given);
    }
}
