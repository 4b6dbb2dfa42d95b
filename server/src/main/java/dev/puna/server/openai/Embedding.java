package dev.puna.server.openai;

import static dev.puna.server.openai.ChatShapes.MODEL;
import static dev.puna.server.openai.TextShapes.*;

import dev.puna.chat.Assistant;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Embeddings;
import dev.puna.server.core.Models;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** {@code /v1/embeddings}: texts as directions. */
final class Embedding {
    private final Models models;

    Embedding(Models models) {
        this.models = models;
    }

    void create(Exchange exchange) {
        Values values = exchange.values();
        boolean base64 = values.get(ENCODING, "float").equals("base64");
        try (Models.Lease lease = models.lease(values.need(MODEL))) {
            Assistant assistant = lease.assistant();
            int dimensions = values.get(DIMENSIONS, assistant.width());
            if (dimensions > assistant.width()) {
                throw Failure.invalid("dimensions", "must be at most " + assistant.width() + ", not " + dimensions);
            }
            List<int[]> texts = new ArrayList<>();
            for (Object input : values.need(INPUT)) {
                int[] ids = input instanceof int[] given ? given : assistant.tokens((String) input, false);
                if (ids.length == 0) {
                    throw Failure.invalid("input", "holds an empty text");
                }
                texts.add(ids);
            }
            if (texts.isEmpty()) {
                throw Failure.invalid("input", "is empty");
            }
            int tokens = texts.stream().mapToInt(ids -> ids.length).sum();
            List<Object> data = new ArrayList<>();
            for (float[] vector : Embeddings.of(exchange, lease, texts, Completions.caller(exchange))) {
                float[] wanted = Embeddings.shortened(vector, dimensions, "dimensions");
                data.add(Json.map(
                        "object", "embedding", "index", data.size(), "embedding", base64 ? base64(wanted) : wanted));
            }
            exchange.json(Json.map(
                    "object",
                    "list",
                    "data",
                    data,
                    "model",
                    lease.id(),
                    "usage",
                    Json.map("prompt_tokens", tokens, "total_tokens", tokens)));
        }
    }

    private static String base64(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
