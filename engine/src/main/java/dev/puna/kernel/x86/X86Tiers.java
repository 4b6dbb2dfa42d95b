package dev.puna.kernel.x86;

import dev.puna.kernel.Probe;
import dev.puna.kernel.TierRefused;
import dev.puna.kernel.Tiers.Tier;
import dev.puna.kernel.x86.CodePage.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Which levels run here, and why the others do not. */
public final class X86Tiers {
    private X86Tiers() {}

    /** One tier for each level, fastest first. */
    public static List<Tier> describe() {
        List<Tier> tiers = new ArrayList<>();
        try {
            Cpu cpu = Cpu.ask();
            for (Level level : Level.values()) {
                tiers.addFirst(describe(level, cpu));
            }
        } catch (Refused refused) {
            for (Level level : Level.values()) {
                tiers.addFirst(lacking(level.tier, refused.why()));
            }
        }
        return tiers;
    }

    /** Links the calls out of Java that kernels make, on a thread that has the time; without them nothing happens. */
    public static void prepare() {
        if (Function.hindrance().isEmpty()) {
            Function.prepare();
        }
    }

    /** What measures the limits of a level, where there is such a level and it runs here. */
    public static Optional<Probe> probe(String tier) {
        try {
            Cpu cpu = Cpu.ask();
            for (Level level : Level.values()) {
                boolean chosen = level.tier.equals(tier) && level.missing(cpu).isEmpty();
                if (chosen && (level != Level.AMX || Cpu.requestTiles())) {
                    return Optional.of(new X86Probe(level, Assembler::new));
                }
            }
            return Optional.empty();
        } catch (Refused refused) {
            return Optional.empty();
        }
    }

    private static Tier describe(Level level, Cpu cpu) {
        List<Cpu.Feature> missing = level.missing(cpu);
        if (!missing.isEmpty()) {
            return lacking(
                    level.tier,
                    "the processor or the system lacks "
                            + missing.stream().map(Cpu.Feature::name).collect(Collectors.joining(", ")));
        }
        if (level == Level.AMX && !Cpu.requestTiles()) {
            return lacking(level.tier, "the system does not let this process use tiles");
        }
        String why = "machine code for %s on %s".formatted(level.description, cpu.name());
        return new Tier(level.tier, true, why, workers -> {
            try {
                return new X86(level, workers);
            } catch (Refused refused) {
                throw new TierRefused("the tier '%s' cannot run here: %s".formatted(level.tier, refused.why()));
            }
        });
    }

    private static Tier lacking(String name, String why) {
        return new Tier(name, false, why, _ -> {
            throw new TierRefused("the tier '%s' cannot run here: %s".formatted(name, why));
        });
    }
}
