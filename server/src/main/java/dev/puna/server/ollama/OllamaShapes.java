package dev.puna.server.ollama;

import static dev.puna.server.wire.Kind.any;
import static dev.puna.server.wire.Kind.anyObject;
import static dev.puna.server.wire.Kind.bool;
import static dev.puna.server.wire.Kind.either;
import static dev.puna.server.wire.Kind.integer;
import static dev.puna.server.wire.Kind.list;
import static dev.puna.server.wire.Kind.object;
import static dev.puna.server.wire.Kind.oneOf;
import static dev.puna.server.wire.Kind.text;

import dev.puna.server.wire.Field;
import dev.puna.server.wire.Kind;
import dev.puna.server.wire.Shape;
import dev.puna.server.wire.Values;
import java.time.Duration;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The fields of Ollama's requests. */
final class OllamaShapes {
    static final int MESSAGES = 100_000; // of a request
    static final int TOOLS = 1_024; // of a request
    static final int TEXTS = 2_048; // to embed in one request

    private static final String NO_SIGHT = "this model cannot see images";
    private static final String NO_IMAGES = "this server makes no images";
    private static final String OWN_TEMPLATE = "the model's own template is the one it was trained with";

    private OllamaShapes() {}

    static final Field<String> MODEL = Field.of("model", text(1, 512), "An id that /api/tags lists.");
    static final Field<String> NAME = Field.of("name", text(1, 512), "An older name of model.");
    static final Field<Boolean> STREAM = Field.of("stream", bool(), "True if not given.");
    static final Field<Duration> KEEP_ALIVE =
            Field.of("keep_alive", KeepAlive.KIND, "How long the model stays loaded after this; 0: not at all.");
    private static final Kind<JsonNode> FORMAT_KIND = either(oneOf("", "json").as(OllamaShapes::node), anyObject());
    static final Field<JsonNode> FORMAT = Field.of("format", FORMAT_KIND, "\"json\", or a JSON Schema.");
    static final Field<Boolean> THINK = Field.of(
            "think", bool(), "Whether a model that can think before it answers does so; how hard cannot be chosen.");
    static final Field<Boolean> LOGPROBS = Field.of("logprobs", bool(), "");
    static final Field<Integer> TOP_LOGPROBS = Field.of("top_logprobs", integer(0, 20), "With logprobs.");
    private static final Field<JsonNode> IMAGES = Field.only("images", NO_SIGHT, List.of());

    private static JsonNode node(Object value) {
        return dev.puna.server.wire.Json.node(value);
    }

    // ---- generate

    static final Field<String> PROMPT = Field.of("prompt", text(), "Without one, the model is only loaded.");
    static final Field<String> SYSTEM = Field.of("system", text(), "");
    static final Field<String> SUFFIX =
            Field.of("suffix", text(), "What comes after the answer; for models that were trained to fill in.");
    static final Field<Boolean> RAW = Field.of("raw", bool(), "The prompt as it is, without the model's template.");

    static final Shape GENERATE = Shape.of(
            MODEL,
            PROMPT,
            SUFFIX,
            SYSTEM,
            RAW,
            STREAM,
            FORMAT,
            KEEP_ALIVE,
            THINK,
            LOGPROBS,
            TOP_LOGPROBS,
            OllamaOptions.FIELD,
            IMAGES,
            Field.only("template", OWN_TEMPLATE, ""),
            Field.only("context", "send the talk to /api/chat", List.of()),
            Field.refused("width", NO_IMAGES),
            Field.refused("height", NO_IMAGES),
            Field.refused("steps", NO_IMAGES),
            Field.only("truncate", "a prompt that is too long is refused", false),
            Field.only("shift", "an answer ends where the context is full", false));

    // ---- chat

