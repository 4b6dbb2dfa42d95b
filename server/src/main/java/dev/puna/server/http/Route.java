package dev.puna.server.http;

import dev.puna.server.wire.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What answers one method of one path.
 *
 * @param pattern a path whose segments may have one parameter each: {@code /v1/models/{model}:generateContent}
 * @param summary what it does, in a line, for the OpenAPI document
 * @param shape the fields of its JSON body; absent where it has none
 * @param queries the parameters that its query may have; any other is refused by its name
 * @param open whether it needs no key
 */
public record Route(
        String method,
        String pattern,
        Handler handler,
        String summary,
        Optional<Shape> shape,
        Set<String> queries,
        boolean open) {

    public static Route get(String pattern, String summary, Handler handler) {
        return new Route("GET", pattern, handler, summary, Optional.empty(), Set.of(), false);
    }

    public static Route delete(String pattern, String summary, Handler handler) {
        return new Route("DELETE", pattern, handler, summary, Optional.empty(), Set.of(), false);
    }

    public static Route post(String pattern, String summary, Handler handler) {
        return new Route("POST", pattern, handler, summary, Optional.empty(), Set.of(), false);
    }

    /** The same with a JSON body of this shape, which {@link Exchange#values()} reads. */
    public Route takes(Shape body) {
        return new Route(method, pattern, handler, summary, Optional.of(body), queries, open);
    }

    /** The same with parameters in its query. */
    public Route asks(String... names) {
        return new Route(method, pattern, handler, summary, shape, Set.of(names), open);
    }

    /** The same for another method. */
    public Route by(String other) {
        return new Route(other, pattern, handler, summary, shape, queries, open);
    }

    /** The same without a key; only for what tells nothing about anybody. */
    public Route withoutKey() {
        return new Route(method, pattern, handler, summary, shape, queries, true);
    }

    /** The parameters if the path is one of this pattern; each is at least one character. */
    Optional<Map<String, String>> match(String path) {
        String[] wanted = pattern.split("/", -1);
        String[] given = path.split("/", -1);
        if (wanted.length != given.length) {
            return Optional.empty();
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        for (int i = 0; i < wanted.length; i++) {
            int open = wanted[i].indexOf('{');
            if (open < 0) {
                if (!wanted[i].equals(given[i])) {
                    return Optional.empty();
                }
                continue;
            }
            int close = wanted[i].indexOf('}');
            String before = wanted[i].substring(0, open);
            String after = wanted[i].substring(close + 1);
            String all = given[i];
            if (all.length() <= before.length() + after.length() || !all.startsWith(before) || !all.endsWith(after)) {
                return Optional.empty();
            }
            String value = all.substring(before.length(), all.length() - after.length());
            parameters.put(wanted[i].substring(open + 1, close), Head.decoded(value.replace("+", "%2B")));
        }
        return Optional.of(parameters);
    }

    /** How exactly the pattern says a path: the more of it stands there literally, the better. */
    int literal() {
        return pattern.replaceAll("\\{[^}]*}", "").length();
    }
}
