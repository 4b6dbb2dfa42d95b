package dev.puna.cli;

import dev.puna.chat.Assistant;
import dev.puna.chat.Assistant.Opening;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A model that is opened while the command line is still read, which takes about as long: the file right behind the
 * command, as in {@code puna run model.gguf}. Where the command turns out to want something else, nothing comes of it.
 */
final class Early {
    private static final Set<String> COMMANDS = Set.of("run", "complete");

    private final Path path;
    private final CompletableFuture<Opening> opening;

    private Early(Path path) {
        this.path = path;
        opening = CompletableFuture.supplyAsync(
                () -> Assistant.open(path), Thread.ofPlatform().daemon().name("puna-early")::start);
    }

    static Optional<Early> of(String[] args) {
        if (args.length < 2 || !COMMANDS.contains(args[0])) {
            return Optional.empty();
        }
        try {
            return Optional.of(Path.of(args[1])).filter(Files::isRegularFile).map(Early::new);
        } catch (InvalidPathException _) {
            return Optional.empty();
        }
    }

    /** The model of that path, if it is this one and can be opened; what is wrong with it is told by whoever tries again. */
    Optional<Opening> take(Path wanted) {
        if (!wanted.toAbsolutePath().equals(path.toAbsolutePath())) {
            return Optional.empty();
        }
        return opening.handle((opened, _) -> Optional.ofNullable(opened)).join();
    }
}
