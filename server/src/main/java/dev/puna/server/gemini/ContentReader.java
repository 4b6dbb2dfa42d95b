package dev.puna.server.gemini;

import dev.puna.chat.Assistant;
import dev.puna.chat.Tool;
import dev.puna.chat.Tools;
import dev.puna.sample.Constraint;
import dev.puna.server.core.Forms;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Field;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import dev.puna.text.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Makes messages and tools, as the model's template knows them, of Gemini's contents and declarations. */
final class ContentReader {
    private static final Object ANY_JSON = Map.of("anyOf", List.of(Map.of("type", "object"), Map.of("type", "array")));

    private final List<Message> messages = new ArrayList<>();
    private final Map<String, Deque<String>> open = new HashMap<>(); // ids of calls without a result, by name
    private int calls;

    private ContentReader() {}

    /** The talk: the system's words first. */
    static List<Message> messages(Values body) {
        var reader = new ContentReader();
        body.get(GeminiShapes.SYSTEM).ifPresent(system -> reader.add(Message.system(text(system))));
        List<Values> contents = body.get(GeminiShapes.CONTENTS_FIELD, List.of());
        if (contents.isEmpty()) {
            throw Failure.invalid("contents", "is missing or empty");
        }
        contents.forEach(reader::content);
        Values last = contents.getLast();
        if (last.get(GeminiShapes.ROLE, "user").equals("model")) {
            throw Failure.invalid(
                    last.path(GeminiShapes.ROLE), "of the last content must be user: answers are not prefilled");
        }
        return reader.messages;
    }

    /** The text of a content that holds nothing else. */
    static String text(Values content) {
        var all = new StringBuilder();
        for (Values part : content.get(GeminiShapes.PARTS_FIELD, List.of())) {
            for (var field : List.of(GeminiShapes.FUNCTION_CALL, GeminiShapes.FUNCTION_RESPONSE)) {
                if (part.has(field)) {
                    throw Failure.invalid(part.path(field), "does not belong here: this must be a text");
                }
            }
            all.append(said(part));
        }
        return all.toString();
    }

    /** What a part says in words. */
    private static String said(Values part) {
        Optional<Values> inline = part.get(GeminiShapes.INLINE_DATA);
        if (inline.isEmpty()) {
            return part.get(GeminiShapes.TEXT, "");
        }
        Values data = inline.get();
        String type = data.need(GeminiShapes.MIME_TYPE);
        if (!type.startsWith("text/")) {
            throw Failure.invalid(data.path(GeminiShapes.MIME_TYPE), "must be text/*: this model reads text only");
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(data.need(GeminiShapes.DATA));
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException bad) {
            throw Failure.invalid(data.path(GeminiShapes.DATA), "is not base64");
        }
    }

    private void content(Values content) {
        List<Values> parts = content.get(GeminiShapes.PARTS_FIELD, List.of());
        String role = switch (content.get(GeminiShapes.ROLE, "user")) {
            case "model" -> "assistant";
            case "system" -> "system";
            default -> "user";
        };
        var text = new StringBuilder();
        var thoughts = new StringBuilder();
        List<Message.ToolCall> made = new ArrayList<>();
        for (Values part : parts) {
            one(part);
            part.get(GeminiShapes.FUNCTION_CALL).ifPresent(call -> {
                allow(call.path(), role, "assistant");
                made.add(call(call));
            });
            Optional<Values> result = part.get(GeminiShapes.FUNCTION_RESPONSE);
            if (result.isPresent()) {
                allow(result.get().path(), role, "user");
                flush(role, text, thoughts, made);
                messages.add(result(result.get()));
            }
            (part.get(GeminiShapes.THOUGHT, false) ? thoughts : text).append(said(part));
        }
        flush(role, text, thoughts, made);
    }

    private static void one(Values part) {
        long given = List.of(
                        GeminiShapes.TEXT,
                        GeminiShapes.FUNCTION_CALL,
                        GeminiShapes.FUNCTION_RESPONSE,
                        GeminiShapes.INLINE_DATA)
                .stream()
                .filter(part::has)
                .count();
        if (given != 1) {
            throw Failure.invalid(part.path(), "must hold one of text, functionCall, functionResponse and inlineData");
        }
    }

