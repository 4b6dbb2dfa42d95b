package dev.puna.server.wire;

import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What a request's object holds, read and checked by its {@link Shape}. */
public final class Values {
    private final String path;
    private final JsonNode json;
    private final Map<Field<?>, Object> values;

    Values(String path, JsonNode json, Map<Field<?>, Object> values) {
        this.path = path;
        this.json = json;
        this.values = values;
    }

    /** The object as it came. */
    public JsonNode json() {
        return json;
    }

    /** What the field holds; absent where it is not given. */
    @SuppressWarnings("unchecked") // the shape has put what the field's kind has read
    public <T> Optional<T> get(Field<T> field) {
        return Optional.ofNullable((T) values.get(field));
    }

    /** What the field holds, or this. */
    public <T> T get(Field<T> field, T otherwise) {
        return get(field).orElse(otherwise);
    }

    /** What a needed field holds. */
    public <T> T need(Field<T> field) {
        return get(field).orElseThrow(() -> Failure.invalid(path(field), "is missing"));
    }

    public boolean has(Field<?> field) {
        return values.containsKey(field);
    }

    /** Where the field stands in the request. */
    public String path(Field<?> field) {
        return Shape.join(path, field.name());
    }

    /** Where the object itself stands in the request; empty for the body. */
    public String path() {
        return path;
    }
}
