package dev.puna.chat;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import dev.puna.sample.BadRequest;
import dev.puna.text.Message;
import java.nio.file.Path;
import java.util.Map;

/**
 * A call that an answer holds.
 *
 * @param arguments a JSON object, as it was streamed; cut short where the answer was
 */
public record Call(String id, String name, String arguments) {
    /**
     * The call as part of a message.
     *
     * @throws BadRequest if the arguments are no JSON object
     */
    public Message.ToolCall message() {
        return new Message.ToolCall(id, name, arguments(arguments));
    }

    /**
     * The arguments of a call as a template reads them. None at all are none.
     *
     * @throws BadRequest if the text is no JSON object
     */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> arguments(String json) {
        if (json.isBlank()) {
            return Map.of();
        }
        try {
            if (Json.parse(json, Path.of("arguments")) instanceof Map<?, ?> map) {
                return (Map<String, Object>) map;
            }
        } catch (BadFile bad) {
            throw new BadRequest("arguments", "of a tool call are not JSON: " + bad.getMessage());
        }
        throw new BadRequest("arguments", "of a tool call are no JSON object");
    }
}
