package dev.puna.server.gemini;

import static dev.puna.server.wire.Kind.any;
import static dev.puna.server.wire.Kind.anyObject;
import static dev.puna.server.wire.Kind.bool;
import static dev.puna.server.wire.Kind.either;
import static dev.puna.server.wire.Kind.integer;
import static dev.puna.server.wire.Kind.list;
import static dev.puna.server.wire.Kind.number;
import static dev.puna.server.wire.Kind.object;
import static dev.puna.server.wire.Kind.oneOf;
import static dev.puna.server.wire.Kind.text;
import static dev.puna.server.wire.Kind.whole;

import dev.puna.server.wire.Field;
import dev.puna.server.wire.Kind;
import dev.puna.server.wire.Shape;
import dev.puna.server.wire.Values;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * The fields of Gemini's requests. As Google's servers do, all shapes take a field's name in camel case and in snake
 * case.
 */
final class GeminiShapes {
    static final int CONTENTS = 100_000; // of a request
    static final int PARTS = 10_000; // of a content
    static final int TOOLS = 128; // of a request; a tool holds many functions
    static final int FUNCTIONS = 1_024; // of a tool

    private static final String NO_SERVER_TOOLS = "tools that the server itself would run are not offered";
    private static final String TEXT_ONLY = "this model reads and writes text only";

    private GeminiShapes() {}

    private static Shape shape(Field<?>... fields) {
        return Shape.of(fields).inSnakeCaseToo();
    }

    // ---- parts

    static final Field<String> TEXT = Field.of("text", text(), "");
    static final Field<Boolean> THOUGHT = Field.of("thought", bool(), "The text is what the model thought before.");

    static final Field<String> CALL_ID = Field.of("id", text(1, 256), "");
    static final Field<String> NAME = Field.needed("name", text(1, 128), "");
    static final Field<JsonNode> ARGS = Field.of("args", anyObject(), "");
    static final Field<Values> FUNCTION_CALL = Field.of(
            "functionCall",
            object(shape(
                    CALL_ID,
                    NAME,
                    ARGS,
                    Field.refused("partialArgs", "calls are whole"),
                    Field.only("willContinue", "calls are whole", false))),
            "");

    static final Field<JsonNode> RESPONSE = Field.needed(
            "response", anyObject(), "What came of the call: under \"output\" or \"error\", or as a whole.");
    static final Field<Values> FUNCTION_RESPONSE = Field.of(
            "functionResponse",
            object(shape(
                    CALL_ID,
                    NAME,
                    RESPONSE,
                    Field.only("parts", TEXT_ONLY, List.of()),
                    Field.only("willContinue", "a result is whole", false),
                    Field.refused("scheduling", "results are read at once"))),
            "");

    static final Field<String> MIME_TYPE = Field.needed("mimeType", text(1, 256), "text/*: nothing else is read.");
    static final Field<String> DATA = Field.needed("data", text(), "In base64.");
    static final Field<Values> INLINE_DATA = Field.of(
            "inlineData", object(shape(MIME_TYPE, DATA, Field.of("displayName", text(), ""))), "A text, in base64.");

    static final Shape PART = shape(
            TEXT,
            THOUGHT,
            FUNCTION_CALL,
            FUNCTION_RESPONSE,
            INLINE_DATA,
            Field.of("thoughtSignature", text(), "Thoughts are taken back as they are, signed or not."),
            Field.refused("fileData", "this server fetches nothing"),
            Field.refused("executableCode", NO_SERVER_TOOLS),
            Field.refused("codeExecutionResult", NO_SERVER_TOOLS),
            Field.refused("toolCall", NO_SERVER_TOOLS),
            Field.refused("toolResponse", NO_SERVER_TOOLS),
            Field.refused("videoMetadata", TEXT_ONLY),
            Field.refused("audioTranscription", TEXT_ONLY),
            Field.refused("speechMetadata", TEXT_ONLY),
            Field.refused("mediaResolution", TEXT_ONLY),
            Field.refused("mediaProcessing", TEXT_ONLY),
            Field.refused("partMetadata", "nothing is kept beside a part"));

