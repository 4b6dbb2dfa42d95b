package dev.puna.server.anthropic;

import dev.puna.chat.Call;
import dev.puna.chat.Reply;
import dev.puna.engine.Usage;
import dev.puna.sample.BadRequest;
import dev.puna.server.wire.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The pieces of Anthropic's answers. */
final class MessageJson {
    private MessageJson() {}

    static Map<String, @Nullable Object> text(String text) {
        return Json.map("type", "text", "text", text, "citations", null);
    }

    /** Thoughts need no signature here: they are taken back as they are. */
    static Map<String, @Nullable Object> thinking(String thought) {
        return Json.map("type", "thinking", "thinking", thought, "signature", "");
    }

    static Map<String, @Nullable Object> toolUse(String id, String name, Map<String, Object> input) {
        return Json.map("type", "tool_use", "id", id, "name", name, "input", input, "caller", Map.of("type", "direct"));
    }

    /** A message before its first word. */
    static Map<String, @Nullable Object> begun(String id, String model, int promptTokens) {
        return message(id, model, List.of(), stop(null, null), usage(promptTokens, 0, 0));
    }

    static Map<String, @Nullable Object> whole(String id, String model, Reply reply, int maxTokens, boolean thoughts) {
        List<Object> content = new ArrayList<>();
        if (thoughts && !reply.reasoning().isEmpty()) {
            content.add(thinking(reply.reasoning()));
        }
        if (!reply.text().isEmpty()) {
            content.add(text(reply.text()));
        }
        for (Call call : reply.calls()) {
            input(call).ifPresent(input -> content.add(toolUse(call.id(), call.name(), input)));
        }
        return message(id, model, content, stop(reply, maxTokens), usage(reply.usage()));
    }

    /** Absent where the answer was cut in the middle of the call: half of one must not be run. */
    private static Optional<Map<String, Object>> input(Call call) {
        try {
            return Optional.of(Call.arguments(call.arguments()));
        } catch (BadRequest cut) {
            return Optional.empty();
        }
    }

    private static Map<String, @Nullable Object> message(
            String id,
            String model,
            List<Object> content,
            Map<String, @Nullable Object> stop,
            Map<String, @Nullable Object> usage) {
        Map<String, @Nullable Object> message =
                Json.map("id", id, "type", "message", "role", "assistant", "model", model, "content", content);
        message.putAll(stop);
        message.put("usage", usage);
        return message;
    }

    static Map<String, @Nullable Object> stop(Reply reply, int maxTokens) {
        String reason = switch (reply.finish()) {
            case STOP -> reply.stop().isPresent() ? "stop_sequence" : "end_turn";
            case CALLS -> "tool_use";
            case LENGTH -> reply.ids().size() < maxTokens ? "model_context_window_exceeded" : "max_tokens";
            case LOOP, CANCELLED -> "end_turn";
        };
        return stop(reason, reply.stop().orElse(null));
    }

    private static Map<String, @Nullable Object> stop(@Nullable String reason, @Nullable String sequence) {
        return Json.map("stop_reason", reason, "stop_sequence", sequence, "stop_details", null, "container", null);
    }

    static Map<String, @Nullable Object> usage(Usage usage) {
        return usage(usage.promptTokens(), usage.cachedTokens(), usage.newTokens());
    }

    /** Anthropic's {@code input_tokens} are those that were not found in the cache. */
    private static Map<String, @Nullable Object> usage(int prompt, int cached, int made) {
        return Json.map(
                "input_tokens",
                prompt - cached,
                "cache_creation_input_tokens",
                0,
                "cache_read_input_tokens",
                cached,
                "cache_creation",
                null,
                "output_tokens",
                made,
                "output_tokens_details",
                null,
                "server_tool_use",
                null,
                "service_tier",
                "standard",
                "speed",
                "standard",
                "inference_geo",
                null);
    }
}
