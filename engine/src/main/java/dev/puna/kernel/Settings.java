package dev.puna.kernel;

import java.util.Optional;

/**
 * What the surroundings say about computing.
 *
 * @param tier the system property {@code puna.tier}, else the environment's {@code PUNA_TIER}; empty counts as unset
 * @param mode how the JVM runs Java, in its own words
 */
record Settings(Optional<String> tier, String mode) {

    static Settings read() {
        Optional<String> tier = Optional.ofNullable(System.getProperty("puna.tier"))
                .or(() -> Optional.ofNullable(System.getenv("PUNA_TIER")))
                .filter(name -> !name.isEmpty());
        return new Settings(tier, System.getProperty("java.vm.info", ""));
    }

    /** What makes Java slow, if anything does. */
    Optional<String> slowness() {
        if (mode.contains("interpreted")) {
            return Optional.of("Java interprets only and compiles nothing (-Xint)");
        }
        if (mode.contains("emulated-client")) {
            return Optional.of("Java compiles without C2 (-XX:TieredStopAtLevel, -client)");
        }
        return Optional.empty();
    }
}
