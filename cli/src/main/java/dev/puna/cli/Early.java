package dev.puna.cli;

import dev.puna.chat.Assistant;
import dev.puna.chat.Assistant.Opening;
import dev.puna.cli.store.Store;
import dev.puna.cli.store.StoredModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A model that is opened while the command line is still read, which takes about as long: the one right behind the
 * command, as in {@code puna run model.gguf}, or the one that runs where none is named. Where the command turns out to
 * want something else, nothing comes of it.
 */
final class Early {
    private static final Set<String> COMMANDS = Set.of("run", "complete");

    private record Found(Path path, Opening opening) {}

    private final CompletableFuture<Optional<Found>> found;

    private Early(Optional<String> first, boolean orDefault, Settings settings) {
        found = CompletableFuture.supplyAsync(
                () -> path(first, orDefault, settings).map(path -> new Found(path, Assistant.open(path))),
                Thread.ofPlatform().daemon().name("puna-early")::start);
    }

    static Optional<Early> of(String[] args, Settings settings) {
        if (args.length == 0 || !COMMANDS.contains(args[0])) {
            return Optional.empty();
        }
        boolean orDefault = args[0].equals("run");
        boolean named = args.length > 1 && !args[1].startsWith("-");
        return named || orDefault
                ? Optional.of(new Early(named ? Optional.of(args[1]) : Optional.empty(), orDefault, settings))
                : Optional.empty();
    }

    /** Where that model is, if it is on this machine. Nothing is fetched or verified for a guess. */
    private static Optional<Path> path(Optional<String> first, boolean orDefault, Settings settings) {
        Optional<Path> file = first.map(Path::of).filter(Files::isRegularFile);
        if (file.isPresent()) {
            return file;
        }
        Store store = Store.at(settings.store());
        return first.flatMap(name -> store.model(name.toLowerCase(Locale.ROOT)))
                .or(() -> orDefault ? store.model(Models.DEFAULT) : Optional.empty())
                .map(StoredModel::path);
    }

    /** The model of that path, if it is this one and can be opened; what is wrong with it is told by whoever tries again. */
    Optional<Opening> take(Path wanted) {
        return found.handle((early, _) -> early == null ? Optional.<Found>empty() : early)
                .join()
                .filter(early -> early.path().toAbsolutePath().equals(wanted.toAbsolutePath()))
                .map(Found::opening);
    }
}
