package dev.puna.server.core;

import dev.puna.chat.Assistant;
import dev.puna.chat.Caller;
import dev.puna.load.AdapterFile;
import dev.puna.model.Adapter;
import dev.puna.server.wire.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The models that are open. One is opened when it is first asked for; where there are too many, the one that has not been
 * used for longest is closed, but never one that somebody holds. Any thread may call any method.
 */
public final class Models implements AutoCloseable {
    /**
     * @param run how each model runs
     * @param open how many may be open at the same time
     * @param patience until one of them becomes free, before a request is refused
     */
    public record Options(Assistant.Options run, int open, Duration patience) {}

    /**
     * A model that is open.
     *
     * @param opened when
     * @param used when somebody last let go of it
     * @param held by how many
     */
    public record Open(Library.Entry entry, Assistant assistant, Instant opened, Instant used, int held) {}

    private static final class Slot {
        final Library.Entry entry;
        final Instant opened = Instant.now();

        @Nullable
        Assistant assistant; // null while it is being opened

        @Nullable
        RuntimeException fault;

        final Map<String, AdapterFile> adapters = new ConcurrentHashMap<>();
        Instant used = opened;
        int held;

        Slot(Library.Entry entry) {
            this.entry = entry;
        }

        void close() {
            if (assistant != null) {
                assistant.close();
            }
            adapters.values().forEach(AdapterFile::close);
        }
    }

    /** The right to use a model; while it is held the model stays open. */
    public final class Lease implements AutoCloseable {
        private final Slot slot;
        private final Library.Entry entry;
        private final Assistant assistant;
        private final Optional<Adapter> adapter;
        private boolean over;

        private Lease(Slot slot, Library.Entry entry, Assistant assistant, Optional<Adapter> adapter) {
            this.slot = slot;
            this.entry = entry;
            this.assistant = assistant;
            this.adapter = adapter;
        }

        /** What was asked for. */
        public String id() {
            return entry.id();
        }

        public Library.Entry entry() {
            return entry;
        }

        /** The same caller, served with the adapter that was asked for. */
        public Caller adapted(Caller caller) {
            return new Caller(caller.account(), caller.scope(), caller.priority(), adapter);
        }

        public Assistant assistant() {
            return assistant;
        }

