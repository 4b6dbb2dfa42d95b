package dev.puna.server.anthropic;

import dev.puna.chat.Assistant;
import dev.puna.chat.Tool;
import dev.puna.chat.Tools;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import dev.puna.text.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Makes messages and tools, as the model's template knows them, of Anthropic's. */
final class MessageReader {
    private final List<Message> messages = new ArrayList<>();
    private final Map<String, String> called = new HashMap<>(); // names of tools by the ids of calls

    private MessageReader() {}

    /** The talk: the system's words first. */
    static List<Message> messages(Values body) {
        var reader = new MessageReader();
        body.get(MessageShapes.SYSTEM).ifPresent(system -> reader.add("system", parts(system), List.of(), null));
        List<Values> turns = body.need(MessageShapes.MESSAGES_FIELD);
        if (turns.isEmpty()) {
            throw Failure.invalid("messages", "is empty");
        }
        turns.forEach(reader::turn);
        Values last = turns.getLast();
        if (last.need(MessageShapes.ROLE).equals("assistant")) {
            throw Failure.invalid(
                    last.path(MessageShapes.ROLE), "of the last message must be user: answers are not prefilled");
        }
        return reader.messages;
    }

    private void turn(Values turn) {
        String role = turn.need(MessageShapes.ROLE);
        Object content = turn.need(MessageShapes.CONTENT);
        if (content instanceof String text) {
            add(role, List.of(part(text)), List.of(), null);
            return;
        }
        List<Map<String, Object>> parts = new ArrayList<>();
        List<Message.ToolCall> calls = new ArrayList<>();
        var thoughts = new StringBuilder();
        for (Values block : blocks(content)) {
            switch (block.need(MessageShapes.TYPE)) {
                case "tool_use" -> {
                    allow(block, role, "assistant");
                    calls.add(call(block));
                }
                case "tool_result" -> {
                    allow(block, role, "user");
                    flush(role, parts, calls, thoughts);
                    messages.add(result(block));
                }
                case "thinking" -> {
                    allow(block, role, "assistant");
                    thoughts.append(block.need(MessageShapes.THINKING_TEXT));
                }
                default -> parts.add(part(block));
            }
        }
        flush(role, parts, calls, thoughts);
    }

    private static void allow(Values block, String role, String only) {
        if (!role.equals(only)) {
            throw Failure.invalid(block.path(MessageShapes.TYPE), "does not belong into a message of the role " + role);
        }
    }

    private void flush(
            String role, List<Map<String, Object>> parts, List<Message.ToolCall> calls, StringBuilder thoughts) {
        if (!parts.isEmpty() || !calls.isEmpty()) {
            add(role, List.copyOf(parts), List.copyOf(calls), thoughts.isEmpty() ? null : thoughts.toString());
            parts.clear();
            calls.clear();
            thoughts.setLength(0);
        }
    }

    /** Turns of the same role in a row are one. */
    private void add(
            String role, List<Map<String, Object>> parts, List<Message.ToolCall> calls, @Nullable String thoughts) {
        List<Map<String, Object>> all = new ArrayList<>();
        List<Message.ToolCall> allCalls = new ArrayList<>();
        if (!messages.isEmpty() && messages.getLast().role().equals(role)) {
            Message before = messages.removeLast();
            all.addAll(partsOf(before));
            allCalls.addAll(before.toolCalls());
        }
        all.addAll(parts);
        allCalls.addAll(calls);
        messages.add(new Message(role, all, allCalls, null, null, thoughts));
    }

    @SuppressWarnings("unchecked") // add() has put it there
    private static List<Map<String, Object>> partsOf(Message message) {
        return (List<Map<String, Object>>) Objects.requireNonNull(message.content());
    }

    private Message.ToolCall call(Values block) {
        String id = block.need(MessageShapes.ID);
        String name = block.need(MessageShapes.NAME);
        if (called.put(id, name) != null) {
            throw Failure.invalid(block.path(MessageShapes.ID), "is the id of an earlier call");
        }
        return new Message.ToolCall(id, name, object(block.need(MessageShapes.INPUT)));
    }