    // ---- contents

    static final Field<List<Values>> PARTS_FIELD = Field.of("parts", list(object(PART), PARTS), "");
    static final Field<String> ROLE = Field.of("role", oneOf("user", "model", "function", "system"), "");
    private static final Shape CONTENT_SHAPE = shape(PARTS_FIELD, ROLE);
    static final Field<List<Values>> CONTENTS_FIELD = Field.of("contents", list(object(CONTENT_SHAPE), CONTENTS), "");
    static final Field<Values> SYSTEM = Field.of("systemInstruction", object(CONTENT_SHAPE), "Before all contents.");

    // ---- tools

    static final Field<String> DESCRIPTION = Field.of("description", text(), "");
    static final Field<JsonNode> PARAMETERS = Field.of("parameters", anyObject(), "Google's subset of OpenAPI.");
    static final Field<JsonNode> PARAMETERS_JSON = Field.of("parametersJsonSchema", anyObject(), "JSON Schema.");
    static final Field<JsonNode> RETURNS = Field.of("response", anyObject(), "Shown to the model.");
    static final Field<JsonNode> RETURNS_JSON = Field.of("responseJsonSchema", any(), "Shown to the model.");
    private static final Shape DECLARATION = shape(
            NAME,
            DESCRIPTION,
            PARAMETERS,
            PARAMETERS_JSON,
            RETURNS,
            RETURNS_JSON,
            Field.only("behavior", "calls are waited for", "UNSPECIFIED", "BLOCKING"));
    static final Field<List<Values>> FUNCTION_DECLARATIONS =
            Field.of("functionDeclarations", list(object(DECLARATION), FUNCTIONS), "");
    private static final Shape TOOL = shape(
            FUNCTION_DECLARATIONS,
            Field.refused("googleSearch", NO_SERVER_TOOLS),
            Field.refused("googleSearchRetrieval", NO_SERVER_TOOLS),
            Field.refused("googleMaps", NO_SERVER_TOOLS),
            Field.refused("codeExecution", NO_SERVER_TOOLS),
            Field.refused("computerUse", NO_SERVER_TOOLS),
            Field.refused("urlContext", NO_SERVER_TOOLS),
            Field.refused("fileSearch", NO_SERVER_TOOLS),
            Field.refused("mcpServers", NO_SERVER_TOOLS),
            Field.refused("retrieval", NO_SERVER_TOOLS),
            Field.refused("enterpriseWebSearch", NO_SERVER_TOOLS),
            Field.refused("exaAiSearch", NO_SERVER_TOOLS),
            Field.refused("parallelAiSearch", NO_SERVER_TOOLS));
    static final Field<List<Values>> TOOLS_FIELD = Field.of("tools", list(object(TOOL), TOOLS), "");

    static final Field<String> MODE =
            Field.of("mode", oneOf("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"), "");
    static final Field<List<String>> ALLOWED =
            Field.of("allowedFunctionNames", list(text(1, 128), FUNCTIONS), "With ANY and VALIDATED.");
    static final Field<Values> CALLING = Field.of(
            "functionCallingConfig",
            object(shape(
                    MODE, ALLOWED, Field.only("streamFunctionCallArguments", "calls come whole in this API", false))),
            "");
    static final Field<Values> TOOL_CONFIG = Field.of(
            "toolConfig",
            object(shape(
                    CALLING,
                    Field.refused("retrievalConfig", NO_SERVER_TOOLS),
                    Field.only("includeServerSideToolInvocations", NO_SERVER_TOOLS, false))),
            "");

    // ---- safety