        /** Lets go. The second time it does nothing. */
        @Override
        public void close() {
            lock.lock();
            try {
                if (!over) {
                    over = true;
                    release(slot);
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private final Library library;
    private final Options options;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Slot> slots = new LinkedHashMap<>(); // guarded by the lock
    private boolean closed;

    public Models(Library library, Options options) {
        this.library = library;
        this.options = options;
    }

    public Library library() {
        return library;
    }

    /** All models that can be asked for. */
    public List<Library.Entry> entries() {
        return library.entries();
    }

    /**
     * A model by its name.
     *
     * @throws Failure 404 with the names that are near
     */
    public Library.Entry entry(String id) {
        List<Library.Entry> all = entries();
        return all.stream().filter(entry -> entry.id().equals(id)).findFirst().orElseThrow(() -> unknown(id, all));
    }

    private static Failure unknown(String id, List<Library.Entry> all) {
        List<String> near = all.stream()
                .map(Library.Entry::id)
                .sorted(Comparator.comparingInt(name -> distance(id, name)))
                .limit(3)
                .toList();
        String shown = id.length() <= 100 ? id : id.substring(0, 100) + "…";
        return Failure.noModel("there is no model '" + shown + "'"
                + (near.isEmpty() ? "" : "; the nearest names are " + String.join(", ", near)));
    }

    /** Levenshtein's, capitals and small letters alike. */
    private static int distance(String source, String target) {
        String a = source.toLowerCase(Locale.ROOT);
        String b = target.toLowerCase(Locale.ROOT);
        a = a.length() <= 200 ? a : a.substring(0, 200);
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int corner = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(corner + same, 1 + Math.min(above, row[j - 1]));
                corner = above;
            }
        }
        return row[b.length()];
    }

    /** The models that are open now. */
    public List<Open> open() {
        lock.lock();
        try {
            List<Open> all = new ArrayList<>();
            for (Slot slot : slots.values()) {
                if (slot.assistant != null) {
                    all.add(new Open(slot.entry, slot.assistant, slot.opened, slot.used, slot.held));
                }
            }
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** The model of that name if it is open; for an adapter, the model that it adapts. */
    public Optional<Open> open(String id) {
        String base = base(id);
        return open().stream().filter(one -> one.entry().id().equals(base)).findFirst();
    }

    /** The id of the model whose weights run: the same, or the one that an adapter adapts. */
    public String base(String id) {
        return entries().stream()
                .filter(entry -> entry.id().equals(id))
                .findFirst()
                .flatMap(Library.Entry::base)
                .orElse(id);
    }

    /**
     * Opens a model if it is not open yet, and holds it; an adapter together with its model.
     *
     * @throws Failure 404 if there is none of that name, 503 if too many others are held
     */
    public Lease lease(String id) {
        Library.Entry asked = entry(id);
        Library.Entry entry = asked.base().map(this::entry).orElse(asked);
        Slot slot = hold(entry);
        try {
            Assistant assistant = java.util.Objects.requireNonNull(slot.assistant);
            Optional<Adapter> adapter = library.adapter(id)
                    .map(path -> slot.adapters
                            .computeIfAbsent(id, _ -> assistant.adapter(path))
                            .adapter());
            return new Lease(slot, asked, assistant, adapter);
        } catch (RuntimeException | Error e) {
            lock.lock();
            try {
                release(slot);
            } finally {
                lock.unlock();
            }
            throw e;
        }
    }

    /** A slot that is open and held once more. */
    private Slot hold(Library.Entry entry) {
        String id = entry.id();
        Slot slot;
        @Nullable Slot leaving = null;
        lock.lock();
        try {
            long left = options.patience().toNanos();
            while (!closed && !slots.containsKey(id) && slots.size() >= options.open()) {
                Optional<Slot> oldest = slots.values().stream()
                        .filter(other -> other.held == 0)
                        .min(Comparator.comparing((Slot other) -> other.used));
                if (oldest.isPresent()) {
                    leaving = oldest.get();
                    slots.remove(leaving.entry.id());
                    break;
                }
                if (left <= 0) {
                    throw Failure.unavailable(
                            "all " + options.open() + " models that may be open at the same time are in use",
                            Duration.ofSeconds(5));
                }
                left = changed.awaitNanos(left);
            }
            if (closed) {
                throw Failure.unavailable("the server is shutting down", Duration.ofSeconds(5));
            }
            Slot known = slots.get(id);
            if (known != null) {
                known.held++;
                opened(known);
                return known;
            }
            slot = new Slot(entry);
            slot.held = 1;
            slots.put(id, slot);
        } catch (InterruptedException _) {
            throw Failure.unavailable("interrupted", Duration.ofSeconds(1));
        } finally {
            lock.unlock();
        }
        if (leaving != null) {
            leaving.close();
        }
        load(slot);
        return slot;
    }

    /** Waits until somebody else has opened it. Under the lock. */
    private void opened(Slot slot) throws InterruptedException {
        while (slot.assistant == null && slot.fault == null) {
            if (!changed.await(10, TimeUnit.MINUTES)) {
                slot.fault = Failure.unavailable("the model could not be opened in time", Duration.ofSeconds(10));
            }
        }
        if (slot.assistant == null) {
            release(slot);
            throw java.util.Objects.requireNonNull(slot.fault);
        }
    }

    private void load(Slot slot) {
        @Nullable Assistant assistant = null;
        RuntimeException fault;
        try {
            assistant = Assistant.load(library.path(slot.entry.id()), options.run());
            return;
        } catch (RuntimeException e) {
            fault = e;
            throw e;
        } catch (IOException e) {
            fault = new UncheckedIOException(e);
            throw fault;
        } finally {
            lock.lock();
            try {
                slot.assistant = assistant;
                if (assistant == null) {
                    slot.fault = Failure.unavailable("the model could not be opened", Duration.ofSeconds(10));
                    slots.remove(slot.entry.id(), slot);
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Under the lock. */
    private void release(Slot slot) {
        slot.held--;
        slot.used = Instant.now();
        changed.signalAll();
    }

    /** Closes a model that nobody holds; says whether it is closed now. */
    public boolean unload(String id) {
        Slot leaving;
        lock.lock();
        try {
            Slot slot = slots.get(id);
            if (slot == null) {
                return true;
            }
            if (slot.held > 0 || slot.assistant == null) {
                return false;
            }
            leaving = slot;
            slots.remove(id);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        leaving.close();
        return true;
    }

    /** Closes all models, whoever holds them. */
    @Override
    public void close() {
        List<Slot> all;
        lock.lock();
        try {
            closed = true;
            all = List.copyOf(slots.values());
            slots.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        all.forEach(Slot::close);
    }
}