    private static void allow(String path, String role, String only) {
        if (!role.equals(only)) {
            throw Failure.invalid(path, "does not belong into a content of this role");
        }
    }

    private void flush(String role, StringBuilder text, StringBuilder thoughts, List<Message.ToolCall> made) {
        if (!text.isEmpty() || !made.isEmpty()) {
            add(new Message(
                    role,
                    text.toString(),
                    List.copyOf(made),
                    null,
                    null,
                    thoughts.isEmpty() ? null : thoughts.toString()));
        }
        text.setLength(0);
        thoughts.setLength(0);
        made.clear();
    }

    /** Google's clients keep each piece of a streamed answer as a content of its own: those in a row are one message. */
    private void add(Message message) {
        if (messages.isEmpty() || !messages.getLast().role().equals(message.role())) {
            messages.add(message);
            return;
        }
        Message before = messages.removeLast();
        String between = message.role().equals("assistant") ? "" : "\n";
        List<Message.ToolCall> all = new ArrayList<>(before.toolCalls());
        all.addAll(message.toolCalls());
        messages.add(new Message(
                message.role(),
                before.content() + between + message.content(),
                all,
                null,
                null,
                before.reasoning() == null ? message.reasoning() : before.reasoning()));
    }

    private Message.ToolCall call(Values call) {
        String name = call.need(GeminiShapes.NAME);
        String id = call.get(GeminiShapes.CALL_ID, "call_" + calls++);
        open.computeIfAbsent(name, _ -> new ArrayDeque<>()).add(id);
        return new Message.ToolCall(
                id, name, call.get(GeminiShapes.ARGS).map(ContentReader::object).orElse(Map.of()));
    }

    /** Results without an id are those of the function's calls in their order. */
    private Message result(Values result) {
        String name = result.need(GeminiShapes.NAME);
        Deque<String> waiting = open.getOrDefault(name, new ArrayDeque<>());
        Optional<String> given = result.get(GeminiShapes.CALL_ID);
        String id;
        if (given.isPresent()) {
            id = given.get();
            if (!waiting.remove(id)) {
                throw Failure.invalid(result.path(GeminiShapes.CALL_ID), "is the id of no open call of " + name);
            }
        } else if (waiting.isEmpty()) {
            throw Failure.invalid(result.path(GeminiShapes.NAME), "names a function that has no open call");
        } else {
            id = waiting.remove();
        }
        return Message.tool(id, name, outcome(object(result.need(GeminiShapes.RESPONSE))));
    }

    private static String outcome(Map<String, Object> response) {
        if (response.keySet().equals(Set.of("output")) || response.keySet().equals(Set.of("result"))) {
            return plain(response.values().iterator().next());
        }
        if (response.keySet().equals(Set.of("error"))) {
            return "Error: " + plain(response.get("error"));
        }
        return Json.write(response);
    }

    private static String plain(@Nullable Object value) {
        return value instanceof String text ? text : Json.write(value);
    }

    @SuppressWarnings("unchecked") // an object is a map
    static Map<String, Object> object(JsonNode node) {
        return (Map<String, Object>) Objects.requireNonNull(Json.plain(node));
    }

    // ---- tools

