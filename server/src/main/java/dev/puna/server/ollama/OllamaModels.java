package dev.puna.server.ollama;

import dev.puna.server.core.Library;
import dev.puna.server.core.Models;
import dev.puna.server.http.EventStream;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** Lists, shows, fetches and removes models. */
final class OllamaModels {
    private static final Instant FAR = Instant.parse("2999-12-31T00:00:00Z"); // when what nobody limits is closed

    private record Version(String id, long bytes, Instant modified) {}

    private final Models models;
    private final KeepAlives keepAlives;
    private final ConcurrentMap<Version, ModelCard> cards = new ConcurrentHashMap<>();

    OllamaModels(Models models, KeepAlives keepAlives) {
        this.models = models;
        this.keepAlives = keepAlives;
    }

    /** Ollama calls a model by name and tag, and its clients add the tag {@code latest} where there is none. */
    static String known(Models models, String name) {
        String bare = name.endsWith(":latest") ? name.substring(0, name.length() - ":latest".length()) : name;
        boolean whole = bare.equals(name)
                || models.entries().stream().anyMatch(entry -> entry.id().equals(name));
        return whole ? name : bare;
    }

    static String now() {
        return Instant.now().truncatedTo(ChronoUnit.MICROS).toString();
    }

    private Library.Entry entry(String name) {
        return models.entry(known(models, name));
    }

    private ModelCard card(Library.Entry entry) {
        return cards.computeIfAbsent(new Version(entry.id(), entry.bytes(), entry.modified()), _ -> {
            try {
                return ModelCard.of(models.library().path(entry.id()));
            } catch (IOException e) {
                throw Failure.internal(e);
            }
        });
    }

    void tags(Exchange exchange) {
        List<Object> all = new ArrayList<>();
        for (Library.Entry entry : models.entries()) {
            Map<String, @Nullable Object> json = json(entry);
            json.put("modified_at", entry.modified().toString());
            all.add(json);
        }
        exchange.json(Json.map("models", all));
    }

    private Map<String, @Nullable Object> json(Library.Entry entry) {
        return Json.map(
                "name",
                entry.id(),
                "model",
                entry.id(),
                "size",
                entry.bytes(),
                "digest",
                entry.sha256().orElseGet(() -> fingerprint(entry)),
                "details",
                card(entry).details(entry.base().orElse("")));
    }

    /** Where nobody has hashed the file: a hash of its name, its size and its time, which changes when it does. */
    private static String fingerprint(Library.Entry entry) {
        String text = entry.id() + "\n" + entry.bytes() + "\n" + entry.modified();
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException impossible) { // every JDK has it
            throw new IllegalStateException(impossible);
        }
    }

    void running(Exchange exchange) {
        List<Object> all = new ArrayList<>();
        for (Models.Open open : models.open()) {
            Map<String, @Nullable Object> json = json(open.entry());
            json.put(
                    "expires_at",
                    keepAlives.until(open.entry().id()).orElse(FAR).toString());
            json.put("size_vram", 0);
            json.put("context_length", open.assistant().context());
            all.add(json);
        }
        exchange.json(Json.map("models", all));
    }

    void show(Exchange exchange) {
        Values body = exchange.values();
        Library.Entry entry = entry(OllamaShapes.model(body));
        ModelCard card = card(entry);
        Map<String, @Nullable Object> json = card.shown(entry, body.get(OllamaShapes.VERBOSE, false));
        entry.licence().ifPresent(licence -> json.putIfAbsent("license", licence));
        json.put("modified_at", entry.modified().toString());
        exchange.json(json);
    }

    void pull(Exchange exchange) {
        Values body = exchange.values();
        String name = OllamaShapes.model(body);
        if (!body.get(OllamaShapes.STREAM, true)) {
            models.library().pull(name, (_, _, _) -> {});
            exchange.json(Json.map("status", "success"));
            return;
        }
        EventStream[] out = new EventStream[1]; // begun by the first news: what fails before is an error of its own
        models.library().pull(name, (what, done, total) -> {
            if (out[0] == null) {
                out[0] = exchange.stream("application/x-ndjson", "");
            }
            Map<String, @Nullable Object> line = Json.map("status", what);
            if (total > 0) {
                line.put("total", total);
                line.put("completed", done);
            }
            out[0].write(Json.write(line) + "\n");
        });
        if (out[0] == null) {
            out[0] = exchange.stream("application/x-ndjson", "");
        }
        out[0].write(Json.write(Json.map("status", "success")) + "\n");
    }

    void delete(Exchange exchange) {
        String id = entry(OllamaShapes.model(exchange.values())).id();
        if (!models.unload(id)) {
            throw Failure.of(Failure.Kind.CONFLICT, "the model is in use");
        }
        models.library().delete(id);
        exchange.bytes(200, "application/json", new byte[0]);
    }

    void copy(Exchange exchange) {
        Values body = exchange.values();
        models.library().copy(entry(body.need(OllamaShapes.FROM)).id(), body.need(OllamaShapes.TO));
        exchange.bytes(200, "application/json", new byte[0]);
    }
}
