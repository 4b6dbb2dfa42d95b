package dev.puna.server.openai;

import dev.puna.server.http.Exchange;
import dev.puna.server.store.StoredChats;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/chat/completions/{completion}}: the chat completions that were asked to be kept. */
final class KeptChats {
    private final StoredChats stored;

    KeptChats(StoredChats stored) {
        this.stored = stored;
    }

    /** Keeps a completion with what its request said. */
    void add(Exchange exchange, Map<String, ?> chat, long created, Values request) {
        String id = String.valueOf(chat.get("id"));
        List<Object> messages = new ArrayList<>();
        for (JsonNode given : request.json().get("messages")) {
            Map<String, @Nullable Object> message = Json.map("id", id + "-" + messages.size());
            given.properties().forEach(field -> message.put(field.getKey(), field.getValue()));
            if (given.path("content").isArray()) {
                message.put("content_parts", message.put("content", null));
            }
            messages.add(message);
        }
        stored.add(
                exchange.account().name(),
                created,
                new StoredChats.Stored(id, String.valueOf(chat.get("model")), Json.write(chat), Json.write(messages)));
    }

    private StoredChats.Stored find(Exchange exchange) {
        return stored.find(exchange.account().name(), exchange.parameter("completion"))
                .orElseThrow(() -> Failure.of(Failure.Kind.NOT_FOUND, "there is no stored completion of that id"));
    }

    private static JsonNode parsed(String json) {
        return Json.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    void get(Exchange exchange) {
        exchange.json(parsed(find(exchange).chat()));
    }

    void list(Exchange exchange) {
        List<StoredChats.Stored> all = stored.all(exchange.account().name()).stream()
                .filter(one ->
                        exchange.head().query("model").map(one.model()::equals).orElse(true))
                .toList();
        exchange.json(
                Page.of(exchange.head(), all, StoredChats.Stored::id, false).json(one -> parsed(one.chat())));
    }

    void messages(Exchange exchange) {
        List<JsonNode> all = new ArrayList<>();
        parsed(find(exchange).messages()).forEach(all::add);
        exchange.json(Page.of(exchange.head(), all, message -> message.get("id").stringValue(), false)
                .json());
    }

    void change(Exchange exchange) {
        Values values = exchange.values();
        ObjectNode chat = (ObjectNode) parsed(find(exchange).chat());
        chat.set("metadata", Json.node(values.get(ChatShapes.METADATA).orElse(null)));
        String id = exchange.parameter("completion");
        if (!stored.change(exchange.account().name(), id, Json.write(chat))) {
            find(exchange); // removed meanwhile
        }
        exchange.json(chat);
    }

    void delete(Exchange exchange) {
        String id = find(exchange).id();
        boolean _ = stored.remove(exchange.account().name(), id);
        exchange.json(Json.map("object", "chat.completion.deleted", "id", id, "deleted", true));
    }
}
