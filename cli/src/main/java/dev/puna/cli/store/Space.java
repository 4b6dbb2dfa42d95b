package dev.puna.cli.store;

import java.io.IOException;
import java.nio.file.Path;

/** How many bytes a folder's disk still takes; a test has its own. */
@FunctionalInterface
public interface Space {
    long usable(Path folder) throws IOException;

    /** Refuses what will not fit before the first byte of it comes. */
    default void require(Path folder, long bytes, String what) {
        try {
            long usable = usable(folder);
            if (bytes > usable) {
                throw new StoreFault("the disk of " + folder + " is too full for " + what + ": it needs "
                        + Bytes.text(bytes) + " and has " + Bytes.text(usable)
                        + "; free some space, or set XDG_DATA_HOME to another disk");
            }
        } catch (IOException e) {
            throw StoreFault.of(folder, e);
        }
    }
}
