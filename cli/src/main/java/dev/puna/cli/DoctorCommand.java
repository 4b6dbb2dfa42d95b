package dev.puna.cli;

import dev.puna.cli.net.Answer;
import dev.puna.cli.net.Credentials;
import dev.puna.cli.net.Limits;
import dev.puna.cli.net.NetworkSettings;
import dev.puna.cli.net.Unavailable;
import dev.puna.cli.net.Web;
import dev.puna.cli.store.Bytes;
import dev.puna.cli.store.Store;
import dev.puna.kernel.Bandwidth;
import dev.puna.kernel.Kernels;
import dev.puna.kernel.Roofline;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.tensor.DType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "doctor",
        header =
                "What this machine has for Puna: processor, memory, tiers and kernels, limits, the store, the network.",
        description = {
            "",
            "Measures for a moment how fast the machine reads memory, which bounds how fast a model writes, and how fast"
                    + " it multiplies, which bounds how fast a prompt is read. Says of each tier whether and why it runs here,"
                    + " and of each format how the chosen tier multiplies it. Touches the"
                    + " network only with --network. Exit code 1 where something stands in the way.",
            ""
        },
        footer = {"  puna doctor", "  puna doctor --network --json"})
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--network", description = "Also ask the places that models come from.")
    private boolean network;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    private final Session session;
    private final List<String> problems = new ArrayList<>();

    DoctorCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Map<String, Map<String, Object>> report = new LinkedHashMap<>();
        Host host = new Host(Path.of("/"));
        report.put("puna", puna());
        report.put("machine", machine(host));
        report.put("tiers", tiers());
        report.put("kernels", kernels());
        report.put("limits", limits(host));
        report.put("store", store());
        report.put("network", network());
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>(report);
            document.put("problems", problems);
            session.output().json(document);
        } else {
            report.forEach(this::print);
            Output out = session.output();
            out.line("");
            if (problems.isEmpty()) {
                out.line(out.styled("nothing stands in the way", Output.Style.GREEN));
            }
            problems.forEach(problem -> out.line(out.styled("problem: ", Output.Style.RED) + out.value(problem)));
        }
        return problems.isEmpty() ? Exit.OK : Exit.FAILED;
    }

    private Map<String, Object> puna() {
        Settings settings = session.settings();
        Map<String, Object> puna = new LinkedHashMap<>();
        puna.put("version", Settings.version());
        puna.put(
                "java",
                settings.property("java.version").orElse("") + ", "
                        + settings.property("java.vm.name").orElse("") + ", "
                        + settings.property("java.vendor").orElse(""));
        puna.put("java_home", settings.property("java.home").orElse(""));
        puna.put("java_flags", ManagementFactory.getRuntimeMXBean().getInputArguments());
        puna.put("heap_bytes", Runtime.getRuntime().maxMemory());
        return puna;
    }

    private Map<String, Object> machine(Host host) {
        Settings settings = session.settings();
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put(
                "system",
                settings.property("os.name").orElse("") + " "
                        + settings.property("os.version").orElse("") + ", "
                        + settings.property("os.arch").orElse(""));
        machine.put("processor", host.processor().orElse(null));
        machine.put("features", host.features());
        int processors = Runtime.getRuntime().availableProcessors();
        machine.put("processors", processors);
        machine.put("container_processors", host.containerProcessors().orElse(null));
        machine.put("memory_bytes", orNull(host.memoryBytes()));
        machine.put("available_bytes", orNull(host.availableBytes()));
        machine.put("container_bytes", orNull(host.containerBytes()));
        machine.put("page_bytes", orNull(host.pageBytes()));
        machine.put("huge_pages", host.hugePages().orElse(null));
        try (MappedPages pages = MappedPages.map(host);
                Workers workers = new Workers()) {
            Roofline roofline = Roofline.measure(
                    fastest().name(), workers, new Bandwidth(fastest().name(), workers, pages.memory()));
            machine.put("read_bytes_per_second", Math.round(roofline.bytesPerSecond()));
            machine.put(
                    "read_how",
                    "%d threads, %s, over %d MB of a mapped file, best of several passes"
                            .formatted(
                                    roofline.threads(),
                                    roofline.streams() == 1 ? "in order" : "in four streams each",
                                    pages.memory().byteSize() / 1_000_000));
            machine.put("multiply_adds_per_second", Math.round(roofline.codes()));
            machine.put("multiply_how", roofline.codeMix());
        }
        return machine;
    }

    /** The tier that would be taken; where that is the Vector tier it may yet be unloaded, and plain Java measures. */
    private static Tiers.Tier fastest() {
        return Tiers.describe().stream()
                .filter(Tiers.Tier::available)
                .findFirst()
                .orElseThrow();
    }

    /** How the weights of each format are multiplied. */
    private static Map<String, Object> kernels() {
        Map<String, Object> kernels = new LinkedHashMap<>();
        try (Workers workers = new Workers(1)) {
            Kernels chosen = fastest().kernels(workers);
            kernels.put("tier", chosen.tier());
            for (DType type : DType.values()) {
                switch (type) {
                    case I8, I16, I32, I64, F64 -> {} // no model's weights
                    case DType _ -> kernels.put(type.name(), chosen.how(type));
                }
            }
        }
        return kernels;
    }

    private static Object orNull(OptionalLong value) {
        return value.isPresent() ? value.getAsLong() : null;
    }

    private Map<String, Object> tiers() {
        Map<String, Object> tiers = new LinkedHashMap<>();
        boolean later = !VectorModule.loaded() && VectorModule.inJdk();
        String used = Tiers.asked(Optional.empty()).orElse(null);
        boolean asked = used != null;
        boolean runs = false;
        for (Tiers.Tier tier : Tiers.describe()) {
            boolean available = tier.available() || later && tier.name().equals("vector");
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("available", available);
            one.put(
                    "why",
                    available && !tier.available()
                            ? "portable vectors; Java is started again with their incubator module where they are used"
                            : tier.why());
            tiers.put(tier.name(), one);
            if (used == null && available) {
                used = tier.name();
            }
            runs |= available && tier.name().equals(used);
        }
        tiers.put("default", used);
        tiers.put("asked_for", asked ? "by PUNA_TIER" : null);
        if (!runs) {
            problems.add("PUNA_TIER asks for the tier '" + used + "', which does not run here");
        }
        Tiers.slowJava().ifPresent(problems::add);
        return tiers;
    }

    private Map<String, Object> limits(Host host) {
        Map<String, Object> limits = new LinkedHashMap<>();
        limits.put("open_files", orNull(host.limit("Max open files")));
        limits.put("address_space_bytes", orNull(host.limit("Max address space")));
        limits.put("locked_memory_bytes", orNull(host.limit("Max locked memory")));
        limits.put("mappings", orNull(host.mappings()));
        limits.put("connect_seconds", Limits.USUAL.connect().toSeconds());
        limits.put("silence_seconds", Limits.USUAL.silence().toSeconds());
        if (host.limit("Max address space").isPresent()) {
            problems.add("the address space of a process is limited (ulimit -v): large models cannot be mapped");
        }
        return limits;
    }

    private Map<String, Object> store() {
        Map<String, Object> facts = new LinkedHashMap<>();
        try {
            Store store = session.models().store();
            Path root = store.root();
            facts.put("path", root.toString());
            Path there = root.toAbsolutePath();
            while (there.getParent() != null && !Files.exists(there)) {
                there = there.getParent();
            }
            boolean writable = Files.isDirectory(there) && Files.isWritable(there);
            facts.put("exists", Files.isDirectory(root));
            facts.put("writable", writable);
            facts.put("free_bytes", Files.getFileStore(there).getUsableSpace());
            facts.put("models", store.names());
            facts.put("unfinished_bytes", store.unfinished());
            if (!writable) {
                problems.add(there + " is not writable: models cannot be kept; make it writable or set XDG_DATA_HOME");
            }
        } catch (IOException | RuntimeException e) {
            facts.put("fault", e.getMessage());
            problems.add("the store: " + e.getMessage());
        }
        return facts;
    }

    private Map<String, Object> network() {
        Map<String, Object> facts = new LinkedHashMap<>();
        NetworkSettings settings;
        try {
            settings = session.settings().network();
        } catch (Unavailable e) {
            facts.put("fault", e.getMessage());
            problems.add(e.getMessage());
            return facts;
        }
        List<URI> places = new ArrayList<>();
        places.add(settings.hub());
        places.addAll(settings.pip().indexes());
        places.addAll(settings.maven().repositories());
        facts.put("hub", Web.shown(settings.hub()));
        facts.put("hub_token", settings.hubToken());
        facts.put(
                "python_indexes",
                settings.pip().indexes().stream().map(Web::shown).toList());
        facts.put(
                "maven_repositories",
                settings.maven().repositories().stream().map(Web::shown).toList());
        Map<String, Object> proxies = new LinkedHashMap<>();
        for (URI place : places) {
            try {
                settings.proxies().shown(place).ifPresent(proxy -> proxies.put(Web.shown(place), proxy));
            } catch (Unavailable e) {
                proxies.put(Web.shown(place), e.getMessage());
                problems.add(e.getMessage());
            }
        }
        facts.put("proxies", proxies);
        List<String> remarks = new ArrayList<>(settings.pip().remarks());
        remarks.addAll(settings.maven().remarks());
        facts.put("remarks", remarks);
        if (network) {
            facts.put("reachable", reachable(settings, places));
        } else {
            facts.put("reachable", "not asked; --network asks");
        }
        return facts;
    }

    private Map<String, Object> reachable(NetworkSettings settings, List<URI> places) {
        Map<String, Object> reachable = new LinkedHashMap<>();
        int answered = 0;
        try (Web web =
                new Web(settings, Limits.USUAL, "puna/" + Settings.version().replace(' ', '-'))) {
            for (URI place : places.stream()
                    .filter(p -> !"file".equals(p.getScheme()))
                    .distinct()
                    .toList()) {
                try (Answer answer = web.ask(Credentials.bare(place), Map.of("Range", "bytes=0-0"))) {
                    // Whatever its status, something that is not the network's own refusal is there.
                    boolean open = answer.status() < 400 || answer.status() == 404;
                    reachable.put(
                            Web.shown(place), open ? "yes" : answer.refusal().getMessage());
                    answered += open ? 1 : 0;
                } catch (Unavailable e) {
                    reachable.put(Web.shown(place), e.getMessage());
                }
            }
        }
        if (answered == 0) {
            problems.add("no place that models come from can be reached");
        }
        return reachable;
    }

    private void print(String section, Map<String, Object> facts) {
        Output out = session.output();
        out.line((section.equals("puna") ? "" : "\n") + out.styled(section, Output.Style.BOLD));
        facts.forEach((key, value) -> {
            String label = label(key);
            String shown = shown(key, value);
            if (!shown.isEmpty()) {
                out.line("  " + label + " ".repeat(Math.max(1, 22 - label.length())) + out.value(shown));
            }
        });
    }

    /** The words of a key without its unit; a name of its own, like Q4_0, stays. */
    private static String label(String key) {
        if (!key.equals(key.toLowerCase(Locale.ROOT))) {
            return key;
        }
        return key.replace("_bytes_per_second", "")
                .replace("_per_second", "")
                .replace("_bytes", "")
                .replace('_', ' ');
    }

    private static String shown(String key, Object value) {
        return switch (value) {
            case null -> "";
            case Long adds
            when key.equals("multiply_adds_per_second") -> String.format(Locale.ROOT, "%.0f G/s", adds / 1e9);
            case Long bytes
            when key.endsWith("_bytes_per_second") -> String.format(Locale.ROOT, "%.1f GB/s", bytes / 1e9);
            case Long bytes when key.endsWith("_bytes") -> Bytes.text(bytes);
            case Boolean yes -> yes ? "yes" : "no";
            case List<?> list ->
                list.isEmpty()
                        ? "none"
                        : String.join(
                                key.equals("features") || key.equals("java_flags") ? " " : ", ",
                                list.stream().map(Object::toString).toList());
            case Map<?, ?> map
            when map.containsKey("available") ->
                (Boolean.TRUE.equals(map.get("available")) ? "yes: " : "no: ") + map.get("why");
            case Map<?, ?> map ->
                map.isEmpty()
                        ? "none"
                        : String.join(
                                "; ",
                                map.entrySet().stream()
                                        .map(e -> e.getKey() + ": " + e.getValue())
                                        .toList());
            default -> value.toString();
        };
    }
}