    static final Field<String> CATEGORY = Field.needed(
            "category",
            oneOf(
                    "HARM_CATEGORY_UNSPECIFIED",
                    "HARM_CATEGORY_HARASSMENT",
                    "HARM_CATEGORY_HATE_SPEECH",
                    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
                    "HARM_CATEGORY_DANGEROUS_CONTENT",
                    "HARM_CATEGORY_CIVIC_INTEGRITY",
                    "HARM_CATEGORY_JAILBREAK",
                    "HARM_CATEGORY_IMAGE_HATE",
                    "HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT",
                    "HARM_CATEGORY_IMAGE_HARASSMENT",
                    "HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT"),
            "");
    static final Field<String> THRESHOLD = Field.needed(
            "threshold",
            oneOf(
                    "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
                    "BLOCK_LOW_AND_ABOVE",
                    "BLOCK_MEDIUM_AND_ABOVE",
                    "BLOCK_ONLY_HIGH",
                    "BLOCK_NONE",
                    "OFF"),
            "");
    static final Field<List<Values>> SAFETY = Field.of(
            "safetySettings",
            list(
                    object(shape(
                            CATEGORY,
                            THRESHOLD,
                            Field.only("method", "there is one method", "HARM_BLOCK_METHOD_UNSPECIFIED"))),
                    64),
            "What the guard model is to block; without one, only BLOCK_NONE and OFF can be kept.");

    // ---- generation

    private static final Kind<Integer> COUNT = integer(1, Integer.MAX_VALUE);
    static final Field<Double> TEMPERATURE = Field.of("temperature", number(0, 2), "0 takes the likeliest token.");
    static final Field<Double> TOP_P = Field.of("topP", number(0, 1), "");
    static final Field<Integer> TOP_K = Field.of("topK", integer(0, Integer.MAX_VALUE), "0 takes all.");
    static final Field<Integer> CANDIDATE_COUNT = Field.of("candidateCount", COUNT, "");
    static final Field<Integer> MAX_OUTPUT_TOKENS = Field.of("maxOutputTokens", COUNT, "");
    static final Field<List<String>> STOP_SEQUENCES = Field.of("stopSequences", list(text(1, 1024), 64), "");
    static final Field<Boolean> RESPONSE_LOGPROBS = Field.of("responseLogprobs", bool(), "");
    static final Field<Integer> LOGPROBS =
            Field.of("logprobs", integer(0, 20), "So many likeliest tokens; with responseLogprobs.");
    static final Field<Double> PRESENCE_PENALTY = Field.of("presencePenalty", number(-2, 2), "");
    static final Field<Double> FREQUENCY_PENALTY = Field.of("frequencyPenalty", number(-2, 2), "");
    static final Field<Long> SEED = Field.of("seed", whole(Long.MIN_VALUE, Long.MAX_VALUE), "");
    static final Field<String> RESPONSE_MIME_TYPE =
            Field.of("responseMimeType", oneOf("text/plain", "application/json", "text/x.enum"), "");
    static final Field<JsonNode> RESPONSE_SCHEMA =
            Field.of("responseSchema", anyObject(), "Google's subset of OpenAPI; with a responseMimeType.");
    static final Field<JsonNode> RESPONSE_JSON_SCHEMA =
            Field.of("responseJsonSchema", either(bool().as(GeminiShapes::node), anyObject()), "JSON Schema.");

    static final Field<Boolean> INCLUDE_THOUGHTS = Field.of("includeThoughts", bool(), "");
    static final Field<Integer> THINKING_BUDGET = Field.of(
            "thinkingBudget",
            integer(-1, Integer.MAX_VALUE),
            "0: no thoughts; −1: as the model is used to; more only where it has none.");
    static final Field<String> THINKING_LEVEL =
            Field.of("thinkingLevel", oneOf("THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH"), "");
    static final Field<Values> THINKING =
            Field.of("thinkingConfig", object(shape(INCLUDE_THOUGHTS, THINKING_BUDGET, THINKING_LEVEL)), "");

