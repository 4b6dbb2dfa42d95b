package dev.puna.server.wire;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * The fields that an object may have. Reading one checks all of it: what is given is read or refused, by its name, and a
 * field that is not declared is refused too.
 */
public final class Shape {
    private final Map<String, Field<?>> fields = new LinkedHashMap<>();
    private final boolean snake;

    private Shape(List<Field<?>> all, boolean snake) {
        this.snake = snake;
        for (Field<?> field : all) {
            if (fields.put(field.name(), field) != null) {
                throw new IllegalArgumentException("two fields are called " + field.name());
            }
        }
    }

    public static Shape of(Field<?>... fields) {
        return new Shape(List.of(fields), false);
    }

    /** This shape with more fields. */
    public Shape and(Field<?>... more) {
        List<Field<?>> all = new ArrayList<>(fields.values());
        all.addAll(List.of(more));
        return new Shape(all, snake);
    }

    /** This shape, which takes {@code likeThis} as {@code like_this} too. */
    public Shape inSnakeCaseToo() {
        return new Shape(fields(), true);
    }

    /** {@code like_this} as {@code likeThis}. */
    public static String camelCase(String name) {
        StringBuilder camel = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            boolean hump = name.charAt(i) == '_' && i > 0 && i + 1 < name.length();
            camel.append(hump ? Character.toUpperCase(name.charAt(++i)) : name.charAt(i));
        }
        return camel.toString();
    }

    public List<Field<?>> fields() {
        return List.copyOf(fields.values());
    }

    /** Reads a whole body. */
    public Values read(JsonNode body) {
        if (!body.isObject()) {
            throw Failure.of(Failure.Kind.INVALID, "the body must be a JSON object");
        }
        return read(body, "");
    }

    Values read(JsonNode object, String path) {
        if (!object.isObject()) {
            throw Failure.invalid(path, "must be an object");
        }
        Map<Field<?>, Object> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            Field<?> field = fields.get(snake ? camelCase(entry.getKey()) : entry.getKey());
            String name = join(path, entry.getKey());
            if (field == null) {
                throw Failure.invalid(
                        name.length() <= 200 ? name : name.substring(0, 200) + "…", "is not a field of this request");
            }
            if (!entry.getValue().isNull()) {
                Object read = field.kind().read(entry.getValue(), name);
                if (values.put(field, read) != null) {
                    throw Failure.invalid(name, "is given twice, in camel case and in snake case");
                }
            }
        }
        for (Field<?> field : fields.values()) {
            if (field.needed() && !values.containsKey(field)) {
                throw Failure.invalid(join(path, field.name()), "is missing");
            }
        }
        return new Values(path, object, values);
    }

    static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** The shape as JSON Schema. */
    public Map<String, Object> schema() {
        Map<String, Object> properties = new LinkedHashMap<>();
        fields.values().forEach(field -> {
            Map<String, Object> schema = new LinkedHashMap<>(field.kind().schema());
            if (!field.what().isEmpty()) {
                schema.put("description", field.what());
            }
            properties.put(field.name(), schema);
        });
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        List<String> needed =
                fields.values().stream().filter(Field::needed).map(Field::name).toList();
        if (!needed.isEmpty()) {
            schema.put("required", needed);
        }
        schema.put("additionalProperties", false);
        return schema;
    }
}
