package dev.puna.server.anthropic;

import static dev.puna.server.wire.Kind.any;
import static dev.puna.server.wire.Kind.anyObject;
import static dev.puna.server.wire.Kind.bool;
import static dev.puna.server.wire.Kind.either;
import static dev.puna.server.wire.Kind.integer;
import static dev.puna.server.wire.Kind.list;
import static dev.puna.server.wire.Kind.number;
import static dev.puna.server.wire.Kind.object;
import static dev.puna.server.wire.Kind.oneOf;
import static dev.puna.server.wire.Kind.tagged;
import static dev.puna.server.wire.Kind.text;

import dev.puna.server.wire.Field;
import dev.puna.server.wire.Kind;
import dev.puna.server.wire.Shape;
import dev.puna.server.wire.Values;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The fields of Anthropic's requests. */
final class MessageShapes {
    static final int MESSAGES = 100_000; // of a request
    static final int BLOCKS = 10_000; // of a message
    static final int TOOLS = 1_000; // of a request

    private static final String NO_SIGHT = "this model cannot see images";
    private static final String NO_SERVER_TOOLS = "tools that the server itself would run are not offered";
    private static final String NO_THOUGHTS = "no such block is ever given out by this server";

    private MessageShapes() {}

    // ---- what blocks have in common

    /** Prefixes are always kept and found again, so a breakpoint asks for what happens anyway. */
    static final Field<Values> CACHE = Field.of(
            "cache_control",
            object(Shape.of(
                    Field.needed("type", oneOf("ephemeral"), ""),
                    Field.of("ttl", oneOf("5m", "1h"), "The cache decides for itself how long it keeps what."))),
            "Prompts are cached by their prefix, with a breakpoint and without; usage says how much was found.");

    private static final Field<JsonNode> CITATIONS =
            Field.only("citations", "answers carry no citations", List.of(), Map.of("enabled", false));

    static final Field<String> TYPE = Field.needed("type", text(1, 64), "");
    static final Field<String> TEXT = Field.needed("text", text(), "");

    private static final Shape TEXT_BLOCK = Shape.of(TYPE, TEXT, CACHE, CITATIONS);

    private static Shape refused(String field, String why) {
        return Shape.of(TYPE, Field.refused(field, why), CACHE);
    }

    // ---- documents

    static final Field<String> DATA = Field.needed("data", text(), "");
    static final Field<String> TITLE = Field.of("title", text(), "Stands above the document's text.");
    static final Field<String> CONTEXT = Field.of("context", text(), "Stands between the title and the text.");
    static final Field<Values> SOURCE = Field.needed(
            "source",
            tagged(
                    "type",
                    Map.of(
                            "text",
                            Shape.of(TYPE, DATA, Field.needed("media_type", oneOf("text/plain"), "")),
                            "base64",
                            refused("data", "PDF documents are not read"),
                            "url",
                            refused("url", "this server fetches nothing"),
                            "file",
                            refused("file_id", "files cannot be put into messages"))),
            "");
    private static final Shape DOCUMENT = Shape.of(TYPE, SOURCE, TITLE, CONTEXT, CACHE, CITATIONS);

    // ---- tools used, and what came of it

    static final Field<String> ID = Field.needed("id", text(1, 256), "");
    static final Field<String> NAME = Field.needed("name", text(1, 128), "");
    static final Field<JsonNode> INPUT = Field.needed("input", anyObject(), "");
    private static final Field<JsonNode> CALLER =
            Field.only("caller", "calls come from the model itself", Map.of("type", "direct"));
    private static final Field<JsonNode> TOOLSET = Field.refused("toolset_name", NO_SERVER_TOOLS);
    private static final Shape TOOL_USE = Shape.of(TYPE, ID, NAME, INPUT, CACHE, CALLER, TOOLSET);

