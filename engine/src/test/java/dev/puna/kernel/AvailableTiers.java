package dev.puna.kernel;

import java.util.List;
import java.util.stream.Stream;

/** The tiers that run on the machine that tests run on. */
public final class AvailableTiers {
    private AvailableTiers() {}

    /** All of them, by name. */
    public static Stream<String> names() {
        return Tiers.describe().stream().filter(Tiers.Tier::available).map(Tiers.Tier::name);
    }

    /** All but the reference. */
    public static Stream<String> fast() {
        return names().filter(name -> !name.equals("reference"));
    }

    /** Those of machine code; the vector tier where there are none, so that a test of them has something to run. */
    public static Stream<String> machineCode() {
        List<String> names = fast().filter(name -> !name.equals("vector")).toList();
        return names.isEmpty() ? fast() : names.stream();
    }
}
