package dev.puna.cli.store;

import dev.puna.cli.net.Answer;
import dev.puna.cli.net.Limits;
import dev.puna.cli.net.Unavailable;
import dev.puna.cli.net.Web;
import dev.puna.file.BadFile;
import dev.puna.file.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Fetches one file into {@code KEY.part}, beside which {@code KEY.json} says what it is a part of. Goes on where an
 * earlier attempt stopped, as long as the place still has the same file; else starts over. Whoever holds the lock of the
 * key runs it.
 */
final class Download {
    /**
     * A file that is here and has the hash it should have.
     *
     * @param file where it lies; not yet in its place
     * @param sha256 its SHA-256
     * @param checked against which published hash, empty where nobody publishes one
     */
    record Fetched(Path file, String sha256, long bytes, Optional<Digest.Kind> checked) {}

    private final Web web;
    private final Space space;
    private final Progress progress;
    private final Item item;
    private final Path folder;
    private final Path part;
    private final Path state;
    private long here;
    private Hashes hashes;
    private boolean begun;

    Download(Web web, Space space, Progress progress, Item item, Path folder) {
        this.web = web;
        this.space = space;
        this.progress = progress;
        this.item = item;
        this.folder = folder;
        this.part = folder.resolve(item.key() + ".part");
        this.state = folder.resolve(item.key() + ".json");
    }

    /** The hashes of what has come so far. */
    private static final class Hashes {
        final MessageDigest sha256 = Digest.Kind.SHA_256.start(0);
        final Optional<Digest> wanted;
        final Optional<MessageDigest> other;

        Hashes(Item item) {
            wanted = item.digest();
            other = wanted.filter(d -> d.kind() != Digest.Kind.SHA_256)
                    .map(d -> d.kind().start(item.bytes()));
        }

        void add(byte[] bytes, int count) {
            sha256.update(bytes, 0, count);
            other.ifPresent(digest -> digest.update(bytes, 0, count));
        }
    }

    /**
     * Fetches the file.
     *
     * @throws Unavailable where its place cannot give it; what came is kept where it may be of use
     * @throws StoreFault where it cannot be written
     */
    Fetched run() {
        boolean resumed = resume();
        boolean whole = false;
        try {
            while (true) {
                transfer();
                String sha256 = Digest.hex(hashes.sha256);
                String found = hashes.other.map(Digest::hex).orElse(sha256);
                if (item.digest().isEmpty() || item.digest().get().hex().equals(found)) {
                    whole = true;
                    return new Fetched(part, sha256, here, item.digest().map(Digest::kind));
                }
                discard();
                if (!resumed) {
                    throw Unavailable.lasting(Web.shown(item.place()) + " sent another file than it announces: its "
                            + item.digest().get().kind() + " is " + found + ", not "
                            + item.digest().get().hex());
                }
                resumed = false;
                progress.note("what was kept of " + item.path() + " does not fit what is there now; starting over");
            }
        } finally {
            if (begun) {
                progress.end(whole);
            }
        }
    }

    /** Only what really starts to come is worth a line. */
    private void begin(long total) {
        if (!begun) {
            begun = true;
            progress.begin(item.path(), here, total);
        }
    }

    /** Takes up what an earlier attempt left; says whether it left something. */
    private boolean resume() {
        hashes = new Hashes(item);
        here = 0;
        try {
            if (!Files.isRegularFile(part) || !Files.isRegularFile(state)) {
                discard();
                return false;
            }
            long size = Files.size(part);
            if (item.bytes() >= 0 && size > item.bytes()) {
                discard();
                return false;
            }
            try (InputStream in = Files.newInputStream(part)) {
                byte[] piece = new byte[1 << 20];
                for (int n; (n = in.read(piece)) > 0; ) {
                    hashes.add(piece, n);
                    here += n;
                }
            }
            return here > 0;
        } catch (IOException e) {
            throw StoreFault.of(part, e);
        }
    }

    private void discard() {
        hashes = new Hashes(item);
        here = 0;
        try {
            Files.deleteIfExists(part);
            Files.deleteIfExists(state);
        } catch (IOException e) {
            throw StoreFault.of(part, e);
        }
    }

    /** Forgets the unfinished copy; for whoever has moved or used it. */
    void forget() {
        discard();
    }

    /** Asks until the file is whole, again after a fault that may pass. */
    private void transfer() {
        Limits limits = web.limits();
        int fruitless = 0;
        Duration pause = limits.pause();
        boolean whole = here > 0
                && (here == item.bytes()
                        || item.digest().isPresent() && Long.valueOf(here).equals(known().get("bytes")));
        if (whole) {
            begin(here);
        }
        while (!whole) {
            long before = here;
            try {
                once();
                return;
            } catch (Unavailable e) {
                if (here > before) {
                    fruitless = 0;
                    pause = limits.pause();
                }
                if (!e.isPassing() || ++fruitless > limits.retries()) {
                    throw e;
                }
                progress.note(e.getMessage() + "; trying again");
                rest(pause);
                pause = pause.multipliedBy(2);
            }
        }
    }

