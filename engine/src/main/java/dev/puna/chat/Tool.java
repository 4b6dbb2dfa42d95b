package dev.puna.chat;

import dev.puna.sample.BadRequest;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A function that the model may call.
 *
 * @param name letters, digits, {@code _ . -}; 1 to 64 of them
 * @param description what it does, for the model; empty where nothing is said
 * @param parameters a JSON Schema of its arguments, which are an object, as plain values; empty: it takes none
 * @param strict whether every call of it must keep to the schema, not only those that the caller demands
 */
public record Tool(String name, String description, Map<String, Object> parameters, boolean strict) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

    public Tool {
        if (!NAME.matcher(name).matches()) {
            throw new BadRequest("tools", "has a name that is not 1 to 64 letters, digits, '_', '.' and '-': " + name);
        }
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        Object type = parameters.getOrDefault("type", "object");
        if (!"object".equals(type)) {
            throw new BadRequest("tools", "declares parameters of " + name + " that are no object but " + type);
        }
    }

    public Tool(String name, String description, Map<String, Object> parameters) {
        this(name, description, parameters, false);
    }

    /** The schema of its arguments as templates and grammars want it: with a type and properties. */
    public Map<String, Object> schema() {
        var schema = new LinkedHashMap<>(parameters);
        if (!schema.containsKey("type")) {
            schema.putFirst("type", "object");
        }
        schema.putIfAbsent("properties", Map.of());
        return schema;
    }

    /** The declaration in the shape that chat templates read. */
    Map<String, Object> variable() {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", name);
        function.put("description", description);
        function.put("parameters", schema());
        Map<String, Object> tool = new LinkedHashMap<>();
        tool.put("type", "function");
        tool.put("function", function);
        return tool;
    }

    /** The one parameter of a tool that takes a single text, as Llama's built-in tools do. */
    Optional<String> onlyParameter() {
        return schema().get("properties") instanceof Map<?, ?> properties && properties.size() == 1
                ? Optional.of(String.valueOf(properties.keySet().iterator().next()))
                : Optional.empty();
    }
}
