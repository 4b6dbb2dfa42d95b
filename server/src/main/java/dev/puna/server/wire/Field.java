package dev.puna.server.wire;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A field of a request, by its name on the wire. JSON's null counts as not given.
 *
 * @param kind what it may hold
 * @param needed whether a request without it is refused
 * @param what it means, for the OpenAPI document
 */
public record Field<T>(String name, Kind<T> kind, boolean needed, String what) {

    /** A field that may be left out. */
    public static <T> Field<T> of(String name, Kind<T> kind, String what) {
        return new Field<>(name, kind, false, what);
    }

    /** A field that every request has. */
    public static <T> Field<T> needed(String name, Kind<T> kind, String what) {
        return new Field<>(name, kind, true, what);
    }

    /** A field that the API knows and that cannot be served: given at all, it is refused with the reason. */
    public static Field<JsonNode> refused(String name, String why) {
        return only(name, why);
    }

    /** A field of which only these values mean what Puna does anyway; any other is refused with the reason. */
    public static Field<JsonNode> only(String name, String why, Object... values) {
        List<JsonNode> allowed = List.of(values).stream().map(Json::node).toList();
        return of(
                name,
                new Kind<>() {
                    @Override
                    public JsonNode read(JsonNode node, String path) {
                        if (!allowed.contains(node)) {
                            throw Failure.invalid(
                                    path,
                                    (allowed.isEmpty() ? "is not supported: " : "takes only " + list() + " here: ")
                                            + why);
                        }
                        return node;
                    }

                    private String list() {
                        return String.join(
                                " or ", allowed.stream().map(JsonNode::toString).toList());
                    }

                    @Override
                    public boolean fits(JsonNode node) {
                        return true;
                    }

                    @Override
                    public Map<String, Object> schema() {
                        return allowed.isEmpty() ? Map.of("not", Map.of()) : Map.of("enum", allowed);
                    }
                },
                (allowed.isEmpty() ? "Not supported: " : "Only as listed: ") + why);
    }
}
