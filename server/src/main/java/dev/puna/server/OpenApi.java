package dev.puna.server;

import dev.puna.server.http.Api;
import dev.puna.server.http.Route;
import dev.puna.server.wire.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The OpenAPI document, made of the same routes and shapes that read the requests. */
final class OpenApi {
    private static final Pattern PARAMETER = Pattern.compile("\\{([^}]*)}");

    private OpenApi() {}

    static Map<String, ?> document(List<Api> apis) {
        Map<String, Map<String, Object>> paths = new LinkedHashMap<>();
        for (Api api : apis) {
            for (Route route : api.routes()) {
                paths.computeIfAbsent(route.pattern(), _ -> new LinkedHashMap<>())
                        .merge(
                                route.method().toLowerCase(java.util.Locale.ROOT),
                                operation(api, route),
                                (one, other) -> shared((Map<?, ?>) one, (Map<?, ?>) other));
            }
        }
        return Json.map(
                "openapi",
                "3.1.0",
                "info",
                Json.map("title", "Puna", "version", "1", "license", Map.of("name", "Apache-2.0")),
                "paths",
                paths,
                "components",
                Map.of(
                        "securitySchemes",
                        Json.map(
                                "bearer",
                                Map.of("type", "http", "scheme", "bearer"),
                                "anthropic",
                                Map.of("type", "apiKey", "in", "header", "name", "x-api-key"),
                                "gemini",
                                Map.of("type", "apiKey", "in", "header", "name", "x-goog-api-key"))));
    }

    /** Several APIs may answer on one path; each has a tag, and parameters of its own. */
    private static Map<String, Object> shared(Map<?, ?> one, Map<?, ?> other) {
        Map<String, Object> both = new LinkedHashMap<>();
        one.forEach((name, value) -> both.put((String) name, value));
        for (String list : List.of("tags", "parameters")) {
            Set<Object> all = new LinkedHashSet<>();
            for (Map<?, ?> each : List.of(one, other)) {
                if (each.get(list) instanceof List<?> some) {
                    all.addAll(some);
                }
            }
            both.put(list, List.copyOf(all));
        }
        return both;
    }

    private static Map<String, ?> operation(Api api, Route route) {
        Map<String, Object> operation = new LinkedHashMap<>();
        operation.put("summary", route.summary());
        operation.put("tags", List.of(api.name()));
        List<Object> parameters = new ArrayList<>();
        Matcher names = PARAMETER.matcher(route.pattern());
        while (names.find()) {
            parameters.add(
                    Map.of("name", names.group(1), "in", "path", "required", true, "schema", Map.of("type", "string")));
        }
        new TreeSet<>(route.queries())
                .forEach(name ->
                        parameters.add(Map.of("name", name, "in", "query", "schema", Map.of("type", "string"))));
        if (!parameters.isEmpty()) {
            operation.put("parameters", parameters);
        }
        route.shape()
                .ifPresent(shape -> operation.put(
                        "requestBody",
                        Map.of(
                                "required",
                                true,
                                "content",
                                Map.of("application/json", Map.of("schema", shape.schema())))));
        operation.put(
                "responses",
                Map.of("200", Map.of("description", "Done"), "default", Map.of("description", "An error of this API")));
        operation.put(
                "security",
                route.open()
                        ? List.of()
                        : List.of(
                                Map.of("bearer", List.of()),
                                Map.of("anthropic", List.of()),
                                Map.of("gemini", List.of())));
        return operation;
    }
}