    static final Field<String> TOOL_USE_ID = Field.needed("tool_use_id", text(1, 256), "");
    static final Field<Boolean> IS_ERROR = Field.of("is_error", bool(), "The model is told that the tool failed.");
    private static final Kind<List<Values>> RESULT_BLOCKS = list(
            tagged(
                    "type",
                    variants(
                            "text", TEXT_BLOCK,
                            "document", DOCUMENT,
                            "image", refused("source", NO_SIGHT))),
            BLOCKS);
    static final Field<Object> RESULT = Field.of("content", either(text(), RESULT_BLOCKS), "");
    private static final Shape TOOL_RESULT = Shape.of(TYPE, TOOL_USE_ID, RESULT, IS_ERROR, CACHE, TOOLSET);

    // ---- messages

    static final Field<String> THINKING_TEXT = Field.needed("thinking", text(), "");
    private static final Field<String> SIGNATURE =
            Field.of("signature", text(), "Thoughts are taken back as they are, signed or not.");
    private static final Kind<List<Values>> BLOCKS_OF_MESSAGE = list(
            tagged(
                    "type",
                    variants(
                            "text", TEXT_BLOCK,
                            "tool_use", TOOL_USE,
                            "tool_result", TOOL_RESULT,
                            "document", DOCUMENT,
                            "image", refused("source", NO_SIGHT),
                            "search_result", refused("source", "give its text as a text block"),
                            "thinking", Shape.of(TYPE, THINKING_TEXT, SIGNATURE),
                            "redacted_thinking", refused("data", NO_THOUGHTS),
                            "server_tool_use", refused("input", NO_SERVER_TOOLS),
                            "container_upload", refused("file_id", NO_SERVER_TOOLS))),
            BLOCKS);
    static final Field<String> ROLE = Field.needed("role", oneOf("user", "assistant", "system"), "");
    static final Field<Object> CONTENT = Field.needed("content", either(text(), BLOCKS_OF_MESSAGE), "");
    static final Field<List<Values>> MESSAGES_FIELD =
            Field.needed("messages", list(object(Shape.of(ROLE, CONTENT)), MESSAGES), "");
    static final Field<Object> SYSTEM = Field.of(
            "system", either(text(), list(tagged("type", Map.of("text", TEXT_BLOCK)), BLOCKS)), "Before all messages.");

    // ---- tools offered

    static final Field<String> DESCRIPTION = Field.of("description", text(), "");
    static final Field<JsonNode> INPUT_SCHEMA = Field.needed("input_schema", anyObject(), "JSON Schema of the input.");
    static final Field<Boolean> STRICT = Field.of("strict", bool(), "Inputs follow the schema, with it and without.");
    static final Field<List<JsonNode>> EXAMPLES =
            Field.of("input_examples", list(anyObject(), 100), "Shown to the model with the description.");
    static final Field<String> TOOL_NAME = Field.needed("name", text(1, 128), "");
    private static final Shape TOOL = Shape.of(
            Field.of("type", oneOf("custom"), ""),
            TOOL_NAME,
            DESCRIPTION,
            INPUT_SCHEMA,
            STRICT,
            EXAMPLES,
            CACHE,
            Field.of("eager_input_streaming", bool(), "Inputs are streamed as they are made, with it and without."),
            Field.only("defer_loading", "every tool is shown to the model", false),
            Field.only("allowed_callers", "calls come from the model itself", List.of("direct")));
    static final Field<List<Values>> TOOLS_FIELD =
            Field.of("tools", list(tagged("type", Map.of("custom", TOOL), "custom"), TOOLS), "");

    static final Field<String> CHOICE = Field.needed("type", text(1, 16), "");
    static final Field<Boolean> ONE_AT_A_TIME =
            Field.of("disable_parallel_tool_use", bool(), "At most one call in an answer.");
    static final Field<String> CHOSEN = Field.needed("name", text(1, 128), "");
    static final Field<Values> TOOL_CHOICE = Field.of(
            "tool_choice",
            tagged(
                    "type",
                    variants(
                            "auto", Shape.of(CHOICE, ONE_AT_A_TIME),
                            "any", Shape.of(CHOICE, ONE_AT_A_TIME),
                            "tool", Shape.of(CHOICE, CHOSEN, ONE_AT_A_TIME),
                            "none", Shape.of(CHOICE))),
            "");

