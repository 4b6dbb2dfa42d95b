package dev.puna.server.openai;

import static dev.puna.server.openai.ChatShapes.*;
import static dev.puna.server.openai.ResponseShapes.*;

import dev.puna.chat.Reply;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Models;
import dev.puna.server.core.Run;
import dev.puna.server.http.EventStream;
import dev.puna.server.http.Exchange;
import dev.puna.server.store.StoredResponses;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code /v1/responses}: answers that can be kept and gone on from. */
final class Responses {
    private static final int CHAIN = 1000; // responses that one can go back to

    private final Completions completions;
    private final StoredResponses stored;

    Responses(Completions completions, StoredResponses stored) {
        this.completions = completions;
        this.stored = stored;
    }

    void create(Exchange exchange) {
        Values values = exchange.values();
        boolean stream = values.get(STREAM, false);
        if (!stream && values.has(EVENT_OPTIONS)) {
            throw Failure.invalid("stream_options", "needs 'stream' to be true");
        }
        List<Item> own = values.get(INPUT).orElse(List.of());
        List<Item> all = before(exchange, values.get(PREVIOUS));
        all.addAll(own);
        Models.Lease lease = completions.models().lease(values.need(MODEL));
        ResponseReader.Asked asked;
        try {
            asked = ResponseReader.question(values, all, lease.assistant(), ChatReader.caller(values, exchange));
        } catch (RuntimeException | Error e) {
            lease.close();
            throw e;
        }
        String id = "resp_" + exchange.id().substring(4);
        try (Run run = completions.ask(exchange, lease, asked.question(), 1)) {
            Map<String, @Nullable Object> response = begun(id, values, run, asked);
            BiConsumer<String, Map<String, @Nullable Object>> send =
                    stream ? sender(exchange.events(), values) : (_, _) -> {};
            send.accept("response.created", Json.map("response", response));
            send.accept("response.in_progress", Json.map("response", response));
            ResponseOutput output = new ResponseOutput(id.substring(5), run.assistant(), logprobs(values), send);
            output.read(run.answers().getFirst());
            finish(response, output, run.replies().getFirst());
            if (values.get(STORE, true)) { // before it is told to be over: whoever hears that may go on from it
                stored.add(
                        exchange.account().name(),
                        Instant.now().getEpochSecond(),
                        new StoredResponses.Stored(id, values.get(PREVIOUS), Json.write(response), input(own, id)));
            }
            send.accept("response." + response.get("status"), Json.map("response", response));
            if (!stream) {
                exchange.json(response);
            }
        }
    }

    private static boolean logprobs(Values values) {
        return !values.get(INCLUDE, List.of()).isEmpty();
    }

    /** What a stored response answered and said, and all that came before it. */
    private List<Item> before(Exchange exchange, Optional<String> last) {
        List<StoredResponses.Stored> chain = new ArrayList<>();
        for (Optional<String> id = last; id.isPresent(); id = chain.getLast().previous()) {
            if (chain.size() == CHAIN) {
                throw Failure.invalid("previous_response_id", "goes back over more than " + CHAIN + " responses");
            }
            String wanted = id.get();
            chain.add(stored.find(exchange.account().name(), wanted)
                    .orElseThrow(() -> Failure.invalid("previous_response_id", "names no stored response: " + wanted)));
        }
        List<Item> items = new ArrayList<>();
        for (StoredResponses.Stored one : chain.reversed()) {
            for (JsonNode item : parsed(one.input())) {
                items.add(item(item));
            }
            for (JsonNode item : parsed(one.response()).get("output")) {
                items.add(item(item));
            }
        }
        return items;
    }

