package dev.puna.cli;

import dev.puna.kernel.Tiers;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The incubator module of the tier {@code vector}. Java loads it only when told so at its start, and most machines have
 * no need of it: so where one does (Arm, a system that forbids executable memory), the program starts itself again.
 */
final class VectorModule {
    private static final String NAME = "jdk.incubator.vector";

    private VectorModule() {}

    /** Thrown where Java must be started again with the module; nothing was done yet. */
    static final class Needed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Needed() {
            super("Java must be started with --add-modules " + NAME, null, false, false);
        }
    }

    static boolean loaded() {
        return ModuleLayer.boot().findModule(NAME).isPresent();
    }

    static boolean inJdk() {
        return ModuleFinder.ofSystem().find(NAME).isPresent();
    }

    /** @throws Needed if the tier, or without one the fastest that could run here, is the one that lacks its module */
    static void require(Optional<String> named) {
        Optional<String> tier = Tiers.asked(named);
        if (loaded() || tier.isPresent() && !tier.get().equals("vector")) {
            return;
        }
        boolean fast = tier.isEmpty()
                && Tiers.describe().stream()
                        .anyMatch(t -> t.available() && !t.name().equals("reference"));
        if (!fast && inJdk()) {
            throw new Needed();
        }
    }

    /** Runs the same command line in a Java of its own that has the module, and returns its exit code. */
    static int startAgain(Settings settings, String[] args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(settings.property("java.home").orElseThrow(), "bin", "java")
                .toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of(
                "--add-modules",
                NAME,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                settings.property("java.class.path").orElseThrow()));
        command.add(Main.class.getName());
        command.addAll(List.of(args));
        try {
            Process again = new ProcessBuilder(command).inheritIO().start();
            while (true) {
                try {
                    return again.waitFor();
                } catch (InterruptedException _) {
                    again.destroy();
                }
            }
        } catch (IOException e) {
            throw new Failed("could not start Java again with the module " + NAME + ": " + e.getMessage(), e);
        }
    }
}