    private Message result(Values block) {
        String id = block.need(MessageShapes.TOOL_USE_ID);
        String name = called.get(id);
        if (name == null) {
            throw Failure.invalid(block.path(MessageShapes.TOOL_USE_ID), "is the id of no earlier tool_use");
        }
        List<String> texts = new ArrayList<>();
        if (block.get(MessageShapes.IS_ERROR, false)) {
            texts.add("Error:");
        }
        block.get(MessageShapes.RESULT).ifPresent(content -> {
            for (Map<String, Object> part : parts(content)) {
                texts.add((String) Objects.requireNonNull(part.get("text")));
            }
        });
        return Message.tool(id, name, String.join(texts.size() == 2 ? " " : "\n", texts));
    }

    @SuppressWarnings("unchecked") // what the shape reads where it is no text
    private static List<Values> blocks(Object content) {
        return (List<Values>) content;
    }

    private static List<Map<String, Object>> parts(Object content) {
        return content instanceof String text
                ? List.of(part(text))
                : blocks(content).stream().map(MessageReader::part).toList();
    }

    private static Map<String, Object> part(Values block) {
        if (block.need(MessageShapes.TYPE).equals("text")) {
            return part(block.need(MessageShapes.TEXT));
        }
        List<String> document = new ArrayList<>();
        block.get(MessageShapes.TITLE).ifPresent(document::add);
        block.get(MessageShapes.CONTEXT).ifPresent(document::add);
        document.add(block.need(MessageShapes.SOURCE).need(MessageShapes.DATA));
        return part(String.join("\n\n", document));
    }

    private static Map<String, Object> part(String text) {
        return Map.of("type", "text", "text", text);
    }

    @SuppressWarnings("unchecked") // an object is a map
    static Map<String, Object> object(JsonNode node) {
        return (Map<String, Object>) Objects.requireNonNull(Json.plain(node));
    }

    // ---- tools

    static Tools tools(Values body) {
        List<Tool> declared = new ArrayList<>();
        for (Values tool : body.get(MessageShapes.TOOLS_FIELD, List.of())) {
            var description = new StringBuilder(tool.get(MessageShapes.DESCRIPTION, ""));
            for (JsonNode example : tool.get(MessageShapes.EXAMPLES, List.of())) {
                description
                        .append(description.isEmpty() ? "" : "\n")
                        .append("Example: ")
                        .append(example);
            }
            declared.add(new Tool(
                    tool.need(MessageShapes.TOOL_NAME),
                    description.toString(),
                    object(tool.need(MessageShapes.INPUT_SCHEMA)),
                    tool.get(MessageShapes.STRICT, false)));
        }
        Optional<Values> asked = body.get(MessageShapes.TOOL_CHOICE);
        Tools.Choice choice = asked.<Tools.Choice>map(given -> switch (given.need(MessageShapes.CHOICE)) {
                    case "any" -> new Tools.Choice.Required();
                    case "tool" -> new Tools.Choice.Named(given.need(MessageShapes.CHOSEN));
                    case "none" -> new Tools.Choice.None();
                    default -> new Tools.Choice.Auto();
                })
                .orElse(new Tools.Choice.Auto());
        boolean one =
                asked.flatMap(given -> given.get(MessageShapes.ONE_AT_A_TIME)).orElse(false);
        return new Tools(declared, choice, !one);
    }

    /** Whether the caller wants to see what the model thinks before it answers. */
    static boolean showsThoughts(Values body) {
        return body.get(MessageShapes.THINKING)
                .flatMap(given -> given.get(MessageShapes.DISPLAY))
                .filter("omitted"::equals)
                .isEmpty();
    }

    /** What the model's template is told about thinking. */
    static Map<String, Object> variables(Values body, Assistant model) {
        body.get(MessageShapes.THINKING)
                .filter(given -> given.has(MessageShapes.BUDGET))
                .ifPresent(given -> {
                    if (model.thinks()) { // a model that has no thoughts keeps to any budget
                        throw Failure.invalid(
                                given.path(MessageShapes.BUDGET),
                                "cannot be kept: \"adaptive\" lets this model think as it is used to");
                    }
                });
        boolean off = body.get(MessageShapes.THINKING)
                .filter(given -> given.need(MessageShapes.TYPE).equals("disabled"))
                .isPresent();
        return off ? Map.of("enable_thinking", false) : Map.of();
    }

    /** The schema that the answer must follow. */
    static Optional<Map<String, Object>> schema(Values body) {
        return body.get(MessageShapes.OUTPUT_CONFIG)
                .flatMap(config -> config.get(MessageShapes.FORMAT))
                .map(format -> new LinkedHashMap<>(object(format.need(MessageShapes.SCHEMA))));
    }
}