    static final Field<String> ROLE = Field.needed("role", oneOf("system", "user", "assistant", "tool"), "");
    static final Field<String> CONTENT = Field.of("content", text(), "");
    static final Field<String> THINKING = Field.of("thinking", text(), "What the model thought before.");
    static final Field<String> TOOL_NAME = Field.of("tool_name", text(1, 128), "Which tool this is the result of.");
    static final Field<String> TOOL_CALL_ID = Field.of("tool_call_id", text(1, 256), "Which call it is the result of.");
    static final Field<String> CALL_ID = Field.of("id", text(1, 256), "");
    static final Field<String> FUNCTION_NAME = Field.needed("name", text(1, 128), "");
    static final Field<JsonNode> ARGUMENTS = Field.of("arguments", anyObject(), "");
    static final Field<Values> FUNCTION_CALLED = Field.needed(
            "function",
            object(Shape.of(
                    FUNCTION_NAME,
                    ARGUMENTS,
                    Field.of("index", integer(0, Integer.MAX_VALUE), "Calls stand in their order."),
                    Field.of("description", text(), "Said by the tool's declaration."))),
            "");
    private static final Shape CALL = Shape.of(CALL_ID, FUNCTION_CALLED, Field.of("type", oneOf("function"), ""));
    static final Field<List<Values>> CALLS = Field.of("tool_calls", list(object(CALL), TOOLS), "");
    static final Shape MESSAGE = Shape.of(ROLE, CONTENT, THINKING, CALLS, TOOL_NAME, TOOL_CALL_ID, IMAGES);
    static final Field<List<Values>> MESSAGES_FIELD = Field.of("messages", list(object(MESSAGE), MESSAGES), "");

    static final Field<String> DESCRIPTION = Field.of("description", text(), "");
    static final Field<JsonNode> PARAMETERS = Field.of("parameters", anyObject(), "JSON Schema.");
    static final Field<Boolean> STRICT = Field.of("strict", bool(), "Every call keeps to the schema.");
    static final Field<Values> FUNCTION = Field.needed(
            "function",
            object(Shape.of(FUNCTION_NAME, DESCRIPTION, PARAMETERS, Field.of("type", any(), ""), STRICT)),
            "");
    private static final Shape TOOL = Shape.of(Field.of("type", oneOf("function"), ""), FUNCTION);
    static final Field<List<Values>> TOOLS_FIELD = Field.of("tools", list(object(TOOL), TOOLS), "");

    static final Shape CHAT = Shape.of(
            MODEL,
            MESSAGES_FIELD,
            TOOLS_FIELD,
            STREAM,
            FORMAT,
            KEEP_ALIVE,
            THINK,
            LOGPROBS,
            TOP_LOGPROBS,
            OllamaOptions.FIELD,
            Field.only("truncate", "a talk that is too long is refused", false),
            Field.only("shift", "an answer ends where the context is full", false));

    // ---- embed

    static final Field<Object> INPUT = Field.needed("input", either(text(), list(text(), TEXTS)), "");
    static final Field<Integer> DIMENSIONS = Field.of("dimensions", integer(1, Integer.MAX_VALUE), "");
    static final Field<Boolean> TRUNCATE =
            Field.of("truncate", bool(), "Whether a text that is too long is cut; without it, it is refused.");
    static final Shape EMBED = Shape.of(MODEL, INPUT, TRUNCATE, DIMENSIONS, KEEP_ALIVE, OllamaOptions.FIELD);
    static final Field<String> EMBED_PROMPT = Field.needed("prompt", text(), "");
    static final Shape EMBEDDINGS = Shape.of(MODEL, EMBED_PROMPT, KEEP_ALIVE, OllamaOptions.FIELD);

    // ---- models

    static final Shape ONE_MODEL = Shape.of(MODEL, NAME);
    static final Field<Boolean> VERBOSE =
            Field.of("verbose", bool(), "Whether the lists of the file's metadata are given too.");
    static final Shape SHOW = ONE_MODEL.and(
            VERBOSE,
            Field.only("system", "a model is shown as it is", ""),
            Field.only("template", "a model is shown as it is", ""),
            Field.only("options", "a model is shown as it is", java.util.Map.of()));
    static final Shape PULL = ONE_MODEL.and(
            STREAM,
            Field.only("insecure", "certificates are always checked", false),
            Field.refused("username", "credentials belong into the server's settings"),
            Field.refused("password", "credentials belong into the server's settings"));
    static final Field<String> FROM = Field.needed("source", text(1, 512), "");
    static final Field<String> TO = Field.needed("destination", text(1, 512), "");
    static final Shape COPY = Shape.of(FROM, TO);

    /** The model that a request names, by its newer or its older field. */
    static String model(Values body) {
        return body.get(MODEL)
                .or(() -> body.get(NAME))
                .orElseThrow(() -> dev.puna.server.wire.Failure.invalid("model", "is missing"));
    }
}
