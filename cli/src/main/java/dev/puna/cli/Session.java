package dev.puna.cli;

import java.io.InputStream;

/**
 * What every command is given: all it may know of the world around it.
 *
 * @param settings the environment, read once
 * @param output where results and remarks go
 * @param input standard input, bytes as they come
 * @param models from a name, path or source to a file
 */
public record Session(Settings settings, Output output, InputStream input, Models models) {
    /** Whether a person types standard input on a terminal. */
    boolean inputTerminal() {
        return input == System.in && Settings.terminal(0);
    }
}
