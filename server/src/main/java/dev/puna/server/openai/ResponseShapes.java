package dev.puna.server.openai;

import static dev.puna.server.openai.ChatShapes.*;

import dev.puna.server.wire.Field;
import dev.puna.server.wire.Kind;
import dev.puna.server.wire.Shape;
import dev.puna.server.wire.Values;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The fields of a response's request. Kinds that chat has too are chat's. */
final class ResponseShapes {
    static final int ITEMS = 4096;
    private static final String NO_EYES = "the model reads text only";

    // Parts of a message
    private static final Field<List<JsonNode>> ANNOTATIONS =
            Field.of("annotations", Kind.list(Kind.anyObject(), 1024), "As they came; models do not see them.");
    private static final Field<List<JsonNode>> PART_LOGPROBS =
            Field.of("logprobs", Kind.list(Kind.anyObject(), 1 << 16), "As they came; models do not see them.");
    private static final Map<String, Shape> PARTS = shapes(
            "input_text", Shape.of(TYPE, TEXT),
            "output_text", Shape.of(TYPE, TEXT, ANNOTATIONS, PART_LOGPROBS),
            "text", Shape.of(TYPE, TEXT),
            "refusal", Shape.of(TYPE, REFUSAL_TEXT),
            "input_image",
                    Shape.of(
                            TYPE,
                            Field.refused("image_url", NO_EYES),
                            Field.refused("file_id", NO_EYES),
                            Field.refused("detail", NO_EYES)),
            "input_file",
                    Shape.of(
                            TYPE,
                            Field.refused("file_data", NO_EYES),
                            Field.refused("file_id", NO_EYES),
                            Field.refused("file_url", "the server fetches nothing"),
                            Field.refused("filename", NO_EYES)));
    private static final Kind<String> PARTS_OR_TEXT = Kind.either(
            Kind.text(),
            Kind.list(Kind.tagged("type", PARTS), ITEMS)
                    .as(parts -> String.join(
                            "\n",
                            parts.stream()
                                    .map(part -> part.get(TEXT)
                                            .or(() -> part.get(REFUSAL_TEXT))
                                            .orElse(""))
                                    .toList())));

    // Items
    static final Field<String> ID = Field.of("id", Kind.text(0, 512), "");
    private static final Field<String> STATUS =
            Field.of("status", Kind.oneOf("in_progress", "completed", "incomplete"), "As it came.");
    static final Field<String> ITEM_ROLE =
            Field.needed("role", Kind.oneOf("user", "assistant", "system", "developer"), "");
    static final Field<String> ITEM_CONTENT = Field.needed("content", PARTS_OR_TEXT, "");
    private static final Field<String> PHASE =
            Field.of("phase", Kind.oneOf("commentary", "final_answer"), "As it came.");
    static final Field<String> CALL = Field.needed("call_id", Kind.text(1, 512), "");
    static final Field<String> OUTPUT = Field.needed("output", PARTS_OR_TEXT, "What the function gave.");
    private static final Field<JsonNode> MADE_BY =
            Field.only("caller", "calls come from the model itself", Map.of("type", "direct"));
    private static final Field<JsonNode> NAMESPACE = Field.refused("namespace", "functions have no namespaces");
    private static final Field<JsonNode> AT_ONCE = Field.only("async", "calls are waited for", false);
    private static final Shape REASONING_PART = Shape.of(TYPE, TEXT);
    static final Field<List<Values>> THOUGHTS =
            Field.of("content", Kind.list(Kind.object(REASONING_PART), ITEMS), "What the model had thought.");
    private static final Map<String, Shape> ITEM_SHAPES = shapes(
            "message", Shape.of(TYPE, ID, STATUS, ITEM_ROLE, ITEM_CONTENT, PHASE),
            "function_call", Shape.of(TYPE, ID, STATUS, CALL, FUNCTION_NAME, ARGUMENTS, MADE_BY, NAMESPACE, AT_ONCE),
            "function_call_output",
                    Shape.of(
                            TYPE,
                            ID,
                            STATUS,
                            CALL,
                            OUTPUT,
                            MADE_BY,
                            NAMESPACE,
                            Field.of("name", Kind.text(1, 64), "As it came; the call has it too.")),
            "reasoning",
                    Shape.of(
                            TYPE,
                            ID,
                            STATUS,
                            THOUGHTS,
                            Field.of("summary", Kind.list(Kind.object(REASONING_PART), ITEMS), "As it came."),
                            Field.refused("encrypted_content", "nothing here was encrypted")));

