package dev.puna.cli.net;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A web server on this machine whose misbehaviour a test chooses; it remembers what it was asked. */
public final class Loopback implements AutoCloseable {
    /** Patience for tests: what takes a minute in life takes a moment here. */
    public static final Limits IMPATIENT = new Limits(
            Duration.ofSeconds(2),
            Duration.ofSeconds(5),
            Duration.ofMillis(400),
            Duration.ofMillis(400),
            1000,
            Duration.ofSeconds(5),
            1 << 20,
            2,
            Duration.ofMillis(5));

    /** A question that came. */
    public record Asked(String path, Map<String, String> headers) {
        public Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
        }
    }

    /** What to do with a question. */
    @FunctionalInterface
    public interface Reply {
        void to(HttpExchange exchange) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();

    public Loopback() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.start();
    }

    /** The reply to questions for that path, or for paths below it. */
    public Loopback on(String path, Reply reply) {
        server.createContext(path, exchange -> {
            Map<String, String> headers = new LinkedHashMap<>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
            asked.add(new Asked(exchange.getRequestURI().toString(), headers));
            try (exchange) {
                reply.to(exchange);
            }
        });
        return this;
    }

    public List<Asked> asked() {
        return asked;
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    /** The same server by another name: for a client, another host. */
    public URI otherHost(String path) {
        return URI.create("http://localhost:" + server.getAddress().getPort() + path);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    public static Reply status(int status) {
        return exchange -> exchange.sendResponseHeaders(status, -1);
    }

    public static Reply redirect(URI target, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.getResponseHeaders().set("Location", target.toString());
            exchange.sendResponseHeaders(302, -1);
        };
    }

    public static Reply text(String type, String text) {
        return exchange -> {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        };
    }

    /** A file, with a tag, whole or from the middle, as good servers have it. */
    public static Reply file(byte[] body, String etag) {
        return exchange -> send(exchange, body, etag, body.length);
    }

    /** The same, but the connection breaks after so many bytes. */
    public static Reply breaking(byte[] body, String etag, int after) {
        return exchange -> send(exchange, body, etag, after);
    }

    /** A file, whole whatever was asked. */
    public static Reply whole(byte[] body) {
        return exchange -> {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        };
    }

    /** A file from the middle even where the condition says that it is another by now. */
    public static Reply heedless(byte[] body, String etag) {
        return exchange -> send(exchange, body, etag, body.length, null);
    }

    private static void send(HttpExchange exchange, byte[] body, String etag, int most) throws IOException {
        send(exchange, body, etag, most, exchange.getRequestHeaders().getFirst("If-Range"));
    }

    private static void send(HttpExchange exchange, byte[] body, String etag, int most, String condition)
            throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = 0;
        if (range != null && (condition == null || condition.equals(etag))) {
            from = Integer.parseInt(range.replaceAll("bytes=(\\d+)-.*", "$1"));
            if (from >= body.length) {
                exchange.getResponseHeaders().set("Content-Range", "bytes */" + body.length);
                exchange.sendResponseHeaders(416, -1);
                return;
            }
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (body.length - 1) + "/" + body.length);
        }
        if (etag != null) {
            exchange.getResponseHeaders().set("ETag", etag);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, body.length - from);
        int end = Math.min(body.length, from + most);
        OutputStream out = exchange.getResponseBody();
        out.write(body, from, end - from);
        out.flush();
        if (end < body.length) {
            // Long enough for the client to take what came before the connection breaks under it.
            rest(Duration.ofMillis(50));
            throw new IOException("broken on purpose");
        }
    }

    public static void rest(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Settings as a user would have them who has only these variables, and a home in that folder. */
    public static NetworkSettings settings(Map<String, String> variables, Path home) {
        return NetworkSettings.read(new Surroundings(variables, Optional.of(home), home.resolve("root")));
    }
}
