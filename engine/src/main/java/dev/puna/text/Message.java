package dev.puna.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One message of a conversation, in the shape that chat templates read.
 *
 * @param role {@code system}, {@code user}, {@code assistant}, {@code tool}, or what else a template knows
 * @param content a text; a list of parts such as {@code {"type": "text", "text": …}}; or null, as beside tool calls
 * @param toolCalls what the assistant calls; empty where it calls nothing
 * @param toolCallId which call this message answers; null where it answers none
 * @param name who speaks, or the tool that answers; null where it is not said
 * @param reasoning what the assistant thought before it answered; null where it is not said
 */
public record Message(
        String role,
        @Nullable Object content,
        List<ToolCall> toolCalls,
        @Nullable String toolCallId,
        @Nullable String name,
        @Nullable String reasoning) {

    /**
     * One call of a function.
     *
     * @param id what the answer refers to; null where calls have no ids
     * @param arguments by name: plain values as JSON knows them
     */
    public record ToolCall(@Nullable String id, String name, Map<String, Object> arguments) {}

    public Message {
        if (role.isEmpty()) {
            throw new IllegalArgumentException("a message needs a role");
        }
        toolCalls = List.copyOf(toolCalls);
    }

    public static Message of(String role, String content) {
        return new Message(role, content, List.of(), null, null, null);
    }

    public static Message system(String content) {
        return of("system", content);
    }

    public static Message user(String content) {
        return of("user", content);
    }

    public static Message assistant(String content) {
        return of("assistant", content);
    }

    /** What the assistant said and calls. */
    public static Message calls(@Nullable String content, List<ToolCall> calls) {
        return new Message("assistant", content, calls, null, null, null);
    }

    /** The answer of a tool. */
    public static Message tool(String toolCallId, String name, String content) {
        return new Message("tool", content, List.of(), toolCallId, name, null);
    }

    /** The message as a template's variable. Parts that are absent are absent there too. */
    public Map<String, Object> variable() {
        var map = new LinkedHashMap<String, Object>();
        map.put("role", role);
        map.put("content", content);
        if (name != null) {
            map.put("name", name);
        }
        if (toolCallId != null) {
            map.put("tool_call_id", toolCallId);
        }
        if (reasoning != null) {
            map.put("reasoning_content", reasoning);
        }
        if (!toolCalls.isEmpty()) {
            var calls = new ArrayList<Object>();
            for (ToolCall call : toolCalls) {
                var function = new LinkedHashMap<String, Object>();
                function.put("name", call.name());
                function.put("arguments", call.arguments());
                var entry = new LinkedHashMap<String, Object>();
                if (call.id() != null) {
                    entry.put("id", call.id());
                }
                entry.put("type", "function");
                entry.put("function", function);
                calls.add(entry);
            }
            map.put("tool_calls", calls);
        }
        return map;
    }

    /**
     * The variables that every chat template is given.
     *
     * @param addGenerationPrompt whether the text ends where the assistant's answer begins
     */
    public static Map<String, Object> variables(List<Message> messages, boolean addGenerationPrompt) {
        var map = new LinkedHashMap<String, Object>();
        map.put("messages", messages.stream().map(Message::variable).toList());
        map.put("add_generation_prompt", addGenerationPrompt);
        return map;
    }
}
