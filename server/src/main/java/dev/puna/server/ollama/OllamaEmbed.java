package dev.puna.server.ollama;

import dev.puna.server.core.Completions;
import dev.puna.server.core.Embeddings;
import dev.puna.server.core.Models;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes vectors of texts. */
final class OllamaEmbed {
    private final Models models;
    private final KeepAlives keepAlives;

    OllamaEmbed(Models models, KeepAlives keepAlives) {
        this.models = models;
        this.keepAlives = keepAlives;
    }

    void embed(Exchange exchange) {
        Values body = exchange.values();
        Object input = body.need(OllamaShapes.INPUT);
        Map<String, @Nullable Object> json = vectors(
                exchange,
                body,
                input instanceof List<?> list
                        ? list.stream().map(String.class::cast).toList()
                        : List.of((String) input));
        exchange.json(json);
    }

    @SuppressWarnings("unchecked") // vectors() has put it there
    void embeddings(Exchange exchange) {
        Values body = exchange.values();
        var json = vectors(exchange, body, List.of(body.need(OllamaShapes.EMBED_PROMPT)));
        exchange.json(Json.map(
                "embedding", ((List<float[]>) java.util.Objects.requireNonNull(json.get("embeddings"))).getFirst()));
    }

    private Map<String, @Nullable Object> vectors(Exchange exchange, Values body, List<String> input) {
        long began = System.nanoTime();
        String name = OllamaModels.known(models, OllamaShapes.model(body));
        try (Models.Lease lease = models.lease(name)) {
            long loaded = System.nanoTime() - began;
            int room = OllamaOptions.context(body, lease.assistant().context());
            boolean cut = body.get(OllamaShapes.TRUNCATE, false);
            List<int[]> texts = new ArrayList<>();
            int tokens = 0;
            int shortened = 0;
            for (String text : input) {
                int[] ids = lease.assistant().tokens(text, false);
                if (ids.length > room) {
                    if (!cut) {
                        throw Failure.tooLong(
                                "input",
                                "a text has " + ids.length + " tokens, and the context holds " + room
                                        + ": with \"truncate\" it would be cut");
                    }
                    ids = Arrays.copyOf(ids, room);
                    shortened++;
                }
                tokens += ids.length;
                texts.add(ids);
            }
            List<float[]> vectors = Embeddings.of(exchange, lease, texts, Completions.caller(exchange)).stream()
                    .map(vector -> body.get(OllamaShapes.DIMENSIONS)
                            .map(many -> Embeddings.shortened(vector, many, "dimensions"))
                            .orElse(vector))
                    .toList();
            Map<String, @Nullable Object> json = Json.map(
                    "model",
                    name,
                    "embeddings",
                    vectors,
                    "total_duration",
                    System.nanoTime() - began,
                    "load_duration",
                    loaded,
                    "prompt_eval_count",
                    tokens);
            if (shortened > 0) {
                json.put("truncated", shortened); // of the texts
            }
            return json;
        } finally {
            keepAlives.after(name, body.get(OllamaShapes.KEEP_ALIVE));
        }
    }
}
