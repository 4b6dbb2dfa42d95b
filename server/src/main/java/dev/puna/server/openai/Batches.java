package dev.puna.server.openai;

import static dev.puna.server.openai.BatchShapes.*;

import dev.puna.server.core.Faults;
import dev.puna.server.http.Account;
import dev.puna.server.http.Exchange;
import dev.puna.server.http.Route;
import dev.puna.server.store.StoredBatches;
import dev.puna.server.store.StoredFiles;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import java.io.ByteArrayOutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /v1/batches}: many requests in a file, answered when nobody else waits. Each line's result is kept as soon as it
 * is there, so a batch whose process dies goes on with the lines that are left.
 */
final class Batches implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Batches.class.getName());
    private static final int LINES = 50_000;
    private static final long FILE_BYTES = 200L << 20;
    private static final int TOGETHER = 8; // lines of one batch that are asked at a time
    private static final Duration WINDOW_TIME = Duration.ofHours(24);

    /** A batch while it runs. */
    private static final class Worker {
        final Set<BatchLine> asked = ConcurrentHashMap.newKeySet();
        volatile boolean stopped;

        void stop() {
            stopped = true;
            asked.forEach(BatchLine::stop);
        }
    }

    private record Line(int number, String id, JsonNode body) {}

    private final StoredBatches batches;
    private final StoredFiles files;
    private final Map<String, Route> endpoints;
    private final OpenAi api;
    private final Map<String, Worker> workers = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** @param endpoints the routes that lines may name, by their paths */
    Batches(StoredBatches batches, StoredFiles files, Map<String, Route> endpoints, OpenAi api) {
        this.batches = batches;
        this.files = files;
        this.endpoints = endpoints;
        this.api = api;
    }

    // What clients ask

    void create(Exchange exchange) {
        Values values = exchange.values();
        String account = exchange.account().name();
        StoredFiles.Stored file = files.find(account, values.need(INPUT_FILE))
                .orElseThrow(() -> Failure.invalid("input_file_id", "names no file"));
        if (!file.purpose().equals("batch")) {
            throw Failure.invalid("input_file_id", "names a file of purpose '" + file.purpose() + "', not 'batch'");
        }
        if (file.bytes() > FILE_BYTES) {
            throw Failure.invalid("input_file_id", "names a file of more than " + FILE_BYTES + " bytes");
        }
        long now = now();
        String id = "batch_" + exchange.id().substring(4);
        Map<String, @Nullable Object> json = Json.map(
                "id",
                id,
                "object",
                "batch",
                "endpoint",
                values.need(ENDPOINT),
                "errors",
                null,
                "input_file_id",
                file.id(),
                "completion_window",
                values.need(WINDOW),
                "status",
                "validating",
                "output_file_id",
                null,
                "error_file_id",
                null,
                "created_at",
                now,
                "in_progress_at",
                null,
                "expires_at",
                now + WINDOW_TIME.toSeconds(),
                "finalizing_at",
                null,
                "completed_at",
                null,
                "failed_at",
                null,
                "expired_at",
                null,
                "cancelling_at",
                null,
                "cancelled_at",
                null,
                "request_counts",
                Json.map("total", 0, "completed", 0, "failed", 0),
                "metadata",
                values.get(METADATA).orElse(null),
                "output_expires_after",
                values.has(EXPIRES) ? values.need(EXPIRES).json() : null);
        StoredBatches.Stored batch = new StoredBatches.Stored(id, account, "validating", Json.write(json));
        batches.add(batch, now);
        start(batch);
        exchange.json(json);
    }

    private StoredBatches.Stored find(Exchange exchange) {
        return batches.find(exchange.account().name(), exchange.parameter("batch"))
                .orElseThrow(() -> Failure.of(Failure.Kind.NOT_FOUND, "there is no batch of that id"));
    }

    void get(Exchange exchange) {
        exchange.json(shown(find(exchange)));
    }

    void list(Exchange exchange) {
        Page<StoredBatches.Stored> page =
                Page.of(exchange.head(), batches.all(exchange.account().name()), StoredBatches.Stored::id, true);
        exchange.json(page.json(this::shown));
    }

    void cancel(Exchange exchange) {
        StoredBatches.Stored batch = find(exchange);
        if (!Set.of("validating", "in_progress").contains(batch.status())) {
            throw Failure.of(Failure.Kind.CONFLICT, "the batch is " + batch.status() + " and cannot be cancelled");
        }
        StoredBatches.Stored changed = with(batch, "cancelling", Map.of("cancelling_at", now()));
        if (batches.change(changed, batch.status(), List.of())) {
            Worker worker = workers.get(batch.id());
            if (worker != null) {
                worker.stop();
            }
        }
        exchange.json(shown(find(exchange)));
    }

    /** The batch with its counts as they are now. */
    private ObjectNode shown(StoredBatches.Stored batch) {
        ObjectNode json = parsed(batch.batch());
        ObjectNode counts = (ObjectNode) json.get("request_counts");
        counts.put("completed", batches.count(batch.id(), false));
        counts.put("failed", batches.count(batch.id(), true));
        return json;
    }

    private static ObjectNode parsed(String json) {
        return (ObjectNode) Json.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    private static StoredBatches.Stored with(
            StoredBatches.Stored batch, String status, Map<String, ? extends @Nullable Object> changes) {
        ObjectNode json = parsed(batch.batch());
        json.put("status", status);
        changes.forEach((name, value) -> json.set(name, Json.node(value)));
        return new StoredBatches.Stored(batch.id(), batch.account(), status, Json.write(json));
    }

    private static long now() {
        return Instant.now().getEpochSecond();
    }

    // The work

    /** Goes on with what an earlier process left. */
    void resume() {
        batches.unfinished().forEach(this::start);
    }

    private void start(StoredBatches.Stored batch) {
        Worker worker = new Worker();
        workers.put(batch.id(), worker);
        Thread.ofVirtual().name(batch.id()).start(() -> {
            try {
                run(batch, worker);
            } catch (RuntimeException e) {
                if (!closed) {
                    LOG.log(Level.ERROR, batch.id() + " failed", e);
                    end(batch.id(), batch.account(), "failed", "failed_at", Optional.of("internal error"));
                }
            } finally {
                workers.remove(batch.id());
            }
        });
    }

    private StoredBatches.Stored current(StoredBatches.Stored batch) {
        return batches.find(batch.account(), batch.id()).orElseThrow();
    }

    private void run(StoredBatches.Stored batch, Worker worker) {
        ObjectNode json = parsed(batch.batch());
        Route route = endpoints.get(json.get("endpoint").stringValue());
        List<Line> lines;
        try {
            lines = lines(batch, json);
        } catch (Failure wrong) {
            end(batch.id(), batch.account(), "failed", "failed_at", Optional.of(wrong.message()));
            return;
        }
        if (batch.status().equals("validating")) {
            StoredBatches.Stored started = with(
                    batch,
                    "in_progress",
                    Map.of(
                            "in_progress_at",
                            now(),
                            "request_counts",
                            Json.map("total", lines.size(), "completed", 0, "failed", 0)));
            boolean _ = batches.change(started, "validating", List.of());
        }
        long expires = json.get("expires_at").longValue();
        boolean expired = ask(batch, java.util.Objects.requireNonNull(route), lines, worker, expires);
        if (closed) {
            return; // the next process goes on
        }
        if (current(batch).status().equals("cancelling")) {
            end(batch.id(), batch.account(), "cancelled", "cancelled_at", Optional.empty());
        } else if (expired) {
            end(batch.id(), batch.account(), "expired", "expired_at", Optional.empty());
        } else {
            end(batch.id(), batch.account(), "completed", "completed_at", Optional.empty());
        }
    }

    /** The lines of the batch's file, all of them checked. */
    private List<Line> lines(StoredBatches.Stored batch, ObjectNode json) {
        String file = json.get("input_file_id").stringValue();
        if (files.find(batch.account(), file).isEmpty()) {
            throw Failure.invalid("input_file_id", "names a file that is gone");
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        files.copy(file, bytes);
        List<Line> lines = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        int number = 0;
        for (String text : bytes.toString(StandardCharsets.UTF_8).split("\n")) {
            number++;
            if (text.isBlank()) {
                continue;
            }
            try {
                Values line = LINE.read(Json.parse(text.getBytes(StandardCharsets.UTF_8)));
                if (!line.need(URL).equals(json.get("endpoint").stringValue())) {
                    throw Failure.invalid("url", "is not the batch's endpoint");
                }
                if (!ids.add(line.need(CUSTOM_ID))) {
                    throw Failure.invalid("custom_id", "is another line's too");
                }
                lines.add(new Line(number, line.need(CUSTOM_ID), line.need(BODY)));
            } catch (Failure wrong) {
                throw Failure.of(Failure.Kind.INVALID, "line " + number + ": " + wrong.message());
            }
            if (lines.size() > LINES) {
                throw Failure.of(Failure.Kind.INVALID, "a batch has at most " + LINES + " lines");
            }
        }
        if (lines.isEmpty()) {
            throw Failure.of(Failure.Kind.INVALID, "the file has no lines");
        }
        return lines;
    }

    /** Asks what is left, some lines at a time; says whether time ran out. */
    private boolean ask(StoredBatches.Stored batch, Route route, List<Line> lines, Worker worker, long expires) {
        Set<Integer> done = batches.done(batch.id());
        Semaphore places = new Semaphore(TOGETHER);
        List<Thread> threads = new ArrayList<>();
        AtomicReference<RuntimeException> fault = new AtomicReference<>();
        boolean expired = false;
        for (Line line : lines) {
            if (done.contains(line.number())) {
                continue;
            }
            places.acquireUninterruptibly();
            expired = now() >= expires;
            if (expired || worker.stopped || closed || current(batch).status().equals("cancelling")) {
                places.release();
                break;
            }
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    answer(batch, route, line, worker);
                } catch (RuntimeException thrown) {
                    fault.compareAndSet(null, thrown);
                    worker.stop();
                } finally {
                    places.release();
                }
            }));
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                worker.stop();
            }
        }
        RuntimeException thrown = fault.get();
        if (thrown != null) {
            throw thrown;
        }
        return expired;
    }

    private void answer(StoredBatches.Stored batch, Route route, Line line, Worker worker) {
        byte[] random = new byte[12];
        ThreadLocalRandom.current().nextBytes(random);
        String id = "req_" + HexFormat.of().formatHex(random);
        for (int attempt = 0; ; attempt++) {
            BatchLine asked = new BatchLine(
                    id, new Account(batch.account()), route.shape().orElseThrow(), line.body());
            worker.asked.add(asked);
            if (worker.stopped || closed) {
                asked.stop();
            }
            int status;
            JsonNode body;
            try {
                route.handler().handle(asked);
                status = asked.status();
                body = Json.parse(asked.response());
            } catch (Exception thrown) {
                Failure failure = Faults.explain(thrown, route);
                boolean later = failure.kind() == Failure.Kind.OVERLOADED || failure.kind() == Failure.Kind.UNAVAILABLE;
                if (later && !asked.gone()) {
                    pause(Math.min(30_000, 500L << Math.min(attempt, 6)));
                    continue;
                }
                if (failure.kind() == Failure.Kind.INTERNAL) {
                    LOG.log(Level.ERROR, id + " of " + batch.id() + " failed", failure.getCause());
                }
                status = failure.status();
                body = Json.node(api.error(failure, id));
            } finally {
                worker.asked.remove(asked);
            }
            if (!asked.gone()) { // what was stopped half way has no result
                Map<String, @Nullable Object> result = Json.map(
                        "id",
                        "batch_" + id,
                        "custom_id",
                        line.id(),
                        "response",
                        Json.map("status_code", status, "request_id", id, "body", body),
                        "error",
                        null);
                batches.add(batch.id(), new StoredBatches.Line(line.number(), status >= 400, Json.write(result)));
            }
            return;
        }
    }

    private void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends a batch: its status and the files of its results come together or not at all. */
    private void end(String id, String account, String status, String when, Optional<String> error) {
        StoredBatches.Stored batch = batches.find(account, id).orElseThrow();
        ObjectNode json = parsed(batch.batch());
        long now = now();
        OptionalLong expires = json.path("output_expires_after").has("seconds")
                ? OptionalLong.of(
                        now + json.get("output_expires_after").get("seconds").longValue())
                : OptionalLong.empty();
        List<StoredBatches.Made> made = new ArrayList<>();
        Map<String, @Nullable Object> changes = new LinkedHashMap<>();
        for (boolean failed : List.of(false, true)) {
            List<String> results = batches.results(id, failed);
            if (!results.isEmpty()) {
                byte[] bytes = (String.join("\n", results) + "\n").getBytes(StandardCharsets.UTF_8);
                String name = id + (failed ? "_error.jsonl" : "_output.jsonl");
                String file = "file-" + id.substring(6) + (failed ? "e" : "o");
                String sha256 = HexFormat.of().formatHex(FilesApi.sha256().digest(bytes));
                made.add(new StoredBatches.Made(
                        new StoredFiles.Stored(file, now, name, "batch_output", bytes.length, sha256, expires), bytes));
                changes.put(failed ? "error_file_id" : "output_file_id", file);
            }
        }
        changes.put(when, now);
        changes.put("finalizing_at", now);
        error.ifPresent(message -> changes.put(
                "errors",
                Json.map(
                        "object",
                        "list",
                        "data",
                        List.of(Json.map("code", "invalid_batch", "message", message, "param", null, "line", null)))));
        boolean _ = batches.change(with(batch, status, changes), batch.status(), made);
    }

    /** Stops the work; the next process goes on with it. */
    @Override
    public void close() {
        closed = true;
        workers.values().forEach(Worker::stop);
    }
}
