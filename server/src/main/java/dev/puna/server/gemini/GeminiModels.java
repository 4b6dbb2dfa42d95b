package dev.puna.server.gemini;

import dev.puna.server.core.Library;
import dev.puna.server.core.Models;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The models in Gemini's form. */
final class GeminiModels {
    private static final int PAGE = 50; // models, where the caller does not say

    private static final int LONGEST_PAGE = 1000; // models

    private final Models models;

    GeminiModels(Models models) {
        this.models = models;
    }

    void list(Exchange exchange) {
        List<Library.Entry> all = models.entries();
        int size = Math.min(LONGEST_PAGE, number(exchange, "pageSize", PAGE));
        int from = Math.min(all.size(), number(exchange, "pageToken", 0));
        int to = Math.min(all.size(), from + (size == 0 ? PAGE : size));
        Map<String, @Nullable Object> page = Json.map(
                "models", all.subList(from, to).stream().map(this::json).toList());
        if (to < all.size()) {
            page.put("nextPageToken", Integer.toString(to));
        }
        exchange.json(page);
    }

    private static int number(Exchange exchange, String name, int otherwise) {
        return exchange.head()
                .query(name)
                .filter(value -> !value.isEmpty())
                .map(value -> {
                    try {
                        return Integer.parseUnsignedInt(value) & Integer.MAX_VALUE;
                    } catch (NumberFormatException notOne) {
                        throw Failure.invalid(name, "is not a number that this server gave out");
                    }
                })
                .orElse(otherwise);
    }

    void get(Exchange exchange) {
        exchange.json(json(models.entry(exchange.parameter("model"))));
    }

    private Map<String, @Nullable Object> json(Library.Entry entry) {
        Map<String, @Nullable Object> json = Json.map(
                "name",
                "models/" + entry.id(),
                "baseModelId",
                entry.base().orElse(entry.id()),
                "version",
                entry.sha256().map(hash -> hash.substring(0, 12)).orElse("1"),
                "displayName",
                entry.id(),
                "description",
                entry.description(),
                "supportedGenerationMethods",
                List.of("generateContent", "countTokens", "embedContent", "batchEmbedContents"));
        models.open(entry.id()).ifPresent(open -> {
            json.put("inputTokenLimit", open.assistant().context());
            json.put("outputTokenLimit", open.assistant().context());
            json.put("temperature", open.assistant().defaults().temperature());
            json.put("topP", open.assistant().defaults().topP());
            json.put("topK", open.assistant().defaults().topK());
        });
        return json;
    }
}
