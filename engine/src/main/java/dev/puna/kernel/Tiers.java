package dev.puna.kernel;

import dev.puna.kernel.x86.X86Tiers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Which tiers there are, which of them run here and why. */
public final class Tiers {
    private static final System.Logger LOG = System.getLogger("dev.puna.kernel");

    private Tiers() {}

    /**
     * A way to run the kernels.
     *
     * @param name as {@code --tier} takes it
     * @param available whether it runs here
     * @param why one line: what it runs on, or what it lacks
     */
    public record Tier(String name, boolean available, String why, Function<Workers, Kernels> maker) {

        /** The tier's kernels, which spread their work over {@code workers}. */
        public Kernels kernels(Workers workers) {
            return maker.apply(workers);
        }
    }

    /** All tiers, fastest first. */
    public static List<Tier> describe() {
        List<Tier> tiers = new ArrayList<>(X86Tiers.describe());
        tiers.add(vector());
        tiers.add(new Tier("reference", true, "plain loops in float32; always right, slow", Scalar::new));
        return tiers;
    }

    /** Does ahead what takes its time when kernels are made and called for the first time, for whoever has a core to spare. */
    public static void prepare() {
        describe();
        X86Tiers.prepare();
    }

    /** The tier that is asked for: by this name, else by the setting {@code puna.tier} or {@code PUNA_TIER}. */
    public static Optional<String> asked(Optional<String> name) {
        return name.or(() -> Settings.read().tier());
    }

    /**
     * The tier {@link #asked} for, or the fastest that runs here. Where that is none of machine code, the log says why.
     *
     * @throws TierRefused if there is no such tier or it cannot run here
     */
    public static Tier choose(Optional<String> name) {
        List<Tier> tiers = describe();
        Optional<String> asked = asked(name);
        if (asked.isPresent()) {
            String by = name.isPresent() ? "" : " (puna.tier or PUNA_TIER asks for it)";
            Tier tier = tiers.stream()
                    .filter(t -> t.name().equals(asked.get()))
                    .findFirst()
                    .orElseThrow(() -> new TierRefused("there is no tier '%s'%s; there are %s"
                            .formatted(
                                    asked.get(),
                                    by,
                                    tiers.stream().map(Tier::name).collect(Collectors.joining(", ")))));
            if (!tier.available()) {
                throw new TierRefused("the tier '%s'%s cannot run here: %s".formatted(tier.name(), by, tier.why()));
            }
            return tier;
        }
        Tier fastest = tiers.stream().filter(Tier::available).findFirst().orElseThrow();
        if (fastest.name().equals("vector") || fastest.name().equals("reference")) {
            boolean slow = fastest == tiers.getLast();
            LOG.log(
                    slow ? System.Logger.Level.WARNING : System.Logger.Level.INFO,
                    "using the %stier '%s' (%s)".formatted(slow ? "slow " : "", fastest.name(), lacking(tiers)));
        }
        return fastest;
    }

    /** What the tiers lack that do not run here, each reason once. */
    private static String lacking(List<Tier> tiers) {
        Map<String, List<String>> names = new LinkedHashMap<>();
        for (Tier tier : tiers) {
            if (!tier.available()) {
                names.computeIfAbsent(tier.why(), _ -> new ArrayList<>()).add(tier.name());
            }
        }
        return names.entrySet().stream()
                .map(entry -> String.join(", ", entry.getValue()) + ": " + entry.getKey())
                .collect(Collectors.joining("; "));
    }

    /** Why Java runs slowly here, if it does. The tiers vector and reference are then many times slower than usual. */
    public static Optional<String> slowJava() {
        return Settings.read().slowness();
    }

    private static Tier vector() {
        boolean module = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        if (!module) {
            String why =
                    "the module jdk.incubator.vector is not loaded; start Java with --add-modules jdk.incubator.vector";
            return new Tier("vector", false, why, _ -> {
                throw new TierRefused("the tier 'vector' cannot run here: " + why);
            });
        }
        return new Tier("vector", true, Vector.description(), Vector::new);
    }
}
