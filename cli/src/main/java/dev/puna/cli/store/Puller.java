package dev.puna.cli.store;

import dev.puna.cli.net.Answer;
import dev.puna.cli.net.NetworkSettings;
import dev.puna.cli.net.Unavailable;
import dev.puna.cli.net.Web;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Brings models into the store: asks one source after another until one has what it should have. */
public final class Puller {
    private static final byte[] GGUF = "GGUF".getBytes(StandardCharsets.US_ASCII);

    private final Store store;
    private final Web web;
    private final NetworkSettings settings;
    private final Progress progress;
    private final Clock clock;

    public Puller(Store store, Web web, NetworkSettings settings, Progress progress, Clock clock) {
        this.store = store;
        this.web = web;
        this.settings = settings;
        this.progress = progress;
        this.clock = clock;
    }

    /**
     * Pulls a model of the catalogue.
     *
     * @throws Unavailable where none of its sources has it; the message gives each one's reason
     */
    public StoredModel pull(Catalogue.Entry entry) {
        store.partial(); // a store that cannot be written is told before anybody is asked for anything
        List<String> reasons = new ArrayList<>();
        List<Source> sources = entry.sources();
        for (int i = 0; i < sources.size(); i++) {
            Source source = sources.get(i);
            try {
                Offer offer = offer(source);
                if (offer.items().size() != 1) {
                    throw Unavailable.lasting(
                            source.text() + " is " + offer.items().size() + " files, not one");
                }
                Item item = wanted(offer.items().getFirst(), entry);
                return keep(source, offer, entry.name(), Optional.of(entry), List.of(item));
            } catch (Unavailable | Inexact e) {
                reasons.add(source.text() + ": " + e.getMessage());
                if (i + 1 < sources.size()) {
                    progress.note(
                            e.getMessage() + "; trying " + sources.get(i + 1).text());
                }
            }
        }
        throw Unavailable.lasting(none(entry.name(), reasons));
    }

    private static String none(String name, List<String> reasons) {
        return name + " could not be had from any of its sources: " + String.join("; ", reasons)
                + ". Let one of them through your network, or set a proxy (HTTPS_PROXY), a mirror (HF_ENDPOINT, PIP_INDEX_URL) or a"
                + " certificate (SSL_CERT_FILE), or pull it elsewhere and copy the file here";
    }

    /** The item with the catalogue's hash and length: what a source says of itself only matters where it differs. */
    private static Item wanted(Item item, Catalogue.Entry entry) {
        if (item.archived()) {
            return item;
        }
        boolean other = item.bytes() >= 0 && item.bytes() != entry.bytes()
                || item.digest()
                        .filter(d -> d.kind() == Digest.Kind.SHA_256)
                        .filter(d -> !d.hex().equals(entry.sha256()))
                        .isPresent();
        if (other) {
            throw Unavailable.lasting(
                    Web.shown(item.place()) + " is another file than the catalogue knows by that name");
        }
        return Item.file(entry.file(), item.place(), entry.bytes(), Optional.of(Digest.sha256(entry.sha256())));
    }

    /**
     * Pulls what a source has.
     *
     * @param name what to call it; where empty, a name is made from the file's or repository's
     * @throws Unavailable where the source does not have it
     * @throws Inexact where the source has several models, or the name is taken
     */
    public StoredModel pull(Source source, Optional<String> name) {
        store.partial();
        Offer offer = offer(source);
        String chosen = name.orElse(offer.name());
        Optional<StoredModel> there = store.model(chosen);
        if (there.isPresent() && !there.get().source().equals(source.text())) {
            throw new Inexact("the store has a model named " + chosen + " from "
                    + there.get().source() + "; pull this one under another name: puna pull --name NAME "
                    + source.text());
        }
        return keep(source, offer, chosen, Optional.empty(), offer.items());
    }

    private Offer offer(Source source) {
        return switch (source) {
            case Source.Hub hub -> new Hub(web, settings).offer(hub);
            case Source.Wheel wheel -> new PythonIndexes(web, settings.pip()).offer(wheel);
            case Source.Jar jar -> new MavenRepositories(web, settings.maven()).offer(jar);
            case Source.Page page -> page(page);
            case Source.Local local -> local(local.path());
        };
    }

