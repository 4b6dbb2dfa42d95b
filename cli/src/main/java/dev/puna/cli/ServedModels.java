package dev.puna.cli;

import dev.puna.cli.net.Unavailable;
import dev.puna.cli.store.Inexact;
import dev.puna.cli.store.Store;
import dev.puna.cli.store.StoreFault;
import dev.puna.cli.store.StoredFile;
import dev.puna.cli.store.StoredModel;
import dev.puna.file.BadFile;
import dev.puna.server.core.Library;
import dev.puna.server.wire.Failure;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * The models that {@code puna serve} offers: those it was started with, else all of the store. Models that clients fetch
 * join them; a second name given to one lasts as long as the process.
 */
final class ServedModels implements Library {
    /** Where clients may have models fetched from: places that whoever runs the server has set. */
    private static final Pattern REGISTRY = Pattern.compile("(hf|pypi|maven):");

    private final Models models;
    private final boolean whole;
    private final boolean manage;
    private final Map<String, Path> named = new ConcurrentHashMap<>();
    private final Map<String, String> copies = new ConcurrentHashMap<>();

    /**
     * @param references what the command was given; none: the whole store
     * @param manage whether clients may fetch, remove and copy
     */
    ServedModels(Models models, List<String> references, boolean manage) {
        this.models = models;
        this.manage = manage;
        whole = references.isEmpty();
        for (String reference : references) {
            add(models.resolve(reference));
        }
    }

    /** Serves this model too, and gives its id. */
    String with(String reference) {
        return add(models.resolve(reference));
    }

    private String add(Path path) {
        String id = models.at(path)
                .map(StoredModel::name)
                .orElseGet(
                        () -> String.valueOf(path.toAbsolutePath().normalize().getFileName()));
        Path before = named.put(id, path);
        if (before != null && !before.equals(path)) {
            throw new Refused("two of the models are called " + id + ": " + before + " and " + path);
        }
        return id;
    }

    @Override
    public List<Entry> entries() {
        Map<String, Entry> all = new LinkedHashMap<>();
        named.forEach((id, path) -> all.put(id, entry(id, path)));
        if (whole) {
            for (String name : models.store().names()) {
                try {
                    models.store().model(name).ifPresent(model -> all.put(name, entry(model)));
                } catch (BadFile | StoreFault _) {
                    // 'puna list' tells of it; the other models are well
                }
            }
        }
        copies.forEach((id, of) -> {
            Entry original = all.get(of);
            if (original != null) {
                all.put(
                        id,
                        new Entry(
                                id,
                                original.bytes(),
                                original.modified(),
                                original.sha256(),
                                original.description(),
                                original.licence()));
            }
        });
        return all.values().stream().sorted((a, b) -> a.id().compareTo(b.id())).toList();
    }

    private Entry entry(String id, Path path) {
        return models.at(path).map(ServedModels::entry).orElseGet(() -> Library.entry(id, path));
    }

    private static Entry entry(StoredModel model) {
        Optional<String> sha256 = model.main()
                .flatMap(main -> model.files().stream()
                        .filter(file -> file.path().equals(main))
                        .map(StoredFile::sha256)
                        .findFirst());
        return new Entry(
                model.name(),
                model.bytes(),
                instant(model.pulled()),
                sha256,
                model.description(),
                Optional.of(model.licence().name()).filter(_ -> model.licence().known()));
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException _) {
            return Instant.EPOCH;
        }
    }

    @Override
    public Path path(String id) {
        String original = copies.getOrDefault(id, id);
        Path path = named.get(original);
        return path != null ? path : models.kept(original);
    }

    @Override
    public Entry pull(String reference, Progress progress) {
        managed("fetch");
        String name = reference.toLowerCase(Locale.ROOT);
        try {
            if (entries().stream().noneMatch(entry -> entry.id().equals(reference))) {
                if (!models.knows(name) && !REGISTRY.matcher(reference).lookingAt()) { // no path, no address
                    throw Failure.noModel("there is no model '" + reference
                            + "': clients may fetch what the catalogue names, or hf:, pypi: or maven: sources");
                }
                StoredModel model = models.pull(reference, Optional.empty(), false, new Told(progress));
                if (!whole) {
                    add(model.path());
                }
                name = model.name();
            }
        } catch (Refused e) {
            throw Failure.noModel(e.getMessage());
        } catch (Failed | Unavailable | Inexact | StoreFault e) {
            throw Failure.unavailable(String.valueOf(e.getMessage()), java.time.Duration.ofSeconds(10));
        }
        String wanted = name;
        return entries().stream()
                .filter(entry -> entry.id().equals(wanted) || entry.id().equals(reference))
                .findFirst()
                .orElseThrow(() -> Failure.noModel("there is no model '" + reference + "'"));
    }

    @Override
    public void delete(String id) {
        managed("remove");
        if (copies.remove(id) != null) {
            return;
        }
        copies.forEach((copy, of) -> {
            if (of.equals(id)) {
                throw Failure.of(Failure.Kind.CONFLICT, "'" + copy + "' is another name of it: remove that one first");
            }
        });
        Store store = models.store();
        Optional<StoredModel> stored = store.model(id);
        if (stored.isPresent()) {
            store.remove(stored.get());
        }
        boolean listed = named.remove(id) != null; // a file outside of the store is no longer offered, and stays
        if (!listed && stored.isEmpty()) {
            throw Failure.noModel("there is no model '" + id + "'");
        }
    }

    @Override
    public void copy(String from, String to) {
        managed("copy");
        List<String> known = new ArrayList<>();
        entries().forEach(entry -> known.add(entry.id()));
        if (!known.contains(from)) {
            throw Failure.noModel("there is no model '" + from + "'");
        }
        if (!to.matches("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")) {
            throw Failure.invalid("destination", "cannot be a name");
        }
        if (known.contains(to) && !copies.containsKey(to)) {
            throw Failure.invalid("destination", "is the name of another model");
        }
        copies.put(to, copies.getOrDefault(from, from));
    }

    /** Tells a client how far a pull has come, ten times a second at most. */
    private static final class Told implements dev.puna.cli.store.Progress {
        private static final long PAUSE_NANOS = 100_000_000;

        private final Progress client;
        private String what = "";
        private long total;
        private long last;

        Told(Progress client) {
            this.client = client;
        }

        @Override
        public void note(String line) {
            client.at(line, 0, 0);
        }

        @Override
        public void begin(String name, long already, long length) {
            what = "pulling " + name;
            total = Math.max(0, length);
            last = System.nanoTime();
            client.at(what, already, total);
        }

        @Override
        public void at(long bytes) {
            if (System.nanoTime() - last >= PAUSE_NANOS) {
                last = System.nanoTime();
                client.at(what, bytes, total);
            }
        }

        @Override
        public void end(boolean whole) {
            if (whole) {
                client.at(what, total, total);
            }
        }
    }

    private void managed(String what) {
        if (!manage) {
            throw Failure.of(
                    Failure.Kind.FORBIDDEN,
                    "clients may not " + what + " models here; 'puna serve --manage' lets those with a key");
        }
    }
}