    private static void rest(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Unavailable.lasting("interrupted", e);
        }
    }

    private void once() {
        if (item.place().getScheme().equals("file")) {
            discard();
            Path source = Path.of(item.place());
            try (InputStream in = Files.newInputStream(source)) {
                save(Map.of("place", Web.shown(item.place())));
                receive(in, Files.size(source));
                return;
            } catch (IOException e) {
                throw Unavailable.lasting(source + " cannot be read", e);
            }
        }
        Map<String, Object> known = known();
        Map<String, String> headers = new HashMap<>();
        headers.put("Accept-Encoding", "identity");
        boolean certain = item.digest().isPresent();
        if (here > 0) {
            // Without a published hash only the server can say whether the rest belongs to the same file.
            Optional<String> condition = condition(known);
            if (condition.isEmpty() && !certain) {
                discard();
            } else {
                headers.put("Range", "bytes=" + here + "-");
                condition.ifPresent(value -> headers.put("If-Range", value));
            }
        }
        try (Answer answer = web.ask(item.place(), headers)) {
            switch (answer.status()) {
                case 200 -> {
                    if (here > 0) {
                        progress.note(item.path()
                                + ": its place does not go on from the middle, or has changed; starting over");
                        discard();
                    }
                }
                case 206 -> fits(answer, known);
                case 416 -> {
                    discard();
                    throw Unavailable.passing(Web.shown(answer.uri()) + " has less than was kept of it; starting over");
                }
                default -> throw answer.refusal();
            }
            answer.header("content-encoding")
                    .filter(coding -> !coding.equals("identity"))
                    .ifPresent(coding -> {
                        throw Unavailable.lasting(
                                Web.shown(answer.uri()) + " sends the file packed (" + coding + "), unasked");
                    });
            if (answer.header("content-type")
                    .filter(type -> type.startsWith("text/html"))
                    .isPresent()) {
                throw Unavailable.lasting(Web.shown(answer.uri()) + " sends a web page where a file was asked for");
            }
            long total = answer.length().isPresent() ? here + answer.length().getAsLong() : item.bytes();
            if (item.bytes() >= 0 && total >= 0 && total != item.bytes()) {
                throw Unavailable.lasting(
                        Web.shown(answer.uri()) + " has " + total + " bytes where " + item.bytes() + " were announced");
            }
            Map<String, Object> note = new LinkedHashMap<>();
            note.put("place", Web.shown(item.place()));
            note.put("bytes", total);
            answer.header("etag").ifPresent(tag -> note.put("etag", tag));
            answer.header("last-modified").ifPresent(date -> note.put("modified", date));
            save(note);
            receive(answer.body(), total);
        }
    }

    /** What makes the server send the rest only where the file is still the same: its strong tag, else its date. */
    private static Optional<String> condition(Map<String, Object> known) {
        if (known.get("etag") instanceof String tag && tag.startsWith("\"")) {
            return Optional.of(tag);
        }
        return known.get("modified") instanceof String date ? Optional.of(date) : Optional.empty();
    }

    /** Checks that a part answer is the rest of what is here. */
    private void fits(Answer answer, Map<String, Object> known) {
        String range = answer.header("content-range").orElse("");
        boolean rest = range.startsWith("bytes " + here + "-");
        boolean same = !(known.get("etag") instanceof String tag)
                || answer.header("etag").isEmpty()
                || answer.header("etag").get().equals(tag);
        if (!rest || !same) {
            discard();
            throw Unavailable.passing(Web.shown(answer.uri())
                    + (same ? " sent another part than was asked for" : " has changed since the first part came")
                    + "; starting over");
        }
    }

    private Map<String, Object> known() {
        try {
            return Files.isRegularFile(state) ? Json.object(Json.parse(state), state, "the note") : Map.of();
        } catch (BadFile _) {
            return Map.of(); // cut off by a crash: as good as none
        }
    }

    /** Writes the note before the first byte, whole or not at all. */
    private void save(Map<String, Object> note) {
        Path fresh = state.resolveSibling(state.getFileName() + ".new");
        try {
            Files.writeString(fresh, Json.write(note));
            Files.move(fresh, state, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw StoreFault.of(state, e);
        }
    }

    private void receive(InputStream body, long total) {
        if (total > here) {
            space.require(folder, total - here, item.path());
        }
        begin(total);
        long start = here;
        Limits limits = web.limits();
        long window = System.nanoTime();
        long atWindow = here;
        byte[] piece = new byte[1 << 17];
        try (FileChannel out = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            while (true) {
                int n = read(body, piece);
                if (n < 0) {
                    break;
                }
                if (total >= 0 && here + n > total) {
                    discard();
                    throw Unavailable.lasting(
                            Web.shown(item.place()) + " sends more than the " + total + " bytes it announced");
                }
                ByteBuffer bytes = ByteBuffer.wrap(piece, 0, n);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                hashes.add(piece, n);
                here += n;
                progress.at(here);
                long now = System.nanoTime();
                if (now - window > limits.trickle().toNanos()) {
                    if (here - atWindow < limits.trickleBytes()) {
                        throw Unavailable.passing(Web.shown(item.place()) + " only trickles: " + (here - atWindow)
                                + " bytes in " + limits.trickle().toSeconds() + " s");
                    }
                    window = now;
                    atWindow = here;
                }
            }
            out.force(true);
        } catch (IOException e) {
            throw StoreFault.of(part, e);
        }
        if (total >= 0 && here < total) {
            throw Unavailable.passing(Web.shown(item.place()) + " broke off after " + Bytes.text(here - start) + " of "
                    + Bytes.text(total - start));
        }
    }

    private int read(InputStream body, byte[] piece) {
        try {
            return body.read(piece);
        } catch (IOException e) {
            throw Unavailable.passing(Web.shown(item.place()) + " broke off: " + e.getMessage(), e);
        }
    }
}
