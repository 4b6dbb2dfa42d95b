package dev.puna.server.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The first lines of a request. */
public final class Head {
    private final HttpServerRequest request;
    private final String path;
    private final String query;

    Head(HttpServerRequest request) {
        this.request = request;
        String target = request.uri();
        if (target.startsWith("http://") || target.startsWith("https://")) { // the absolute form, as for a proxy
            int slash = target.indexOf('/', target.indexOf("//") + 2);
            target = slash < 0 ? "/" : target.substring(slash);
        }
        int mark = target.indexOf('?');
        path = mark < 0 ? target : target.substring(0, mark);
        query = mark < 0 ? "" : target.substring(mark + 1);
    }

    public String method() {
        return request.method().name();
    }

    /** The path as it was sent: nothing is decoded, merged or resolved. Both routes and keys go by it. */
    public String path() {
        return path;
    }

    public Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeader(name));
    }

    MultiMap headers() {
        return request.headers();
    }

    /** A parameter of the query, decoded; the first, if there are several of that name. */
    public Optional<String> query(String name) {
        for (String part : query.split("&")) {
            int is = part.indexOf('=');
            if ((is < 0 ? part : part.substring(0, is)).equals(name)) {
                return Optional.of(decoded(is < 0 ? "" : part.substring(is + 1)));
            }
        }
        return Optional.empty();
    }

    /** The names of the parameters of the query, in their order. */
    List<String> queries() {
        return query.isEmpty()
                ? List.of()
                : Stream.of(query.split("&"))
                        .filter(part -> !part.isEmpty())
                        .map(part -> part.indexOf('=') < 0 ? part : part.substring(0, part.indexOf('=')))
                        .toList();
    }

    static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text;
        }
    }

    /** The key, wherever one of the APIs puts it. */
    Optional<String> key() {
        return header("Authorization")
                .filter(value -> value.regionMatches(true, 0, "Bearer ", 0, 7))
                .map(value -> value.substring(7).strip())
                .or(() -> header("x-api-key"))
                .or(() -> header("x-goog-api-key"))
                .or(() -> query("key"))
                .filter(key -> !key.isEmpty());
    }
}
