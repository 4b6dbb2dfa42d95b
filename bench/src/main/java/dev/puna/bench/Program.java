package dev.puna.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Something that runs models: Puna, or another engine. */
interface Program {
    String name();

    /**
     * One measurement, in the unit of the trial; empty where it cannot do that, or not with this file.
     *
     * @throws IOException if it cannot be started
     */
    Optional<Measured> measure(Path model, Trial trial) throws IOException, InterruptedException;

    /**
     * What was measured.
     *
     * @param value in the trial's unit
     * @param remark what the program tells beside it: its build, or the share of the machine's limits; else empty
     */
    record Measured(double value, String remark) {}
}
