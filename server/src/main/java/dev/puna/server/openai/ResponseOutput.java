package dev.puna.server.openai;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Delta;
import dev.puna.server.wire.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The items of a response, made of an answer's deltas, and the events that tell of them. A response's items are what the
 * model thought, what it said, and its calls, in the order in which they came.
 */
final class ResponseOutput {
    private final String response;
    private final Assistant assistant;
    private final boolean logprobs;
    private final BiConsumer<String, Map<String, @Nullable Object>> events;
    private final List<Map<String, @Nullable Object>> items = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final List<Map<String, @Nullable Object>> tokens = new ArrayList<>();
    private @Nullable Map<String, @Nullable Object> open; // the last item while it grows

    /** @param events told of each event: its type, and its fields without type and number */
    ResponseOutput(
            String response,
            Assistant assistant,
            boolean logprobs,
            BiConsumer<String, Map<String, @Nullable Object>> events) {
        this.response = response;
        this.assistant = assistant;
        this.logprobs = logprobs;
        this.events = events;
    }

    List<Map<String, @Nullable Object>> items() {
        return items;
    }

    /** Reads the answer to its end. */
    void read(Answer answer) {
        for (Optional<Delta> delta = answer.delta(); delta.isPresent(); delta = answer.delta()) {
            switch (delta.get()) {
                case Delta.Text piece -> said(piece.text(), answer);
                case Delta.Reasoning piece -> thought(piece.text());
                case Delta.CallStart start -> called(start);
                case Delta.CallArguments more -> argued(more.json());
                case Delta.CallEnd _ -> close("completed");
            }
        }
        boolean whole = switch (answer.reply().finish()) {
            case STOP, CALLS -> true;
            case LENGTH, LOOP, CANCELLED -> false;
        };
        if (open == null && items.isEmpty()) {
            begin("message"); // an answer of nothing is a message of nothing
        }
        if (logprobs && open != null && kind().equals("message")) {
            tokens.addAll(TokenJson.logprobs(answer.spoken(), assistant));
        }
        close(whole ? "completed" : "incomplete");
    }

    private String kind() {
        return open == null ? "" : (String) java.util.Objects.requireNonNull(open.get("type"));
    }

    private void said(String piece, Answer answer) {
        begin("message");
        text.append(piece);
        List<Map<String, @Nullable Object>> now = logprobs ? TokenJson.logprobs(answer.spoken(), assistant) : List.of();
        tokens.addAll(now);
        tell("response.output_text.delta", "content_index", 0, "delta", piece, "logprobs", now);
    }

    private void thought(String piece) {
        begin("reasoning");
        text.append(piece);
        tell("response.reasoning_text.delta", "content_index", 0, "delta", piece);
    }

    private void called(Delta.CallStart start) {
        close("completed");
        open(Json.map(
                "type",
                "function_call",
                "id",
                "fc_" + response + "_" + items.size(),
                "call_id",
                start.id(),
                "name",
                start.name(),
                "arguments",
                "",
                "status",
                "in_progress"));
    }

    private void argued(String piece) {
        text.append(piece);
        tell("response.function_call_arguments.delta", "delta", piece);
    }

    /** Goes on with an item of that kind, or begins one. */
    private void begin(String kind) {
        if (kind().equals(kind)) {
            return;
        }
        close("completed");
        if (kind.equals("message")) {
            open(Json.map(
                    "type",
                    "message",
                    "id",
                    "msg_" + response + "_" + items.size(),
                    "role",
                    "assistant",
                    "content",
                    List.of(),
                    "status",
                    "in_progress"));
            tell("response.content_part.added", "content_index", 0, "part", part("", List.of()));
        } else {
            open(Json.map(
                    "type",
                    "reasoning",
                    "id",
                    "rs_" + response + "_" + items.size(),
                    "summary",
                    List.of(),
                    "content",
                    List.of(),
                    "status",
                    "in_progress"));
        }
    }

    private void open(Map<String, @Nullable Object> item) {
        items.add(item);
        open = item;
        text.setLength(0);
        tokens.clear();
        events.accept("response.output_item.added", Json.map("output_index", items.size() - 1, "item", copy(item)));
    }

    private void close(String status) {
        Map<String, @Nullable Object> item = open;
        if (item == null) {
            return;
        }
        String all = text.toString();
        switch (kind()) {
            case "message" -> {
                Map<String, @Nullable Object> part = part(all, List.copyOf(tokens));
                item.put("content", List.of(part));
                tell("response.output_text.done", "content_index", 0, "text", all, "logprobs", part.get("logprobs"));
                tell("response.content_part.done", "content_index", 0, "part", part);
            }
            case "reasoning" -> {
                item.put("content", List.of(Json.map("type", "reasoning_text", "text", all)));
                tell("response.reasoning_text.done", "content_index", 0, "text", all);
            }
            default -> {
                String arguments = all.isEmpty() && status.equals("completed") ? "{}" : all;
                item.put("arguments", arguments);
                tell("response.function_call_arguments.done", "name", item.get("name"), "arguments", arguments);
            }
        }
        item.put("status", status);
        open = null;
        events.accept("response.output_item.done", Json.map("output_index", items.size() - 1, "item", copy(item)));
    }

    private static Map<String, @Nullable Object> part(String text, List<Map<String, @Nullable Object>> logprobs) {
        return Json.map("type", "output_text", "text", text, "annotations", List.of(), "logprobs", logprobs);
    }

    private static Map<String, @Nullable Object> copy(Map<String, @Nullable Object> item) {
        return new java.util.LinkedHashMap<>(item);
    }

    /** An event about the open item. */
    private void tell(String type, @Nullable Object... fields) {
        Map<String, @Nullable Object> event =
                Json.map("item_id", java.util.Objects.requireNonNull(open).get("id"), "output_index", items.size() - 1);
        event.putAll(Json.map(fields));
        events.accept(type, event);
    }
}
