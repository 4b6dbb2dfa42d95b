package dev.puna.cli;

import dev.puna.cli.net.Limits;
import dev.puna.cli.net.NetworkSettings;
import dev.puna.cli.net.Unavailable;
import dev.puna.cli.net.Web;
import dev.puna.cli.store.Catalogue;
import dev.puna.cli.store.Inexact;
import dev.puna.cli.store.Progress;
import dev.puna.cli.store.Puller;
import dev.puna.cli.store.Source;
import dev.puna.cli.store.Store;
import dev.puna.cli.store.StoreFault;
import dev.puna.cli.store.StoredModel;
import dev.puna.file.BadFile;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

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
    private final Limits limits;
    private Store store;
    private Catalogue catalogue;

    private Models(Settings settings, Output output, Limits limits) {
        this.settings = settings;
        this.output = output;
        this.limits = limits;
    }

    static Models of(Settings settings, Output output) {
        return new Models(settings, output, Limits.USUAL);
    }

    /** With a store and patience of a test's own. */
    static Models of(Settings settings, Output output, Store store, Limits limits) {
        Models models = new Models(settings, output, limits);
        models.store = store;
        return models;
    }

    Store store() {
        if (store == null) {
            store = Store.at(settings.store());
        }
        return store;
    }

    Catalogue catalogue() {
        if (catalogue == null) {
            catalogue = Catalogue.builtIn();
        }
        return catalogue;
    }

    /** Whether the reference names a model, so that a lone argument of {@code run} is not a prompt. Touches no network. */
    public boolean names(String reference) {
        return path(reference).isPresent()
                || stored(reference).isPresent()
                || catalogue().entry(reference).isPresent()
                || Source.begins(reference);
    }

    /**
     * The file or folder of a model, pulled first where it is not on this machine yet. Progress and the licence go to
     * standard error.
     *
     * @throws Refused where the reference names no model, or more than one
     * @throws Failed where the model could not be had from any of its sources, or not be kept
     * @throws BadFile where the store's copy was damaged
     */
    public Path resolve(String reference) {
        Optional<Path> path = path(reference);
        if (path.isPresent()) {
            return path.get();
        }
        Optional<StoredModel> stored = stored(reference);
        if (stored.isPresent()) {
            return verified(stored.get());
        }
        if (catalogue().entry(reference).isPresent()) {
            return pull(reference, Optional.empty(), false).path();
        }
        if (Source.begins(reference)) {
            Source source = told(() -> Source.parse(reference));
            if (source instanceof Source.Local local) {
                if (!Files.exists(local.path())) {
                    throw new Refused(local.path() + ": no such file or directory");
                }
                return local.path();
            }
            return store().from(source.text())
                    .map(this::verified)
                    .orElseGet(() -> pull(reference, Optional.empty(), false).path());
        }
        throw unknown(reference);
    }

    /** The model of the store whose file or folder that is. */
    Optional<StoredModel> at(Path path) {
        if (!path.startsWith(store().root())) {
            return Optional.empty();
        }
        return store().names().stream()
                .flatMap(name -> stored(name).stream())
                .filter(model -> model.path().equals(path))
                .findFirst();
    }

    /** The file or folder of the store's model of that name, whatever else is called so. */
    Path kept(String name) {
        return stored(name).map(this::verified).orElseThrow(() -> unknown(name));
    }

    /** Whether the catalogue or the store has a model of that name. */
    boolean knows(String name) {
        return catalogue().entry(name).isPresent() || stored(name).isPresent();
    }

    private Path verified(StoredModel model) {
        told(() -> {
            store().verify(model);
            return model;
        });
        return model.path();
    }

    /**
     * The model of that name or source in the store, which is brought there first where it is not yet.
     *
     * @param name what to call it; only for sources
     * @param again whether to ask the source even where the model is here; what has not changed does not come again
     */
    StoredModel pull(String reference, Optional<String> name, boolean again) {
        return pull(reference, name, again, new ProgressLine(output, settings));
    }

    /** The same; {@code progress} is told how far it has come. */
    StoredModel pull(String reference, Optional<String> name, boolean again, Progress progress) {
        name.filter(n -> !Store.isName(n)).ifPresent(n -> {
            throw new Refused("'" + n + "' cannot be a name: small letters, digits, dots, dashes and underscores can");
        });
        Optional<Catalogue.Entry> entry = catalogue().entry(reference);
        if (entry.isPresent()) {
            if (name.isPresent() && !name.get().equals(entry.get().name())) {
                throw new Refused("a model of the catalogue keeps its name: "
                        + entry.get().name());
            }
            Optional<StoredModel> here = whole(store().model(entry.get().name()));
            return here.isPresent() && !again ? here.get() : pulled(progress, puller -> puller.pull(entry.get()));
        }
        Optional<StoredModel> stored = stored(reference);
        if (stored.isPresent() && name.isEmpty()) {
            return whole(stored).filter(_ -> !again).orElseGet(() -> {
                Source source = told(() -> Source.parse(stored.get().source()));
                return pulled(
                        progress,
                        puller -> puller.pull(source, Optional.of(stored.get().name())));
            });
        }
        String text = Source.begins(reference)
                ? reference
                : path(reference).map(p -> "file:" + p).orElseThrow(() -> unknown(reference));
        Source source = told(() -> Source.parse(text));
        Optional<StoredModel> here = name.isPresent()
                ? store().model(name.get()).filter(m -> m.source().equals(source.text()))
                : store().from(source.text());
        return whole(here).filter(_ -> !again).orElseGet(() -> pulled(progress, puller -> puller.pull(source, name)));
    }

    /** The model, where its files are still what they were. */
    private Optional<StoredModel> whole(Optional<StoredModel> model) {
        try {
            model.ifPresent(store()::verify);
            return model;
        } catch (BadFile damaged) {
            output.note("puna: " + Output.oneLine(damaged.getMessage()));
            return Optional.empty();
        }
    }

    private StoredModel pulled(Progress progress, Function<Puller, StoredModel> pull) {
        return told(() -> {
            NetworkSettings network = settings.network();
            try (Web web = new Web(network, limits, "puna/" + Settings.version().replace(' ', '-'))) {
                return pull.apply(new Puller(store(), web, network, progress, Clock.systemUTC()));
            }
        });
    }

    /** Runs what may fail for reasons of the network or the store, and says so in the command line's own terms. */
    private static <T> T told(Supplier<T> work) {
        try {
            return work.get();
        } catch (Inexact e) {
            throw new Refused(e.getMessage(), e);
        } catch (Unavailable | StoreFault e) {
            throw new Failed(e.getMessage(), e);
        }
    }

    private Optional<StoredModel> stored(String reference) {
        return told(() -> store().model(reference.toLowerCase(Locale.ROOT)));
    }

    private static Optional<Path> path(String reference) {
        try {
            return Optional.of(reference)
                    .filter(text -> !text.isEmpty())
                    .map(Path::of)
                    .filter(Files::exists);
        } catch (InvalidPathException _) {
            return Optional.empty();
        }
    }

    private Refused unknown(String reference) {
        List<String> names = new ArrayList<>(told(() -> store().names()));
        catalogue().entries().forEach(entry -> names.add(entry.name()));
        String near = Nearest.of(reference, names)
                .map(name -> " (did you mean '" + name + "'?)")
                .orElse("");
        boolean path = reference.contains("/") || reference.endsWith(".gguf") || reference.endsWith(".safetensors");
        return new Refused(
                path
                        ? reference + ": no such file or directory" + near
                        : "'" + reference
                                + "' is neither a model of the catalogue or the store, nor a file here, nor a source"
                                + near + "; 'puna list --all' shows the names");
    }
}
