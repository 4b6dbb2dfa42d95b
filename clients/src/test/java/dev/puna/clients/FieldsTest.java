package dev.puna.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.puna.server.wire.Json;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every field of the official clients' request types is known here: honoured, or refused by its name. The fields are read
 * from the clients' classes, so a new release that has more of them fails this test.
 */
class FieldsTest {
    private static final Object PROBE = Map.of("probe", List.of(1)); // hardly any field may hold this

    private static Served served;
    private static HttpClient http;

    @BeforeAll
    static void start() {
        served = Served.toy();
        http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterAll
    static void stop() {
        http.close();
        served.close();
    }

    /**
     * A request type and where its fields stand.
     *
     * @param bodies the bodies in which a field may stand; it must be known in one of them
     */
    record Walk(String path, String type, Set<String> fields, List<Function<String, Object>> bodies) {
        @Override
        public String toString() {
            return path + " " + type;
        }
    }

    private static Map<String, Object> with(Map<String, ?> body, String name, Object value) {
        Map<String, Object> all = new LinkedHashMap<>(body);
        all.put(name, value);
        return all;
    }

    private static Function<String, Object> in(Map<String, ?> body) {
        return field -> with(body, field, PROBE);
    }

    private static Function<String, Object> in(Map<String, ?> body, String outer, Map<String, ?> inner) {
        return field -> with(body, outer, with(inner, field, PROBE));
    }

    private static Function<String, Object> inList(Map<String, ?> body, String outer, Map<String, ?> inner) {
        return field -> with(body, outer, List.of(with(inner, field, PROBE)));
    }

    static Stream<Walk> types() throws ClassNotFoundException {
        List<Walk> all = new ArrayList<>();
        openAi(all);
        anthropic(all);
        gemini(all);
        ollama(all);
        return all.stream();
    }

    private static void openAi(List<Walk> all) throws ClassNotFoundException {
        String models = "com.openai.models.";
        Map<String, Object> chat = Map.of("messages", List.of(Map.of("role", "user", "content", "x")));
        all.add(new Walk(
                "/v1/chat/completions",
                "chat",
                annotated(models + "chat.completions.ChatCompletionCreateParams$Body"),
                List.of(in(chat))));
        all.add(new Walk(
                "/v1/chat/completions",
                "stream options",
                annotated(models + "chat.completions.ChatCompletionStreamOptions"),
                List.of(in(with(chat, "stream", true), "stream_options", Map.of()))));
        all.add(new Walk(
                "/v1/completions",
                "completion",
                annotated(models + "completions.CompletionCreateParams$Body"),
                List.of(in(Map.of("prompt", "x")))));
        all.add(new Walk(
                "/v1/embeddings",
                "embedding",
                annotated(models + "embeddings.EmbeddingCreateParams$Body"),
                List.of(in(Map.of("input", "x")))));
        all.add(new Walk(
                "/v1/responses",
                "response",
                annotated(models + "responses.ResponseCreateParams$Body"),
                List.of(in(Map.of("input", "x")))));
        all.add(new Walk(
                "/v1/responses/input_tokens",
                "count",
                annotated(models + "responses.inputtokens.InputTokenCountParams$Body"),
                List.of(in(Map.of("input", "x")))));
        all.add(new Walk(
                "/v1/moderations",
                "moderation",
                annotated(models + "moderations.ModerationCreateParams$Body"),
                List.of(in(Map.of("input", "x")))));
        all.add(new Walk(
                "/v1/batches",
                "batch",
                annotated(models + "batches.BatchCreateParams$Body"),
                List.of(in(
                        Map.of("input_file_id", "file-1", "endpoint", "/v1/embeddings", "completion_window", "24h")))));
        messages(all, models + "chat.completions.ChatCompletion");
        items(all, models);
    }

    private static void messages(List<Walk> all, String chat) throws ClassNotFoundException {
        Map<String, Object> user = Map.of("role", "user", "content", "x");
        Map<String, Map<String, Object>> messages = new LinkedHashMap<>();
        messages.put("System", Map.of("role", "system", "content", "x"));
        messages.put("Developer", Map.of("role", "developer", "content", "x"));
        messages.put("User", user);
        messages.put("Assistant", Map.of("role", "assistant", "content", "x"));
        messages.put("Tool", Map.of("role", "tool", "content", "x", "tool_call_id", "1"));
        messages.put("Function", Map.of("role", "function", "content", "x", "name", "f"));
        for (var message : messages.entrySet()) {
            all.add(new Walk(
                    "/v1/chat/completions",
                    message.getKey() + " message",
                    annotated(chat + message.getKey() + "MessageParam"),
                    List.of(field -> Map.of("messages", List.of(with(message.getValue(), field, PROBE), user)))));
        }
        Map<String, Object> body = Map.of("messages", List.of(user));
        Map<String, Map<String, Object>> parts = new LinkedHashMap<>();
        parts.put("Text", Map.of("type", "text", "text", "x"));
        parts.put("Image", Map.of("type", "image_url"));
        parts.put("InputAudio", Map.of("type", "input_audio"));
        for (var part : parts.entrySet()) {
            all.add(new Walk(
                    "/v1/chat/completions",
                    part.getKey() + " part",
                    annotated(chat + "ContentPart" + part.getKey()),
                    List.of(field -> Map.of(
                            "messages",
                            List.of(Map.of(
                                    "role", "user", "content", List.of(with(part.getValue(), field, PROBE))))))));
        }
        Map<String, Object> function = Map.of("name", "f");
        all.add(new Walk(
                "/v1/chat/completions",
                "tool",
                annotated(chat + "FunctionTool"),
                List.of(inList(body, "tools", Map.of("type", "function", "function", function)))));
        all.add(new Walk(
                "/v1/chat/completions",
                "function",
                annotated("com.openai.models.FunctionDefinition"),
                List.of(field -> with(
                        body,
                        "tools",
                        List.of(Map.of("type", "function", "function", with(function, field, PROBE)))))));
        all.add(new Walk(
                "/v1/chat/completions",
                "call",
                annotated(chat + "MessageFunctionToolCall"),
                List.of(field -> Map.of(
                        "messages",
                        List.of(
                                Map.of(
                                        "role",
                                        "assistant",
                                        "tool_calls",
                                        List.of(with(
                                                Map.of(
                                                        "type",
                                                        "function",
                                                        "id",
                                                        "1",
                                                        "function",
                                                        Map.of("name", "f", "arguments", "{}")),
                                                field,
                                                PROBE))),
                                user)))));
        all.add(new Walk(
                "/v1/chat/completions",
                "choice",
                annotated(chat + "NamedToolChoice"),
                List.of(in(
                        with(body, "tools", List.of(Map.of("type", "function", "function", function))),
                        "tool_choice",
                        Map.of("type", "function", "function", function)))));
        Map<String, Object> form = Map.of("name", "x", "schema", Map.of("type", "object"));
        all.add(new Walk(
                "/v1/chat/completions",
                "format",
                annotated("com.openai.models.ResponseFormatJsonSchema$JsonSchema"),
                List.of(field -> with(
                        body,
                        "response_format",
                        Map.of("type", "json_schema", "json_schema", with(form, field, PROBE))))));
    }

    private static void items(List<Walk> all, String models) throws ClassNotFoundException {
        String path = "/v1/responses";
        Map<String, Map<String, Object>> items = new LinkedHashMap<>();
        items.put("EasyInputMessage", Map.of("role", "user", "content", "x"));
        items.put(
                "ResponseOutputMessage",
                Map.of(
                        "type",
                        "message",
                        "role",
                        "assistant",
                        "content",
                        List.of(Map.of("type", "output_text", "text", "x"))));
        items.put("ResponseInputItem$Message", Map.of("type", "message", "role", "user", "content", "x"));
        items.put(
                "ResponseFunctionToolCall",
                Map.of("type", "function_call", "call_id", "1", "name", "f", "arguments", "{}"));
        items.put(
                "ResponseInputItem$FunctionCallOutput",
                Map.of("type", "function_call_output", "call_id", "1", "output", "x"));
        items.put("ResponseReasoningItem", Map.of("type", "reasoning"));
        for (var item : items.entrySet()) {
            all.add(new Walk(
                    path,
                    item.getKey(),
                    annotated(models + "responses." + item.getKey()),
                    List.of(field -> Map.of("input", List.of(with(item.getValue(), field, PROBE))))));
        }
        Map<String, Object> body = Map.of("input", "x");
        all.add(new Walk(path, "reasoning", annotated(models + "Reasoning"), List.of(in(body, "reasoning", Map.of()))));
        all.add(new Walk(
                path, "text", annotated(models + "responses.ResponseTextConfig"), List.of(in(body, "text", Map.of()))));
        all.add(new Walk(
                path,
                "tool",
                annotated(models + "responses.FunctionTool"),
                List.of(inList(body, "tools", Map.of("type", "function", "name", "f")))));
    }

    private static void anthropic(List<Walk> all) throws ClassNotFoundException {
        String models = "com.anthropic.models.messages.";
        Map<String, Object> message = Map.of("role", "user", "content", "x");
        Map<String, Object> body = Map.of("messages", List.of(message), "max_tokens", 4);
        String path = "/v1/messages";
        all.add(new Walk(path, "message", annotated(models + "MessageCreateParams$Body"), List.of(in(body))));
        all.add(new Walk(
                path + "/count_tokens",
                "count",
                annotated(models + "MessageCountTokensParams$Body"),
                List.of(in(Map.of("messages", List.of(message))))));
        all.add(new Walk(
                path,
                "tool",
                annotated(models + "Tool"),
                List.of(inList(body, "tools", Map.of("name", "f", "input_schema", Map.of("type", "object"))))));
        all.add(new Walk(
                path,
                "output config",
                annotated(models + "OutputConfig"),
                List.of(in(body, "output_config", Map.of()))));
        all.add(new Walk(path, "metadata", annotated(models + "Metadata"), List.of(in(body, "metadata", Map.of()))));
        Map<String, Map<String, Object>> blocks = new LinkedHashMap<>();
        blocks.put("TextBlockParam", Map.of("type", "text", "text", "x"));
        blocks.put("ToolUseBlockParam", Map.of("type", "tool_use", "id", "1", "name", "f", "input", Map.of()));
        blocks.put("ToolResultBlockParam", Map.of("type", "tool_result", "tool_use_id", "1"));
        blocks.put(
                "DocumentBlockParam",
                Map.of("type", "document", "source", Map.of("type", "text", "media_type", "text/plain", "data", "x")));
        for (var block : blocks.entrySet()) {
            all.add(new Walk(
                    path,
                    block.getKey(),
                    annotated(models + block.getKey()),
                    List.of(field -> with(
                            body,
                            "messages",
                            List.of(
                                    Map.of(
                                            "role",
                                            block.getKey().startsWith("ToolUse") ? "assistant" : "user",
                                            "content",
                                            List.of(with(block.getValue(), field, PROBE))),
                                    message)))));
        }
    }

    private static void gemini(List<Walk> all) throws ClassNotFoundException {
        String types = "com.google.genai.types.";
        Map<String, Object> content = Map.of("role", "user", "parts", List.of(Map.of("text", "x")));
        Map<String, Object> body = Map.of("contents", List.of(content));
        String path = "/v1beta/models/{model}:generateContent";
        Set<String> config = annotated(types + "GenerateContentConfig");
        config.removeAll(Set.of( // what never leaves the client
                "httpOptions", "shouldReturnHttpResponse", "automaticFunctionCalling"));
        all.add(new Walk(path, "config", config, List.of(in(body), in(body, "generationConfig", Map.of()))));
        all.add(new Walk(
                path,
                "generation config",
                annotated(types + "GenerationConfig"),
                List.of(in(body, "generationConfig", Map.of()))));
        all.add(new Walk(
                path,
                "part",
                annotated(types + "Part"),
                List.of(field ->
                        Map.of("contents", List.of(Map.of("role", "user", "parts", List.of(Map.of(field, PROBE))))))));
        all.add(new Walk(
                path, "content", annotated(types + "Content"), List.of(inList(Map.of(), "contents", content))));
        all.add(new Walk(path, "tool", annotated(types + "Tool"), List.of(inList(body, "tools", Map.of()))));
        all.add(new Walk(
                path, "tool config", annotated(types + "ToolConfig"), List.of(in(body, "toolConfig", Map.of()))));
        all.add(new Walk(
                path,
                "calling config",
                annotated(types + "FunctionCallingConfig"),
                List.of(field -> with(body, "toolConfig", Map.of("functionCallingConfig", Map.of(field, PROBE))))));
        all.add(new Walk(
                path,
                "declaration",
                annotated(types + "FunctionDeclaration"),
                List.of(field -> with(
                        body,
                        "tools",
                        List.of(Map.of("functionDeclarations", List.of(with(Map.of("name", "f"), field, PROBE))))))));
        all.add(new Walk(
                path,
                "thinking",
                annotated(types + "ThinkingConfig"),
                List.of(field -> with(body, "generationConfig", Map.of("thinkingConfig", Map.of(field, PROBE))))));
        all.add(new Walk(
                path,
                "safety",
                annotated(types + "SafetySetting"),
                List.of(inList(
                        body, "safetySettings", Map.of("category", "HARM_CATEGORY_HARASSMENT", "threshold", "OFF")))));
        Set<String> embed = annotated(types + "EmbedContentConfig");
        embed.removeAll(Set.of("httpOptions", "mimeType", "documentOcr", "audioTrackExtraction")); // for other servers
        all.add(new Walk(
                "/v1beta/models/{model}:embedContent", "embedding", embed, List.of(in(Map.of("content", content)))));
    }

    private static void ollama(List<Walk> all) throws ClassNotFoundException {
        String types = "dev.langchain4j.model.ollama.";
        Map<String, Object> chat = Map.of("messages", List.of(Map.of("role", "user", "content", "x")), "stream", false);
        all.add(new Walk("/api/chat", "chat", declared(types + "OllamaChatRequest"), List.of(in(chat))));
        all.add(new Walk("/api/chat", "options", declared(types + "Options"), List.of(in(chat, "options", Map.of()))));
        all.add(new Walk(
                "/api/chat",
                "message",
                declared(types + "Message"),
                List.of(inList(Map.of("stream", false), "messages", Map.of("role", "user", "content", "x")))));
        all.add(new Walk(
                "/api/generate",
                "generate",
                declared(types + "CompletionRequest"),
                List.of(in(Map.of("prompt", "x", "stream", false)))));
        all.add(new Walk(
                "/api/embed", "embed", declared(types + "EmbeddingRequest"), List.of(in(Map.of("input", "x")))));
    }

    /** Names that Jackson is told by annotations. */
    private static Set<String> annotated(String type) throws ClassNotFoundException {
        Set<String> names = new TreeSet<>();
        for (Method method : Class.forName(type).getDeclaredMethods()) {
            JsonProperty property = method.getAnnotation(JsonProperty.class);
            if (property != null) {
                names.add(property.value());
            }
        }
        assertThat(names).as(type).isNotEmpty();
        return names;
    }

    /** Names that Jackson makes of fields, in snake case. */
    private static Set<String> declared(String type) throws ClassNotFoundException {
        Set<String> names = new TreeSet<>();
        for (Field field : Class.forName(type).getDeclaredFields()) {
            if (!field.getType().equals(Map.class)) {
                names.add(field.getName().replaceAll("([a-z])([A-Z])", "$1_$2").toLowerCase(java.util.Locale.ROOT));
            }
        }
        assertThat(names).as(type).isNotEmpty();
        return names;
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyFieldIsHonouredOrRefusedByItsName(Walk walk) throws Exception {
        List<String> unknown = new ArrayList<>();
        for (String field : walk.fields()) {
            List<String> said = new ArrayList<>();
            boolean known = false;
            for (Function<String, Object> body : walk.bodies()) {
                HttpResponse<String> response = send(walk.path(), body.apply(field));
                said.add(response.statusCode() + " " + response.body());
                known |= response.statusCode() == 200
                        || (response.statusCode() == 400
                                && response.body().contains(field)
                                && !response.body().contains(field + "' is not a field"));
            }
            if (!known) {
                unknown.add(field + ": " + said);
            }
        }
        assertThat(unknown).isEmpty();
    }

    @SuppressWarnings("unchecked") // bodies are maps
    private static HttpResponse<String> send(String path, Object body) throws Exception {
        boolean inPath = path.contains("{model}");
        Map<String, Object> all = (Map<String, Object>) body;
        boolean named = inPath || path.equals("/v1/batches") || all.containsKey("model");
        String json = Json.write(named ? all : with(all, "model", served.model()));
        HttpRequest request = HttpRequest.newBuilder(URI.create(served.url() + path.replace("{model}", served.model())))
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