    private static Offer page(Source.Page page) {
        String file = page.uri().getPath().substring(page.uri().getPath().lastIndexOf('/') + 1);
        boolean archived = file.endsWith(".whl") || file.endsWith(".jar") || file.endsWith(".zip");
        Item item = new Item(file, page.uri(), -1, page.digest(), archived, Optional.empty());
        return new Offer(
                Offer.name(file), List.of(item), Optional.of(archived ? "" : file), Licence.UNKNOWN, Optional.empty());
    }

    private static Offer local(Path path) {
        try {
            if (Files.isDirectory(path)) {
                List<Item> items = new ArrayList<>();
                try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
                    for (Path file : files) {
                        if (Files.isRegularFile(file) && !Files.isHidden(file)) {
                            items.add(here(file));
                        }
                    }
                }
                items.sort(Comparator.comparing(Item::path));
                Path name = path.toAbsolutePath().normalize().getFileName();
                return new Offer(
                        Offer.name(name == null ? "model" : name.toString()),
                        items,
                        Optional.empty(),
                        Licence.UNKNOWN,
                        Optional.empty());
            }
            if (!Files.isRegularFile(path)) {
                throw new Inexact(path + ": no such file or directory");
            }
            String file = path.getFileName().toString();
            return new Offer(
                    Offer.name(file), List.of(here(path)), Optional.of(file), Licence.UNKNOWN, Optional.empty());
        } catch (IOException e) {
            throw Unavailable.lasting(path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static Item here(Path file) throws IOException {
        return Item.file(
                file.getFileName().toString(), file.toAbsolutePath().toUri(), Files.size(file), Optional.empty());
    }

    private StoredModel keep(
            Source source, Offer offer, String name, Optional<Catalogue.Entry> entry, List<Item> items) {
        Licence licence = entry.map(Catalogue.Entry::licence).orElse(offer.licence());
        Progress telling = new Licensed(progress, "licence of " + name + ": " + licence);
        space(items, entry);
        // In one order for everyone, so that two pulls with files in common cannot wait for each other.
        Map<String, Item> byKey = new TreeMap<>();
        items.forEach(item -> byKey.put(item.key(), item));
        List<Lock> locks = new ArrayList<>();
        try {
            byKey.forEach((key, item) -> locks.add(Lock.take(
                    store.partial().resolve(key + ".lock"),
                    () -> progress.note("another puna is fetching " + item.path() + "; waiting for it"))));
            List<Store.Kept> kept = new ArrayList<>();
            Set<String> names = new HashSet<>();
            Map<String, Store.Kept> fetched = new HashMap<>();
            List<Download> downloads = new ArrayList<>();
            Optional<String> terms = Optional.empty();
            Optional<String> main = offer.main();
            for (Item item : items) {
                if (item.archived()) {
                    Unpacked unpacked = unpack(item, entry, downloads, telling);
                    kept.add(unpacked.kept());
                    main = Optional.of(unpacked.kept().path());
                    terms = unpacked.terms();
                    continue;
                }
                if (!names.add(item.path())) {
                    throw Unavailable.lasting(source.text() + " has two files named " + item.path());
                }
                // Two names may stand for the same content; it comes once.
                Store.Kept same =
                        fetched.computeIfAbsent(item.key(), _ -> file(item, entry.isPresent(), downloads, telling));
                kept.add(new Store.Kept(item.path(), same.from(), same.sha256(), same.checked()));
            }
            if (terms.isEmpty()) {
                terms = offer.terms().flatMap(this::text).or(licence::text);
            }
            StoredModel model = store.keep(
                    name,
                    entry.map(Catalogue.Entry::description).orElse(""),
                    source.text(),
                    licence,
                    terms,
                    clock.instant().truncatedTo(ChronoUnit.SECONDS).toString(),
                    main,
                    kept);
            downloads.forEach(Download::forget);
            return model;
        } finally {
            locks.forEach(Lock::close);
        }
    }

    /** What is to come must fit as a whole: nobody wants to learn after nine of ten files that the tenth does not. */
    private void space(List<Item> items, Optional<Catalogue.Entry> entry) {
        long bytes = 0;
        for (Item item : items) {
            boolean known =
                    item.digest().filter(d -> d.kind() == Digest.Kind.SHA_256).isPresent();
            boolean there =
                    known && Files.exists(store.blob(item.digest().orElseThrow().hex()));
            Path part = store.partial().resolve(item.key() + ".part");
            try {
                bytes += there ? 0 : Math.max(0, item.bytes() - (Files.exists(part) ? Files.size(part) : 0));
            } catch (IOException e) {
                throw StoreFault.of(part, e);
            }
        }
        if (items.getFirst().archived() && entry.isPresent()) {
            bytes += entry.get().bytes(); // the archive and what comes out of it lie side by side for a moment
        }
        store.space()
                .require(
                        store.partial(),
                        bytes,
                        items.size() == 1 ? items.getFirst().path() : items.size() + " files");
    }

    private Store.Kept file(Item item, boolean catalogued, List<Download> downloads, Progress telling) {
        Optional<String> known =
                item.digest().filter(d -> d.kind() == Digest.Kind.SHA_256).map(Digest::hex);
        if (known.isPresent() && store.has(known.get(), item.bytes())) {
            return new Store.Kept(
                    item.path(), store.blob(known.get()), known.get(), checked(catalogued, item.digest()));
        }
        Download download = new Download(web, store.space(), telling, item, store.partial());
        downloads.add(download);
        Download.Fetched fetched = download.run();
        likely(item, fetched.file(), download);
        return new Store.Kept(item.path(), fetched.file(), fetched.sha256(), checked(catalogued, item.digest()));
    }

    private static String checked(boolean catalogued, Optional<Digest> digest) {
        return catalogued
                ? "SHA-256 of the catalogue"
                : digest.map(d -> d.kind() + " of the source").orElse("nothing: the source publishes no hash");
    }

    /** Without a hash, a network that answers everything with a page of its own must not pass for a model. */
    private static void likely(Item item, Path file, Download download) {
        if (item.digest().isEmpty() && item.path().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
            try (var in = Files.newInputStream(file)) {
                if (!Arrays.equals(in.readNBytes(GGUF.length), GGUF)) {
                    download.forget();
                    throw Unavailable.lasting(Web.shown(item.place()) + " is no GGUF file");
                }
            } catch (IOException e) {
                throw StoreFault.of(file, e);
            }
        }
    }

    private record Unpacked(Store.Kept kept, Optional<String> terms) {}

    private Unpacked unpack(Item item, Optional<Catalogue.Entry> entry, List<Download> downloads, Progress telling) {
        Optional<String> known = entry.map(Catalogue.Entry::sha256);
        if (known.isPresent() && store.has(known.get(), entry.get().bytes())) {
            Store.Kept kept = new Store.Kept(
                    entry.get().file(), store.blob(known.get()), known.get(), checked(true, item.digest()));
            return new Unpacked(kept, Optional.empty());
        }
        Download download = new Download(web, store.space(), telling, item, store.partial());
        downloads.add(download);
        Archive archive = new Archive(download.run().file(), item.path());
        String member = archive.member(item.member());
        Path target = store.partial().resolve(item.key() + ".member");
        long bytes = entry.map(Catalogue.Entry::bytes).orElse(-1L);
        String sha256 = archive.extract(member, target, bytes, store.space(), telling);
        if (known.isPresent() && !known.get().equals(sha256)) {
            delete(target);
            download.forget();
            throw Unavailable.lasting(member + " in " + item.path()
                    + " is another file than the catalogue knows: its SHA-256 is " + sha256 + ", not " + known.get());
        }
        String name = entry.map(Catalogue.Entry::file).orElse(member.substring(member.lastIndexOf('/') + 1));
        Optional<String> terms = archive.terms();
        return new Unpacked(new Store.Kept(name, target, sha256, checked(known.isPresent(), item.digest())), terms);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw StoreFault.of(file, e);
        }
    }

    /** A licence's text; the model is worth having without it, its licence is still named. */
    private Optional<String> text(Item terms) {
        try (Answer answer = web.ask(terms.place(), Map.of())) {
            return answer.found() ? Optional.of(web.text(answer)) : Optional.empty();
        } catch (Unavailable e) {
            progress.note("the licence's text could not be fetched: " + e.getMessage());
            return Optional.empty();
        }
    }
}
