package dev.puna.server.openai;

import dev.puna.server.core.Completions;
import dev.puna.server.wire.Field;
import dev.puna.server.wire.Kind;
import dev.puna.server.wire.Shape;
import dev.puna.server.wire.Values;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The fields of a chat completion's request. */
final class ChatShapes {
    static final int MESSAGES = 4096;
    static final int TOOLS = 1024;
    private static final String NO_EYES = "the model reads text only";

    static final Field<String> MODEL =
            Field.needed("model", Kind.text(1, 512), "The name of a model, as /v1/models lists it.");

    // Parts of a message's content
    static final Field<String> TYPE = Field.of("type", Kind.text(1, 64), "");
    static final Field<String> TEXT = Field.needed("text", Kind.text(), "");
    static final Field<String> REFUSAL_TEXT = Field.needed("refusal", Kind.text(), "");
    private static final Field<JsonNode> BREAKPOINT = Field.of(
            "prompt_cache_breakpoint",
            Kind.anyObject(),
            "Every prompt is cached in blocks; more breakpoints change nothing.");
    private static final Shape TEXT_PART = Shape.of(TYPE, TEXT, BREAKPOINT);
    private static final Map<String, Shape> PARTS = parts();

    private static Map<String, Shape> parts() {
        Map<String, Shape> parts = new LinkedHashMap<>();
        parts.put("text", TEXT_PART);
        parts.put("image_url", Shape.of(TYPE, Field.refused("image_url", NO_EYES), BREAKPOINT));
        parts.put("input_audio", Shape.of(TYPE, Field.refused("input_audio", NO_EYES), BREAKPOINT));
        parts.put("file", Shape.of(TYPE, Field.refused("file", NO_EYES), BREAKPOINT));
        return parts;
    }

    private static final Kind<String> TEXTS = Kind.either(
            Kind.text(),
            Kind.list(Kind.tagged("type", Map.of("text", TEXT_PART)), MESSAGES).as(ChatShapes::joined));
    static final Kind<String> SEEN = Kind.either(
            Kind.text(), Kind.list(Kind.tagged("type", PARTS), MESSAGES).as(ChatShapes::joined));
    private static final Kind<String> SAID = Kind.either(
            Kind.text(),
            Kind.list(Kind.tagged("type", Map.of("text", TEXT_PART, "refusal", Shape.of(TYPE, REFUSAL_TEXT))), MESSAGES)
                    .as(ChatShapes::joined));

    private static String joined(List<Values> parts) {
        return String.join(
                "\n",
                parts.stream()
                        .map(part ->
                                part.get(TEXT).or(() -> part.get(REFUSAL_TEXT)).orElse(""))
                        .toList());
    }

    // Messages
    static final Field<String> ROLE = Field.needed("role", Kind.text(1, 64), "");
    static final Field<String> NAME = Field.of("name", Kind.text(1, 64), "Who speaks.");
    static final Field<String> CONTENT = Field.needed("content", TEXTS, "");
    static final Field<String> USER_CONTENT = Field.needed("content", SEEN, "");
    static final Field<String> ASSISTANT_CONTENT = Field.of("content", SAID, "May be left out beside calls.");
    static final Field<String> REFUSAL = Field.of("refusal", Kind.text(), "Read as the content where there is none.");
    static final Field<String> REASONING = Field.of(
            "reasoning_content",
            Kind.text(),
            "What the model had thought; its template decides whether it sees it again.");
    static final Field<String> CALL_ID = Field.of("id", Kind.text(1, 512), "");
    static final Field<String> FUNCTION_NAME = Field.needed("name", Kind.text(1, 64), "");
    static final Field<String> ARGUMENTS = Field.needed("arguments", Kind.text(), "A JSON object, as text.");
    private static final Kind<Values> CALLED = Kind.object(Shape.of(FUNCTION_NAME, ARGUMENTS));
    static final Field<Values> CALL_FUNCTION = Field.needed("function", CALLED, "");
    static final Field<Integer> CALL_INDEX =
            Field.of("index", Kind.integer(0, TOOLS), "As in streamed calls; their order counts.");
    static final Field<List<Values>> TOOL_CALLS = Field.of(
            "tool_calls",
            Kind.list(
                    Kind.tagged(
                            "type", Map.of("function", Shape.of(TYPE, CALL_ID, CALL_FUNCTION, CALL_INDEX)), "function"),
                    TOOLS),
            "");
    static final Field<Values> FUNCTION_CALL = Field.of("function_call", CALLED, "The older form of a call.");
    static final Field<String> TOOL_CALL_ID = Field.needed("tool_call_id", Kind.text(1, 512), "");
    static final Field<String> RESULT_NAME = Field.needed("name", Kind.text(1, 64), "");

