package dev.puna.server.ollama;

import dev.puna.chat.Tool;
import dev.puna.chat.Tools;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import dev.puna.text.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Makes messages and tools, as the model's template knows them, of Ollama's. */
final class TalkReader {
    private final List<Message> messages = new ArrayList<>();
    private final Deque<Message.ToolCall> open = new ArrayDeque<>(); // calls without a result
    private int calls;

    private TalkReader() {}

    static List<Message> messages(Values body) {
        var reader = new TalkReader();
        body.get(OllamaShapes.MESSAGES_FIELD, List.of()).forEach(reader::add);
        return reader.messages;
    }

    private void add(Values message) {
        String role = message.need(OllamaShapes.ROLE);
        String content = message.get(OllamaShapes.CONTENT, "");
        if (role.equals("tool")) {
            Message.ToolCall call = answered(message);
            messages.add(Message.tool(Objects.requireNonNull(call.id()), call.name(), content));
            return;
        }
        List<Message.ToolCall> made = new ArrayList<>();
        for (Values call : message.get(OllamaShapes.CALLS, List.of())) {
            Values function = call.need(OllamaShapes.FUNCTION_CALLED);
            made.add(new Message.ToolCall(
                    call.get(OllamaShapes.CALL_ID, "call_" + calls++),
                    function.need(OllamaShapes.FUNCTION_NAME),
                    function.get(OllamaShapes.ARGUMENTS).map(TalkReader::object).orElse(Map.of())));
        }
        if (!made.isEmpty() && !role.equals("assistant")) {
            throw Failure.invalid(message.path(OllamaShapes.CALLS), "belongs into a message of the role assistant");
        }
        open.addAll(made);
        messages.add(new Message(
                role,
                content,
                made,
                null,
                null,
                message.get(OllamaShapes.THINKING).orElse(null)));
    }

    /** The call that a result belongs to: by its id, else by the tool's name, else the first that has none yet. */
    private Message.ToolCall answered(Values message) {
        Optional<String> id = message.get(OllamaShapes.TOOL_CALL_ID);
        Optional<String> name = message.get(OllamaShapes.TOOL_NAME);
        for (Iterator<Message.ToolCall> each = open.iterator(); each.hasNext(); ) {
            Message.ToolCall call = each.next();
            if (id.map(given -> given.equals(call.id()))
                    .orElse(name.isEmpty() || name.get().equals(call.name()))) {
                each.remove();
                return call;
            }
        }
        throw Failure.invalid(message.path(), "is the result of no call that stands before it");
    }

    @SuppressWarnings("unchecked") // an object is a map
    private static Map<String, Object> object(JsonNode node) {
        return (Map<String, Object>) Objects.requireNonNull(Json.plain(node));
    }

    static Tools tools(Values body) {
        List<Tool> declared = new ArrayList<>();
        for (Values tool : body.get(OllamaShapes.TOOLS_FIELD, List.of())) {
            Values function = tool.need(OllamaShapes.FUNCTION);
            declared.add(new Tool(
                    function.need(OllamaShapes.FUNCTION_NAME),
                    function.get(OllamaShapes.DESCRIPTION, ""),
                    function.get(OllamaShapes.PARAMETERS)
                            .map(TalkReader::object)
                            .orElse(Map.of()),
                    function.get(OllamaShapes.STRICT, false)));
        }
        return new Tools(declared, new Tools.Choice.Auto(), true);
    }
}