    private static JsonNode parsed(String json) {
        return Json.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    /** The items as they came, each with an id; a content that is a text becomes the part that it means. */
    private static String input(List<Item> items, String id) {
        List<Object> all = new ArrayList<>();
        for (Item item : items) {
            Map<String, @Nullable Object> json = new LinkedHashMap<>();
            json.put("id", "item_" + id.substring(5) + "_" + all.size());
            json.put("type", "message");
            item.json().properties().forEach(field -> json.put(field.getKey(), field.getValue()));
            if (json.get("content") instanceof JsonNode content && content.isString()) {
                boolean said = item.json().path("role").asString("").equals("assistant");
                Map<String, @Nullable Object> part =
                        Json.map("type", said ? "output_text" : "input_text", "text", content.stringValue());
                if (said) {
                    part.put("annotations", List.of());
                }
                json.put("content", List.of(part));
            }
            all.add(json);
        }
        return Json.write(all);
    }

    private static Map<String, @Nullable Object> begun(String id, Values values, Run run, ResponseReader.Asked asked) {
        var sampling = asked.question().sampling();
        Map<String, @Nullable Object> response = Json.map(
                "id",
                id,
                "object",
                "response",
                "created_at",
                Instant.now().getEpochSecond(),
                "status",
                "in_progress",
                "background",
                false,
                "error",
                null,
                "incomplete_details",
                null,
                "instructions",
                values.get(INSTRUCTIONS).orElse(null),
                "max_output_tokens",
                values.get(MAX_OUTPUT).orElse(null),
                "model",
                run.model(),
                "output",
                List.of(),
                "parallel_tool_calls",
                values.get(PARALLEL, true),
                "previous_response_id",
                values.get(PREVIOUS).orElse(null),
                "reasoning",
                Json.map(
                        "effort",
                        values.get(THINKING).flatMap(t -> t.get(EFFORT)).orElse(null),
                        "summary",
                        null),
                "service_tier",
                values.get(SERVICE_TIER).filter(tier -> !tier.equals("auto")).orElse("default"),
                "store",
                values.get(STORE, true),
                "temperature",
                sampling.temperature(),
                "text",
                values.has(TEXT_FORM) ? raw(values, "text") : Map.of("format", Map.of("type", "text")),
                "tool_choice",
                raw(values, "tool_choice") instanceof JsonNode choice ? choice : "auto",
                "tools",
                raw(values, "tools") instanceof JsonNode tools ? tools : List.of(),
                "top_logprobs",
                values.get(TOP_LOGPROBS, 0),
                "top_p",
                sampling.topP(),
                "truncation",
                values.get(TRUNCATION, "disabled"));
        if (values.get(TRUNCATION, "disabled").equals("auto")) {
            response.put("truncated_items", asked.left());
        }
        response.put("usage", null);
        response.put("user", values.get(USER).orElse(null));
        response.put("metadata", values.get(METADATA, Map.of()));
        return response;
    }

    /** A field as it came. */
    private static @Nullable Object raw(Values values, String name) {
        return values.json().get(name);
    }

    private static void finish(Map<String, @Nullable Object> response, ResponseOutput output, Reply reply) {
        @Nullable
        String incomplete = switch (reply.finish()) {
            case STOP, CALLS -> null;
            case LENGTH, LOOP -> "max_output_tokens";
            case CANCELLED -> "cancelled";
        };
        response.put("status", incomplete == null ? "completed" : "incomplete");
        response.put("completed_at", incomplete == null ? Instant.now().getEpochSecond() : null);
        response.put("incomplete_details", incomplete == null ? null : Map.of("reason", incomplete));
        response.put("output", output.items());
        int prompt = reply.usage().promptTokens();
        int made = reply.usage().newTokens();
        response.put(
                "usage",
                Json.map(
                        "input_tokens",
                        prompt,
                        "input_tokens_details",
                        Map.of("cached_tokens", reply.usage().cachedTokens()),
                        "output_tokens",
                        made,
                        "output_tokens_details",
                        Map.of("reasoning_tokens", 0),
                        "total_tokens",
                        prompt + made));
    }

    /** Sends events of a type and with fields, numbered. */
    private static BiConsumer<String, Map<String, @Nullable Object>> sender(EventStream stream, Values values) {
        boolean pad = values.get(EVENT_OPTIONS)
                .map(options -> options.get(INCLUDE_OBFUSCATION, false))
                .orElse(false);
        AtomicInteger number = new AtomicInteger();
        return (type, fields) -> {
            Map<String, @Nullable Object> event = Json.map("type", type, "sequence_number", number.getAndIncrement());
            event.putAll(fields);
            if (pad && type.endsWith(".delta")) {
                event.put("obfuscation", "x".repeat(ThreadLocalRandom.current().nextInt(1, 32)));
            }
            stream.send(type, Json.write(event));
        };
    }

    // What is stored

    private StoredResponses.Stored find(Exchange exchange) {
        String id = exchange.parameter("response");
        return stored.find(exchange.account().name(), id).orElseThrow(() -> none());
    }

    private static Failure none() {
        return Failure.of(Failure.Kind.NOT_FOUND, "there is no stored response of that id");
    }

    void get(Exchange exchange) {
        exchange.bytes(200, "application/json", find(exchange).response().getBytes(StandardCharsets.UTF_8));
    }

    void delete(Exchange exchange) {
        String id = exchange.parameter("response");
        if (!stored.remove(exchange.account().name(), id)) {
            throw none();
        }
        exchange.json(Json.map("id", id, "object", "response", "deleted", true));
    }

    void cancel(Exchange exchange) {
        StoredResponses.Stored _ = find(exchange);
        throw Failure.of(Failure.Kind.INVALID, "only responses made in the background can be cancelled, and none are");
    }

    void items(Exchange exchange) {
        List<JsonNode> all = new ArrayList<>();
        parsed(find(exchange).input()).forEach(all::add);
        Page<JsonNode> page =
                Page.of(exchange.head(), all, item -> item.get("id").stringValue(), true);
        exchange.json(page.json());
    }

    void count(Exchange exchange) {
        Values values = exchange.values();
        List<Item> all = before(exchange, values.get(PREVIOUS));
        all.addAll(values.get(INPUT).orElse(List.of()));
        try (Models.Lease lease = completions.models().lease(values.need(MODEL))) {
            ResponseReader.Asked asked =
                    ResponseReader.question(values, all, lease.assistant(), Completions.caller(exchange));
            exchange.json(Json.map(
                    "object",
                    "response.input_tokens",
                    "input_tokens",
                    lease.assistant().prompt(asked.question()).length));
        }
    }
}
