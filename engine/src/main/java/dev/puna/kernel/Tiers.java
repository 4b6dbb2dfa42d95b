package dev.puna.kernel;

import dev.puna.kernel.x86.X86Tiers;
import java.util.ArrayList;
import java.util.List;
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

    /**
     * The tier of that name, or the fastest that runs here.
     *
     * @throws TierRefused if there is no such tier or it cannot run here
     */
    public static Tier choose(Optional<String> name) {
        List<Tier> tiers = describe();
        if (name.isPresent()) {
            Tier tier = tiers.stream()
                    .filter(t -> t.name().equals(name.get()))
                    .findFirst()
                    .orElseThrow(() -> new TierRefused("there is no tier '%s'; there are %s"
                            .formatted(
                                    name.get(), tiers.stream().map(Tier::name).collect(Collectors.joining(", ")))));
            if (!tier.available()) {
                throw new TierRefused("the tier '%s' cannot run here: %s".formatted(tier.name(), tier.why()));
            }
            return tier;
        }
        Tier fastest = tiers.stream().filter(Tier::available).findFirst().orElseThrow();
        if (fastest == tiers.getLast()) {
            String lacking = tiers.stream()
                    .filter(tier -> !tier.available())
                    .map(tier -> tier.name() + ": " + tier.why())
                    .collect(Collectors.joining("; "));
            LOG.log(System.Logger.Level.WARNING, "using the slow tier '" + fastest.name() + "' (" + lacking + ")");
        }
        return fastest;
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
