package dev.puna.server.openai;

import dev.puna.server.wire.Field;
import dev.puna.server.wire.Kind;
import dev.puna.server.wire.Shape;
import dev.puna.server.wire.Values;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The fields of a batch, and of its lines. */
final class BatchShapes {
    static final Field<String> INPUT_FILE = Field.needed("input_file_id", Kind.text(1, 128), "A file of JSON lines.");
    static final Field<String> ENDPOINT = Field.needed(
            "endpoint",
            Kind.oneOf("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"),
            "What every line asks.");
    static final Field<String> WINDOW =
            Field.needed("completion_window", Kind.oneOf("24h"), "What is not done by then is given up.");
    static final Field<Map<String, String>> METADATA = ChatShapes.METADATA;
    static final Field<Integer> SECONDS = Field.needed("seconds", Kind.integer(3600, 2_592_000), "");
    private static final Field<String> ANCHOR = Field.needed("anchor", Kind.oneOf("created_at"), "");
    static final Field<Values> EXPIRES = Field.of(
            "output_expires_after", Kind.object(Shape.of(ANCHOR, SECONDS)), "When the files it makes are removed.");
    static final Shape BATCH = Shape.of(INPUT_FILE, ENDPOINT, WINDOW, METADATA, EXPIRES);

    static final Field<String> CUSTOM_ID = Field.needed("custom_id", Kind.text(1, 512), "");
    private static final Field<String> METHOD = Field.needed("method", Kind.oneOf("POST"), "");
    static final Field<String> URL = Field.needed("url", Kind.text(1, 128), "");
    static final Field<JsonNode> BODY = Field.needed("body", Kind.anyObject(), "");
    static final Shape LINE = Shape.of(CUSTOM_ID, METHOD, URL, BODY);

    private BatchShapes() {}
}