    private static Map<String, Shape> shapes(Object... pairs) {
        Map<String, Shape> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], (Shape) pairs[i + 1]);
        }
        return map;
    }

    static final Kind<Values> ITEM = Kind.tagged("type", ITEM_SHAPES, "message");

    /** As it came, checked and kept: what is stored is what was sent. */
    record Item(JsonNode json, Values values) {}

    private static final Kind<Item> KEPT_ITEM = new Kind<>() {
        @Override
        public Item read(JsonNode node, String path) {
            return new Item(node, ITEM.read(node, path));
        }

        @Override
        public boolean fits(JsonNode node) {
            return ITEM.fits(node);
        }

        @Override
        public Map<String, Object> schema() {
            return ITEM.schema();
        }
    };

    static Item message(String text) {
        JsonNode json = dev.puna.server.wire.Json.node(
                dev.puna.server.wire.Json.map("type", "message", "role", "user", "content", text));
        return item(json);
    }

    static Item item(JsonNode json) {
        return new Item(json, ITEM.read(json, "input"));
    }

    static final Field<List<Item>> INPUT = Field.of(
            "input",
            Kind.either(Kind.text().as(text -> List.of(message(text))), Kind.list(KEPT_ITEM, ITEMS)),
            "A text, or messages, calls and their results.");
    static final Field<String> INSTRUCTIONS = Field.of(
            "instructions", Kind.text(), "What the model is told before the conversation; for this time only.");
    static final Field<String> PREVIOUS =
            Field.of("previous_response_id", Kind.text(1, 128), "Go on from a stored response.");

    // Tools
    private static final Shape FUNCTION_TOOL = Shape.of(
            TYPE,
            FUNCTION_NAME,
            DESCRIPTION,
            PARAMETERS,
            STRICT,
            AT_ONCE,
            Field.only("allowed_callers", "calls come from the model itself", List.of("direct")),
            Field.only("defer_loading", "every tool is shown to the model", false),
            Field.refused("output_schema", "what a function gives is not checked"));
    static final Field<List<Values>> TOOLS =
            Field.of("tools", Kind.list(Kind.tagged("type", Map.of("function", FUNCTION_TOOL)), ChatShapes.TOOLS), "");
    private static final Shape NAMED = Shape.of(TYPE, FUNCTION_NAME);
    static final Field<List<Values>> ALLOWED_NAMES =
            Field.needed("tools", Kind.list(Kind.tagged("type", Map.of("function", NAMED)), ChatShapes.TOOLS), "");
    static final Field<Object> CHOICE = Field.of(
            "tool_choice",
            Kind.<Object>either(
                    Kind.oneOf("none", "auto", "required"),
                    Kind.tagged(
                            "type", shapes("function", NAMED, "allowed_tools", Shape.of(TYPE, MODE, ALLOWED_NAMES)))),
            "Whether the model calls, and what.");

    // The form of the text
    static final Field<Values> FORMAT = Field.of(
            "format",
            Kind.tagged(
                    "type",
                    shapes(
                            "text",
                            Shape.of(TYPE),
                            "json_object",
                            Shape.of(TYPE),
                            "json_schema",
                            Shape.of(TYPE, FORM_NAME, DESCRIPTION, SCHEMA, STRICT))),
            "What the answer must look like; always enforced.");
    static final Field<Values> TEXT_FORM = Field.of("text", Kind.object(Shape.of(FORMAT, VERBOSITY)), "");

    static final Field<String> EFFORT = Field.of(
            "effort",
            Kind.oneOf("none", "minimal", "low", "medium", "high", "xhigh", "max"),
            "For models whose template knows it; none is always possible.");
    static final Field<Values> THINKING = Field.of(
            "reasoning",
            Kind.object(Shape.of(
                    EFFORT,
                    Field.refused("context", "what a model thinks of earlier turns is up to its template"),
                    Field.refused("mode", "a model thinks as it is used to"),
                    Field.refused("summary", "what the model thinks is given whole"),
                    Field.refused("generate_summary", "what the model thinks is given whole"))),
            "");

    static final Field<Integer> MAX_OUTPUT =
            Field.of("max_output_tokens", Kind.integer(1, Integer.MAX_VALUE), "The most new tokens.");
    static final Field<Boolean> STORE =
            Field.of("store", Kind.bool(), "Keep the response, so that another can go on from it; true if not given.");
    static final Field<List<String>> INCLUDE = Field.of(
            "include", Kind.list(Kind.oneOf("message.output_text.logprobs"), 8), "What to add to the response.");
    static final Field<String> TRUNCATION = Field.of(
            "truncation",
            Kind.oneOf("auto", "disabled"),
            "auto: leave out the oldest messages that do not fit, and say how many in 'truncated_items'.");
    static final Field<Values> EVENT_OPTIONS =
            Field.of("stream_options", Kind.object(Shape.of(INCLUDE_OBFUSCATION)), "Needs stream.");

    private static final Field<?>[] PROMPT = {
        MODEL,
        INPUT,
        INSTRUCTIONS,
        PREVIOUS,
        TOOLS,
        CHOICE,
        PARALLEL,
        THINKING,
        TRUNCATION,
        TEXT_FORM,
        Field.refused("conversation", "conversations are not kept; use 'previous_response_id'")
    };

    static final Shape CREATE = Shape.of(PROMPT)
            .and(SamplingFields.ALL)
            .and(
                    MAX_OUTPUT,
                    STORE,
                    INCLUDE,
                    TOP_LOGPROBS,
                    STREAM,
                    EVENT_OPTIONS,
                    SERVICE_TIER,
                    METADATA,
                    CACHE_SALT,
                    USER,
                    SAFETY_IDENTIFIER,
                    CACHE_KEY,
                    CACHE_RETENTION,
                    CACHE_OPTIONS,
                    MODERATION,
                    Field.only("background", "a response is made while its request lasts", false),
                    Field.refused("prompt", "there are no stored prompts"),
                    Field.refused("max_tool_calls", "the server calls nothing itself"),
                    Field.refused("context_management", "nothing is compacted"),
                    Field.refused("image", "the model makes no images"),
                    Field.refused("access_programs", "the server runs no programs"));

    static final Shape COUNT = Shape.of(PROMPT).and(Field.refused("personality", "no model here knows it"));

    private ResponseShapes() {}
}