    static Tools tools(Values body) {
        List<Tool> declared = new ArrayList<>();
        Optional<Values> calling =
                body.get(GeminiShapes.TOOL_CONFIG).flatMap(config -> config.get(GeminiShapes.CALLING));
        String mode = calling.flatMap(given -> given.get(GeminiShapes.MODE)).orElse("AUTO");
        List<String> allowed =
                calling.flatMap(given -> given.get(GeminiShapes.ALLOWED)).orElse(List.of());
        if (!allowed.isEmpty() && !mode.equals("ANY") && !mode.equals("VALIDATED")) {
            throw Failure.invalid(
                    calling.orElseThrow().path(GeminiShapes.ALLOWED), "goes with the modes ANY and VALIDATED");
        }
        boolean strict = mode.equals("VALIDATED");
        for (Values tool : body.get(GeminiShapes.TOOLS_FIELD, List.of())) {
            for (Values function : tool.get(GeminiShapes.FUNCTION_DECLARATIONS, List.of())) {
                // A validated call is of an allowed function, or there is none: the model sees no others.
                if (!strict || allowed.isEmpty() || allowed.contains(function.need(GeminiShapes.NAME))) {
                    declared.add(tool(function, strict));
                }
            }
        }
        Tools.Choice choice = switch (mode) {
            case "ANY" -> allowed.isEmpty() ? new Tools.Choice.Required() : new Tools.Choice.Named(Set.copyOf(allowed));
            case "NONE" -> new Tools.Choice.None();
            default -> new Tools.Choice.Auto();
        };
        return new Tools(declared, choice, true);
    }

    private static Tool tool(Values function, boolean strict) {
        if (function.has(GeminiShapes.PARAMETERS) && function.has(GeminiShapes.PARAMETERS_JSON)) {
            throw Failure.invalid(
                    function.path(GeminiShapes.PARAMETERS_JSON), "cannot be given together with parameters");
        }
        Map<String, Object> parameters = function.get(GeminiShapes.PARAMETERS)
                .map(schema -> GoogleSchema.read(schema, function.path(GeminiShapes.PARAMETERS)))
                .or(() -> function.get(GeminiShapes.PARAMETERS_JSON).map(ContentReader::jsonObject))
                .orElse(Map.of());
        var description = new StringBuilder(function.get(GeminiShapes.DESCRIPTION, ""));
        function.get(GeminiShapes.RETURNS)
                .<Object>map(schema -> GoogleSchema.read(schema, function.path(GeminiShapes.RETURNS)))
                .or(() -> function.get(GeminiShapes.RETURNS_JSON).map(GoogleSchema::json))
                .ifPresent(returns -> description
                        .append(description.isEmpty() ? "" : "\n")
                        .append("Returns: ")
                        .append(Json.write(returns)));
        return new Tool(function.need(GeminiShapes.NAME), description.toString(), parameters, strict);
    }

    @SuppressWarnings("unchecked") // an object is a map
    private static Map<String, Object> jsonObject(JsonNode node) {
        return (Map<String, Object>) GoogleSchema.json(node);
    }

    /** What the answer must look like. */
    static Optional<Constraint> form(Values config, Assistant model) {
        String type = config.get(GeminiShapes.RESPONSE_MIME_TYPE, "text/plain");
        Optional<JsonNode> google = config.get(GeminiShapes.RESPONSE_SCHEMA);
        Optional<JsonNode> json = config.get(GeminiShapes.RESPONSE_JSON_SCHEMA);
        Field<JsonNode> field = google.isPresent() ? GeminiShapes.RESPONSE_SCHEMA : GeminiShapes.RESPONSE_JSON_SCHEMA;
        String path = config.path(field);
        if (google.isPresent() && json.isPresent()) {
            throw Failure.invalid(path, "cannot be given together with responseJsonSchema");
        }
        Optional<Object> schema =
                google.<Object>map(given -> GoogleSchema.read(given, path)).or(() -> json.map(GoogleSchema::json));
        if (type.equals("text/plain")) {
            if (schema.isPresent()) {
                throw Failure.invalid(path, "needs the responseMimeType application/json or text/x.enum");
            }
            return Optional.empty();
        }
        if (type.equals("application/json")) {
            return Optional.of(Forms.schema(model, schema.orElse(ANY_JSON), path));
        }
        if (schema.isPresent()
                && schema.get() instanceof Map<?, ?> map
                && map.get("enum") instanceof List<?> values
                && !values.isEmpty()
                && values.stream().allMatch(String.class::isInstance)) {
            return Optional.of(
                    Forms.oneOf(model, values.stream().map(String.class::cast).toList(), path));
        }
        throw Failure.invalid(path, "must be an enum of strings where the answer is to be text/x.enum");
    }
}