    // ---- thinking, format, and the rest

    static final Field<String> DISPLAY = Field.of(
            "display", oneOf("summarized", "omitted"), "Thoughts are given out as they are, unless they are omitted.");
    static final Field<Integer> BUDGET = Field.needed(
            "budget_tokens",
            integer(1, Integer.MAX_VALUE),
            "The most tokens of thoughts; only for models that have none, for thoughts cannot be cut short.");
    static final Field<Values> THINKING = Field.of(
            "thinking",
            tagged(
                    "type",
                    variants(
                            "disabled", Shape.of(TYPE),
                            "adaptive", Shape.of(TYPE, DISPLAY),
                            "enabled", Shape.of(TYPE, BUDGET, DISPLAY),
                            "between_tools",
                                    Shape.of(
                                            Field.refused("type", "a model thinks before it answers or not at all"),
                                            Field.of("budget_tokens", any(), ""),
                                            DISPLAY))),
            "A model that thinks before it answers does so unless this is \"disabled\".");

    static final Field<JsonNode> SCHEMA = Field.needed("schema", anyObject(), "JSON Schema of the answer.");
    static final Field<Values> FORMAT =
            Field.of("format", tagged("type", Map.of("json_schema", Shape.of(TYPE, SCHEMA))), "");
    static final Field<Values> OUTPUT_CONFIG = Field.of(
            "output_config",
            object(Shape.of(FORMAT, Field.only("effort", "the effort of this model cannot be changed", "high"))),
            "");

    static final Field<String> MODEL = Field.needed("model", text(1, 512), "An id that /v1/models lists.");
    static final Field<String> USER_ID = Field.of("user_id", text(0, 512), "Who asks, in the caller's own words.");
    static final Field<Values> METADATA = Field.of("metadata", object(Shape.of(USER_ID)), "");
    static final Field<Integer> MAX_TOKENS =
            Field.needed("max_tokens", integer(1, Integer.MAX_VALUE), "The most tokens of the answer.");
    static final Field<Boolean> STREAM = Field.of("stream", bool(), "");
    static final Field<List<String>> STOP_SEQUENCES = Field.of("stop_sequences", list(text(1, 1024), 64), "");
    static final Field<Double> TEMPERATURE = Field.of("temperature", number(0, 2), "0 takes the likeliest token.");
    static final Field<Double> TOP_P = Field.of("top_p", number(0, 1), "");
    static final Field<Integer> TOP_K = Field.of("top_k", integer(0, Integer.MAX_VALUE), "0 takes all.");
    static final Field<String> SERVICE_TIER = Field.of("service_tier", oneOf("auto", "standard_only"), "");

    private static final Shape ASKED = Shape.of(
            MODEL,
            MESSAGES_FIELD,
            SYSTEM,
            TOOLS_FIELD,
            TOOL_CHOICE,
            THINKING,
            OUTPUT_CONFIG,
            CACHE,
            Field.only("speed", "there is one speed", "standard"));

    static final Shape COUNT = ASKED;

    static final Shape CREATE = ASKED.and(
            MAX_TOKENS,
            STREAM,
            STOP_SEQUENCES,
            TEMPERATURE,
            TOP_P,
            TOP_K,
            METADATA,
            SERVICE_TIER,
            Field.refused("container", NO_SERVER_TOOLS),
            Field.refused("mcp_servers", NO_SERVER_TOOLS),
            Field.refused("context_management", "messages are never changed by the server"),
            Field.refused("diagnostics", "cache misses are not explained"),
            Field.refused("inference_geo", "the model runs where this server runs"));

    private static Map<String, Shape> variants(Object... pairs) {
        Map<String, Shape> all = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            all.put((String) pairs[i], (Shape) pairs[i + 1]);
        }
        return all;
    }
}
