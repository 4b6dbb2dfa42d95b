package dev.puna.server.gemini;

import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** JSON Schemas made of the subset of OpenAPI's that Google's declarations are written in. */
final class GoogleSchema {
    private static final Set<String> TYPES =
            new TreeSet<>(Set.of("string", "number", "integer", "boolean", "array", "object", "null"));
    private static final Set<String> COUNTS =
            Set.of("maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties");
    private static final Set<String> AS_THEY_ARE =
            Set.of("title", "description", "default", "example", "minimum", "maximum", "pattern", "required");

    private GoogleSchema() {}

    /** @param path where the schema stands in the request */
    static Map<String, Object> read(JsonNode node, String path) {
        if (!node.isObject()) {
            throw Failure.invalid(path, "must be an object");
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        List<String> order = List.of();
        boolean nullable = false;
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            String name = camel(entry.getKey());
            String at = path + "." + entry.getKey();
            JsonNode value = entry.getValue();
            if (value.isNull()) {
                continue;
            }
            if (COUNTS.contains(name)) {
                schema.put(name, count(value, at));
            } else if (AS_THEY_ARE.contains(name)) {
                put(
                        schema,
                        name.equals("example") ? "examples" : name,
                        name.equals("example") ? List.of(plain(value)) : plain(value));
            } else {
                switch (name) {
                    case "type" -> type(value, at, schema);
                    case "format" -> format(text(value, at), schema);
                    case "enum" -> schema.put("enum", new ArrayList<>(texts(value, at)));
                    case "nullable" -> nullable = value.booleanValue(false);
                    case "items" -> schema.put("items", read(value, at));
                    case "prefixItems", "anyOf" -> schema.put(name, schemas(value, at));
                    case "properties" -> schema.put("properties", properties(value, at));
                    case "propertyOrdering" -> order = texts(value, at);
                    case "additionalProperties" ->
                        schema.put(name, value.isBoolean() ? value.booleanValue() : read(value, at));
                    default -> throw Failure.invalid(at, "is not a field of a schema");
                }
            }
        }
        if (schema.get("properties") instanceof Map<?, ?> properties) {
            schema.put("properties", ordered(properties, order));
            if (!properties.isEmpty()) {
                schema.putIfAbsent("additionalProperties", false);
            }
        }
        return nullable ? orNull(schema) : schema;
    }

    private static void put(Map<String, Object> schema, String name, @Nullable Object value) {
        if (value != null) {
            schema.put(name, value);
        }
    }

    private static @Nullable Object plain(JsonNode node) {
        return Json.plain(node);
    }

    private static void type(JsonNode value, String path, Map<String, Object> schema) {
        String type = text(value, path).toLowerCase(Locale.ROOT);
        if (type.equals("type_unspecified")) {
            return;
        }
        if (!TYPES.contains(type)) {
            throw Failure.invalid(path, "must be one of " + TYPES + ", in upper or lower case");
        }
        schema.put("type", type);
    }

    /** What the formats of numbers and of enums add to the type. */
    private static void format(String format, Map<String, Object> schema) {
        switch (format) {
            case "enum", "float", "double" -> {}
            case "int32" -> range(schema, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case "int64" -> range(schema, Long.MIN_VALUE, Long.MAX_VALUE);
            default -> schema.put("format", format);
        }
    }

    private static void range(Map<String, Object> schema, long least, long most) {
        schema.putIfAbsent("minimum", least);
        schema.putIfAbsent("maximum", most);
    }

    private static long count(JsonNode value, String path) {
        try {
            return value.isString() ? Long.parseLong(value.stringValue()) : value.longValue();
        } catch (RuntimeException notANumber) {
            throw Failure.invalid(path, "must be a whole number");
        }
    }

    private static String text(JsonNode value, String path) {
        if (!value.isString()) {
            throw Failure.invalid(path, "must be a string");
        }
        return value.stringValue();
    }

    private static List<String> texts(JsonNode value, String path) {
        if (!value.isArray()) {
            throw Failure.invalid(path, "must be a list");
        }
        List<String> all = new ArrayList<>();
        for (JsonNode one : value) {
            all.add(text(one, path + "[" + all.size() + "]"));
        }
        return all;
    }

    private static List<Object> schemas(JsonNode value, String path) {
        if (!value.isArray()) {
            throw Failure.invalid(path, "must be a list");
        }
        List<Object> all = new ArrayList<>();
        for (JsonNode one : value) {
            all.add(read(one, path + "[" + all.size() + "]"));
        }
        return all;
    }

    private static Map<String, Object> properties(JsonNode value, String path) {
        if (!value.isObject()) {
            throw Failure.invalid(path, "must be an object");
        }
        Map<String, Object> all = new LinkedHashMap<>();
        value.properties().forEach(one -> all.put(one.getKey(), read(one.getValue(), path + "." + one.getKey())));
        return all;
    }

    private static Map<String, Object> orNull(Map<String, Object> schema) {
        if (!(schema.get("type") instanceof String type) || schema.containsKey("anyOf")) {
            return new LinkedHashMap<>(Map.of("anyOf", List.of(schema, Map.of("type", "null"))));
        }
        schema.put("type", List.of(type, "null"));
        if (schema.get("enum") instanceof List<?> values) {
            List<@Nullable Object> more = new ArrayList<>(values);
            more.add(null);
            schema.put("enum", more);
        }
        return schema;
    }

    private static Map<String, Object> ordered(Map<?, ?> properties, List<?> order) {
        Map<String, Object> all = new LinkedHashMap<>();
        for (Object name : order) {
            if (properties.get(name) != null) {
                all.put((String) name, Objects.requireNonNull(properties.get(name)));
            }
        }
        properties.forEach((name, schema) -> all.putIfAbsent((String) name, schema));
        return all;
    }

    /**
     * JSON Schema as Google reads it: {@code propertyOrdering} orders the properties, and {@code oneOf} means {@code
     * anyOf}.
     */
    static Object json(JsonNode node) {
        return json(Objects.requireNonNull(plain(node)));
    }

    private static Object json(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> schema = new LinkedHashMap<>();
            map.forEach((key, inner) -> {
                switch ((String) key) {
                    case "propertyOrdering" -> {}
                    case "oneOf" -> schema.put("anyOf", json(inner));
                    case "properties", "$defs", "definitions" -> {
                        Map<String, Object> named = new LinkedHashMap<>();
                        ((Map<?, ?>) inner).forEach((name, one) -> named.put((String) name, json(one)));
                        schema.put((String) key, named);
                    }
                    case "enum", "const", "default", "examples" -> schema.put((String) key, inner);
                    default -> schema.put((String) key, json(inner));
                }
            });
            if (map.get("propertyOrdering") instanceof List<?> order
                    && schema.get("properties") instanceof Map<?, ?> properties) {
                schema.put("properties", ordered(properties, order));
            }
            return schema;
        }
        return value instanceof List<?> list
                ? list.stream().map(GoogleSchema::json).toList()
                : value;
    }

    private static String camel(String name) {
        return name.indexOf('_') < 0 ? name : dev.puna.server.wire.Shape.camelCase(name);
    }
}
