package dev.puna.cli;

import java.io.InputStream;
import java.util.Optional;

/**
 * What every command is given: all it may know of the world around it.
 *
 * @param settings the environment, read once
 * @param output where results and remarks go
 * @param input standard input, bytes as they come
 * @param models from a name, path or source to a file
 * @param early the model that is being opened already, if one is
 */
record Session(Settings settings, Output output, InputStream input, Models models, Optional<Early> early) {
    Session(Settings settings, Output output, InputStream input, Models models) {
        this(settings, output, input, models, Optional.empty());
    }

    /** Whether a person types standard input on a terminal. */
    boolean inputTerminal() {
        return input == System.in && Settings.terminal(0);
    }
}