    private static final Shape SYSTEM = Shape.of(ROLE, CONTENT, NAME);
    static final Field<List<Values>> MESSAGES_FIELD = Field.needed(
            "messages",
            Kind.list(
                    Kind.tagged(
                            "role",
                            ordered(
                                    "system",
                                    SYSTEM,
                                    "developer",
                                    SYSTEM,
                                    "user",
                                    Shape.of(ROLE, USER_CONTENT, NAME),
                                    "assistant",
                                    Shape.of(
                                            ROLE,
                                            ASSISTANT_CONTENT,
                                            NAME,
                                            REFUSAL,
                                            TOOL_CALLS,
                                            FUNCTION_CALL,
                                            REASONING,
                                            Field.only("annotations", "there are none", List.of()),
                                            Field.refused("audio", "the model has no voice")),
                                    "tool",
                                    Shape.of(ROLE, CONTENT, TOOL_CALL_ID, NAME),
                                    "function",
                                    Shape.of(ROLE, CONTENT, RESULT_NAME))),
                    MESSAGES),
            "The conversation, the oldest message first.");

    private static Map<String, Shape> ordered(Object... pairs) {
        Map<String, Shape> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], (Shape) pairs[i + 1]);
        }
        return map;
    }

    // Tools
    static final Field<String> DESCRIPTION = Field.of("description", Kind.text(), "");
    static final Field<JsonNode> PARAMETERS = Field.of("parameters", Kind.anyObject(), "A JSON Schema.");
    static final Field<Boolean> STRICT = Field.of("strict", Kind.bool(), "Whether calls must keep to the schema.");
    static final Shape FUNCTION = Shape.of(FUNCTION_NAME, DESCRIPTION, PARAMETERS, STRICT);
    static final Field<Values> TOOL_FUNCTION = Field.needed("function", Kind.object(FUNCTION), "");
    static final Field<List<Values>> TOOLS_FIELD = Field.of(
            "tools",
            Kind.list(Kind.tagged("type", Map.of("function", Shape.of(TYPE, TOOL_FUNCTION))), TOOLS),
            "What the model may call.");
    static final Field<Values> CHOSEN = Field.needed("function", Kind.object(Shape.of(FUNCTION_NAME)), "");
    static final Field<String> MODE = Field.needed("mode", Kind.oneOf("auto", "required"), "");
    static final Field<List<Values>> ALLOWED = Field.needed(
            "tools", Kind.list(Kind.tagged("type", Map.of("function", Shape.of(TYPE, CHOSEN))), TOOLS), "");
    static final Field<Values> ALLOWED_TOOLS = Field.needed("allowed_tools", Kind.object(Shape.of(MODE, ALLOWED)), "");
    /** A text or {@link Values}. */
    static final Field<Object> TOOL_CHOICE = Field.of(
            "tool_choice",
            Kind.<Object>either(
                    Kind.oneOf("none", "auto", "required"),
                    Kind.tagged(
                            "type",
                            ordered(
                                    "function",
                                    Shape.of(TYPE, CHOSEN),
                                    "allowed_tools",
                                    Shape.of(TYPE, ALLOWED_TOOLS)))),
            "Whether the model calls, and what.");

    static final Field<Boolean> PARALLEL = Field.of("parallel_tool_calls", Kind.bool(), "False: one call at most.");
    static final Field<List<Values>> FUNCTIONS =
            Field.of("functions", Kind.list(Kind.object(FUNCTION), TOOLS), "The older form of tools.");
    static final Field<Object> FUNCTION_CHOICE = Field.of(
            "function_call",
            Kind.<Object>either(Kind.oneOf("none", "auto"), Kind.object(Shape.of(FUNCTION_NAME))),
            "The older form of tool_choice.");

    // The form of the answer
    static final Field<String> FORM_NAME = Field.needed("name", Kind.text(1, 64), "");
    static final Field<JsonNode> SCHEMA = Field.of("schema", Kind.any(), "A JSON Schema.");
    static final Field<Values> JSON_SCHEMA =
            Field.needed("json_schema", Kind.object(Shape.of(FORM_NAME, DESCRIPTION, SCHEMA, STRICT)), "");
    static final Field<Values> RESPONSE_FORMAT = Field.of(
            "response_format",
            Kind.tagged(
                    "type",
                    ordered(
                            "text",
                            Shape.of(TYPE),
                            "json_object",
                            Shape.of(TYPE),
                            "json_schema",
                            Shape.of(TYPE, JSON_SCHEMA))),
            "What the answer must look like; always enforced.");
    static final Field<String> GRAMMAR =
            Field.of("grammar", Kind.text(1, 1 << 20), "A grammar in GBNF that the answer must keep to.");

    // The rest
    static final Field<Integer> MAX_TOKENS =
            Field.of("max_tokens", Kind.integer(1, Integer.MAX_VALUE), "The most new tokens.");
    static final Field<Integer> MAX_COMPLETION_TOKENS =
            Field.of("max_completion_tokens", Kind.integer(1, Integer.MAX_VALUE), "The most new tokens.");
    static final Field<Integer> N = Field.of("n", Kind.integer(1, Completions.MOST_ANSWERS), "How many answers.");
    static final Field<Boolean> LOGPROBS = Field.of("logprobs", Kind.bool(), "Report how likely each token was.");
    static final Field<Integer> TOP_LOGPROBS =
            Field.of("top_logprobs", Kind.integer(0, 20), "And its likeliest rivals; needs logprobs.");
    static final Field<Boolean> STREAM = Field.of("stream", Kind.bool(), "Send the answer as it grows.");
    static final Field<Boolean> INCLUDE_USAGE = Field.of("include_usage", Kind.bool(), "A last event with the usage.");
    static final Field<Boolean> INCLUDE_OBFUSCATION =
            Field.of("include_obfuscation", Kind.bool(), "Pad events to hide the lengths of their texts.");
    static final Field<Values> STREAM_OPTIONS =
            Field.of("stream_options", Kind.object(Shape.of(INCLUDE_USAGE, INCLUDE_OBFUSCATION)), "Needs stream.");
    static final Field<String> SERVICE_TIER = Field.of(
            "service_tier",
            Kind.oneOf("auto", "default", "flex", "priority"),
            "How soon the answer is begun: flex after others, priority before them.");
    static final Field<Map<String, String>> METADATA =
            Field.of("metadata", Kind.map(Kind.text(0, 512), 16), "Comes back with the answer.");
    static final Field<Boolean> KEEP =
            Field.of("store", Kind.bool(), "Keep the completion: /v1/chat/completions/{id} gives it again.");
    static final Field<String> REASONING_EFFORT = Field.of(
            "reasoning_effort",
            Kind.oneOf("none", "minimal", "low", "medium", "high", "xhigh", "max"),
            "For models whose template knows it; none is always possible.");
    static final Field<Map<String, JsonNode>> TEMPLATE_KWARGS = Field.of(
            "chat_template_kwargs",
            Kind.map(Kind.any(), 32),
            "Variables for the chat template; a list of names is allowed.");
    static final Field<String> CACHE_SALT =
            Field.of("cache_salt", Kind.text(1, 256), "Share the prefix cache only with requests of the same salt.");
    static final Field<String> USER =
            Field.of("user", Kind.text(0, 512), "Whom the caller serves; taken, and kept nowhere.");
    static final Field<String> SAFETY_IDENTIFIER =
            Field.of("safety_identifier", Kind.text(0, 512), "Whom the caller serves; taken, and kept nowhere.");
    static final Field<String> CACHE_KEY = Field.of(
            "prompt_cache_key", Kind.text(0, 512), "Equal beginnings are shared inside an account with or without it.");
    static final Field<JsonNode> CACHE_RETENTION =
            Field.only("prompt_cache_retention", "the cache lives in memory", "in_memory", "in-memory");
    static final Field<JsonNode> CACHE_OPTIONS =
            Field.refused("prompt_cache_options", "equal beginnings are always shared, in memory");
    static final Field<JsonNode> MODERATION =
            Field.refused("moderation", "a request is not judged on its way: ask /v1/moderations");
    static final Field<Values> PREDICTION = Field.of(
            "prediction",
            Kind.tagged("type", Map.of("content", Shape.of(TYPE, CONTENT))),
            "A text that the answer may follow in long parts: where it does, the answer may come faster. It changes no"
                    + " token.");
    static final Field<JsonNode> VERBOSITY = Field.only("verbosity", "no model here knows it", "medium");

    /** What the prompt is made of; counting its tokens takes these alone. */
    static final Field<?>[] PROMPT = {
        MODEL,
        MESSAGES_FIELD,
        TOOLS_FIELD,
        TOOL_CHOICE,
        PARALLEL,
        FUNCTIONS,
        FUNCTION_CHOICE,
        REASONING_EFFORT,
        TEMPLATE_KWARGS
    };

    static final Shape CHAT = Shape.of(PROMPT)
            .and(SamplingFields.ALL)
            .and(
                    MAX_TOKENS,
                    MAX_COMPLETION_TOKENS,
                    N,
                    LOGPROBS,
                    TOP_LOGPROBS,
                    RESPONSE_FORMAT,
                    GRAMMAR,
                    STREAM,
                    STREAM_OPTIONS,
                    SERVICE_TIER,
                    METADATA,
                    CACHE_SALT,
                    USER,
                    SAFETY_IDENTIFIER,
                    CACHE_KEY,
                    CACHE_RETENTION,
                    CACHE_OPTIONS,
                    VERBOSITY,
                    MODERATION,
                    Field.only("modalities", "the model reads and writes text", List.of("text")),
                    KEEP,
                    Field.refused("audio", "the model has no voice"),
                    Field.refused("web_search_options", "the server searches nowhere"),
                    PREDICTION);

    static final Shape COUNT = Shape.of(PROMPT);

    private ChatShapes() {}
}
