package dev.puna.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * From what a person types to a model on this machine. A reference is the path of an existing file or folder, the name
 * of a model in the store or the catalogue, or a source ({@code hf:}, {@code https:}, {@code pypi:}, {@code maven:},
 * {@code file:}); the first that fits counts.
 */
public final class Models {
    /** The model that runs where none is named. */
    public static final String DEFAULT = "smollm2-135m-instruct";

    private final Settings settings;
    private final Output output;

    Models(Settings settings, Output output) {
        this.settings = settings;
        this.output = output;
    }

    /** Whether the reference names a model, so that a lone argument of {@code run} is not a prompt. Touches no network. */
    public boolean names(String reference) {
        return path(reference).isPresent();
    }

    /**
     * The file or folder of a model, pulled first where it is not on this machine yet. Progress and the licence go to
     * standard error.
     *
     * @throws Refused where the reference names no model
     * @throws Failed where the model could not be had from any of its sources
     */
    public Path resolve(String reference) {
        return path(reference).orElseThrow(() -> new Refused("there is no model '" + reference + "'"));
    }

    private static Optional<Path> path(String reference) {
        try {
            return Optional.of(Path.of(reference)).filter(Files::exists);
        } catch (InvalidPathException _) {
            return Optional.empty();
        }
    }
}