    static final Field<Values> GENERATION_CONFIG = Field.of(
            "generationConfig",
            object(shape(
                    TEMPERATURE,
                    TOP_P,
                    TOP_K,
                    CANDIDATE_COUNT,
                    MAX_OUTPUT_TOKENS,
                    STOP_SEQUENCES,
                    RESPONSE_LOGPROBS,
                    LOGPROBS,
                    PRESENCE_PENALTY,
                    FREQUENCY_PENALTY,
                    SEED,
                    RESPONSE_MIME_TYPE,
                    RESPONSE_SCHEMA,
                    RESPONSE_JSON_SCHEMA,
                    THINKING,
                    Field.only("responseModalities", TEXT_ONLY, List.of(), List.of("TEXT")),
                    Field.only("mediaResolution", TEXT_ONLY, "MEDIA_RESOLUTION_UNSPECIFIED"),
                    Field.refused("speechConfig", TEXT_ONLY),
                    Field.refused("imageConfig", TEXT_ONLY),
                    Field.refused("audioTranscriptionConfig", TEXT_ONLY),
                    Field.refused("translationConfig", TEXT_ONLY),
                    Field.only("audioTimestamp", TEXT_ONLY, false),
                    Field.only("enableAffectiveDialog", TEXT_ONLY, false),
                    Field.only("enableEnhancedCivicAnswers", "there are none", false),
                    Field.refused("responseFormat", "use responseMimeType and responseJsonSchema"),
                    Field.refused("routingConfig", "the model is the one that the path names"),
                    Field.refused("modelSelectionConfig", "the model is the one that the path names"))),
            "");

    static final Field<String> SERVICE_TIER = Field.of(
            "serviceTier", oneOf("unspecified", "standard", "flex", "priority"), "Who goes first where many wait.");
    static final Field<String> MODEL = Field.of("model", text(1, 512), "As in the path.");

    static final Shape GENERATE = shape(
            MODEL,
            CONTENTS_FIELD,
            SYSTEM,
            TOOLS_FIELD,
            TOOL_CONFIG,
            SAFETY,
            GENERATION_CONFIG,
            SERVICE_TIER,
            Field.refused("labels", "nothing is kept in this API"),
            Field.only("store", "nothing is kept in this API", false),
            Field.refused("cachedContent", "prompts are cached by their prefix, by themselves"),
            Field.refused("modelArmorConfig", NO_SERVER_TOOLS),
            Field.refused("generationOutputConfig", TEXT_ONLY),
            Field.refused("continuationToken", "answers are whole"));

    // ---- counting and embedding

    static final Field<Values> COUNTED = Field.of("generateContentRequest", object(GENERATE), "Instead of contents.");
    static final Shape COUNT_TOKENS = shape(MODEL, CONTENTS_FIELD, COUNTED, SYSTEM, TOOLS_FIELD, GENERATION_CONFIG);

    static final Field<Values> CONTENT = Field.needed("content", object(CONTENT_SHAPE), "");
    static final Field<String> EMBED_TITLE = Field.of("title", text(), "Stands above the text.");
    static final Field<Integer> DIMENSIONS = Field.of("outputDimensionality", COUNT, "");
    static final Shape EMBED = shape(
            MODEL,
            CONTENT,
            Field.only(
                    "taskType", "this model embeds every text alike", "TASK_TYPE_UNSPECIFIED", "SEMANTIC_SIMILARITY"),
            EMBED_TITLE,
            DIMENSIONS,
            Field.only("autoTruncate", "a text that is too long is refused", false));
    static final Field<List<Values>> REQUESTS = Field.needed("requests", list(object(EMBED), 2_048), "");
    static final Shape BATCH_EMBED = shape(MODEL, REQUESTS);

    private static JsonNode node(boolean value) {
        return dev.puna.server.wire.Json.node(value);
    }
}
