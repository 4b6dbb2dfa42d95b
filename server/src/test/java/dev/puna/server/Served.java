package dev.puna.server;

import dev.puna.server.core.Library;
import dev.puna.server.http.Limits;
import dev.puna.server.wire.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A server on a free port, and a client for it. */
public final class Served implements AutoCloseable {
    public final PunaServer server;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public Served(PunaServer.Options options, Path... models) {
        this(options, Library.of(models));
    }

    public Served(PunaServer.Options options, Library library) {
        try {
            server = PunaServer.start(library, options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Served(Path... models) {
        this(PunaServer.Options.DEFAULT, models);
    }

    /** Options for models of a small context, so that it is soon full. */
    public static PunaServer.Options small(int context, int users, int queue) {
        PunaServer.Options usual = PunaServer.Options.DEFAULT;
        return new PunaServer.Options(
                usual.http(),
                new dev.puna.server.core.Models.Options(
                        new dev.puna.chat.Assistant.Options(
                                java.util.Optional.empty(),
                                java.util.OptionalInt.empty(),
                                java.util.OptionalInt.of(context),
                                dev.puna.tensor.DType.F32,
                                users,
                                queue),
                        4,
                        java.time.Duration.ofSeconds(30)),
                java.util.Optional.empty());
    }

    /** The usual limits but for some, by their names: name, value, name, value. */
    public static Limits limits(Object... changed) {
        RecordComponent[] all = Limits.class.getRecordComponents();
        List<String> names = Stream.of(all).map(RecordComponent::getName).toList();
        try {
            Object[] values = new Object[all.length];
            for (int i = 0; i < all.length; i++) {
                values[i] = all[i].getAccessor().invoke(Limits.DEFAULT);
            }
            for (int i = 0; i < changed.length; i += 2) {
                values[names.indexOf(changed[i])] = changed[i + 1];
            }
            return (Limits) Limits.class.getConstructors()[0].newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** A response. */
    public record Said(int status, String body, HttpResponse<?> response) {
        public JsonNode json() {
            return Json.parse(body.getBytes(StandardCharsets.UTF_8));
        }

        public String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        /** The data of its events, in order. */
        public List<String> events() {
            return Stream.of(body.split("\n"))
                    .filter(line -> line.startsWith("data: "))
                    .map(line -> line.substring(6))
                    .toList();
        }
    }

    public Said get(String path, String... headers) {
        return send("GET", path, null, headers);
    }

    public Said post(String path, String body, String... headers) {
        return send("POST", path, body, headers);
    }

    public Said send(String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.uri() + path));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        request.method(
                method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        try {
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Said(response.statusCode(), response.body(), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Stores a file. */
    public Said upload(String purpose, String content, String... headers) {
        String body = "--xyz\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n" + purpose
                + "\r\n--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n" + content + "\r\n--xyz--\r\n";
        Stream<String> type = Stream.of("Content-Type", "multipart/form-data; boundary=xyz");
        return post("/v1/files", body, Stream.concat(type, Stream.of(headers)).toArray(String[]::new));
    }

    /** Begins a batch of these lines; the answer is its path. */
    public String batch(String endpoint, String lines) {
        String file = upload("batch", lines).json().get("id").stringValue();
        Said begun = post(
                "/v1/batches",
                "{\"input_file_id\": \"" + file + "\", \"endpoint\": \"" + endpoint
                        + "\", \"completion_window\": \"24h\"}");
        return "/v1/batches/" + begun.json().get("id").stringValue();
    }

    /** Waits until a batch is over. */
    public JsonNode over(String batch) throws InterruptedException {
        JsonNode now = get(batch).json();
        while (Set.of("validating", "in_progress").contains(now.get("status").stringValue())) {
            Thread.sleep(5);
            now = get(batch).json();
        }
        return now;
    }

    @Override
    public void close() {
        server.close();
        client.close();
    }
}
