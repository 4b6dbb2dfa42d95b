package dev.puna.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.genai.Client;
import com.google.genai.errors.ClientException;
import com.google.genai.types.Content;
import com.google.genai.types.EmbedContentConfig;
import com.google.genai.types.FinishReason;
import com.google.genai.types.FunctionCallingConfig;
import com.google.genai.types.FunctionCallingConfigMode;
import com.google.genai.types.FunctionDeclaration;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HarmBlockThreshold;
import com.google.genai.types.HarmCategory;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.ListModelsConfig;
import com.google.genai.types.Part;
import com.google.genai.types.SafetySetting;
import com.google.genai.types.Schema;
import com.google.genai.types.Tool;
import com.google.genai.types.ToolConfig;
import com.google.genai.types.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Google's client for Java. */
class GoogleGenAiJavaTest {
    private static Served served;
    private static Client client;

    @BeforeAll
    static void start() {
        served = Served.toy();
        client = Client.builder()
                .apiKey("any")
                .httpOptions(HttpOptions.builder().baseUrl(served.url()).build())
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        served.close();
    }

    private static GenerateContentConfig.Builder brief() {
        return GenerateContentConfig.builder()
                .temperature(0f)
                .systemInstruction(Content.fromParts(Part.fromText("Be brief.")));
    }

    private static GenerateContentResponse ask(GenerateContentConfig config) {
        return client.models.generateContent(served.model(), "Which range?", config);
    }

    @Test
    void contentIsGenerated() {
        GenerateContentResponse answer = ask(brief().build());
        assertThat(answer.text()).isEqualTo(Served.ANSWER);
        assertThat(answer.finishReason().knownEnum()).isEqualTo(FinishReason.Known.STOP);
        var usage = answer.usageMetadata().orElseThrow();
        assertThat(usage.totalTokenCount().orElseThrow())
                .isEqualTo(usage.promptTokenCount().orElseThrow()
                        + usage.candidatesTokenCount().orElseThrow());
        assertThat(answer.modelVersion()).contains(served.model());
    }

    @Test
    void aStreamSaysTheSame() {
        var pieces = new StringBuilder();
        GenerateContentResponse last = null;
        try (var stream = client.models.generateContentStream(served.model(), "Which range?", brief().build())) {
            for (GenerateContentResponse piece : stream) {
                pieces.append(piece.text() == null ? "" : piece.text());
                last = piece;
            }
        }
        assertThat(pieces).hasToString(Served.ANSWER);
        assertThat(last.finishReason().knownEnum()).isEqualTo(FinishReason.Known.STOP);
        assertThat(last.usageMetadata()).isPresent();
    }

    @Test
    void aTalkGoesOn() {
        var chat = client.chats.create(served.model(), brief().build());
        assertThat(chat.sendMessage("Which range?").text()).isEqualTo(Served.ANSWER);
        assertThat(chat.sendMessage("And again?").text()).isEqualTo(Served.ANSWER);
    }

    private static Schema citySchema() {
        return Schema.builder()
                .type(Type.Known.OBJECT)
                .properties(Map.of(
                        "city",
                        Schema.builder()
                                .type(Type.Known.STRING)
                                .enum_(List.of("Hilo"))
                                .build()))
                .required(List.of("city"))
                .build();
    }

    private static GenerateContentConfig.Builder withTool(FunctionDeclaration.Builder weather) {
        return brief().tools(Tool.builder()
                        .functionDeclarations(weather.name("get_weather")
                                .description("The weather of a city")
                                .build())
                        .build())
                .toolConfig(ToolConfig.builder()
                        .functionCallingConfig(FunctionCallingConfig.builder()
                                .mode(FunctionCallingConfigMode.Known.ANY)
                                .allowedFunctionNames(List.of("get_weather"))
                                .build())
                        .build());
    }

    @Test
    void aFunctionIsCalledHoweverItsParametersAreDeclared() {
        Map<String, Object> jsonSchema = Map.of(
                "type",
                "object",
                "properties",
                Map.of("city", Served.CITY),
                "required",
                List.of("city"),
                "additionalProperties",
                false);
        for (FunctionDeclaration.Builder weather : List.of(
                FunctionDeclaration.builder().parameters(citySchema()),
                FunctionDeclaration.builder().parametersJsonSchema(jsonSchema))) {
            GenerateContentResponse answer = ask(withTool(weather).build());
            var call = answer.functionCalls().getFirst();
            assertThat(call.name()).contains("get_weather");
            assertThat(call.args()).contains(Map.of("city", "Hilo"));
        }
    }

    @Test
    void theResultOfACallIsAnswered() {
        var declaration = FunctionDeclaration.builder().parameters(citySchema());
        Content question = Content.builder()
                .role("user")
                .parts(Part.fromText("Which range?"))
                .build();
        Content call = ask(withTool(declaration).build())
                .candidates()
                .orElseThrow()
                .getFirst()
                .content()
                .orElseThrow();
        Content result = Content.builder()
                .role("user")
                .parts(Part.fromFunctionResponse("get_weather", Map.of("output", "21 degrees")))
                .build();
        var tools =
                withTool(declaration).toolConfig(ToolConfig.builder().build()).build();
        var answer = client.models.generateContent(served.model(), List.of(question, call, result), tools);
        assertThat(answer.text()).isEqualTo(Served.ANSWER);
    }

    @Test
    void anAnswerHasTheShapeOfASchema() {
        Schema schema = Schema.builder()
                .type(Type.Known.OBJECT)
                .properties(Map.of(
                        "name", Schema.builder().type(Type.Known.STRING).build(),
                        "altitude", Schema.builder().type(Type.Known.INTEGER).build(),
                        "island", Schema.builder().type(Type.Known.BOOLEAN).build()))
                .propertyOrdering(List.of("island", "name", "altitude"))
                .required(List.of("name", "altitude", "island"))
                .build();
        String text = ask(brief().responseMimeType("application/json")
                        .responseSchema(schema)
                        .build())
                .text();
        assertThat(text).matches("\\{\"island\":(true|false),\"name\":\".*\",\"altitude\":-?\\d+}");
    }

    @Test
    void anAnswerHasTheShapeOfAJsonSchema() {
        Map<String, Object> schema = Map.of("type", "array", "items", Served.CITY, "minItems", 2, "maxItems", 2);
        String text = ask(brief().responseMimeType("application/json")
                        .responseJsonSchema(schema)
                        .build())
                .text();
        assertThat(text).isEqualTo("[\"Hilo\",\"Hilo\"]");
    }

    @Test
    void tokensAreCountedAsTheyAreUsed() {
        int counted = client.models
                .countTokens(served.model(), "Which range?", null)
                .totalTokens()
                .orElseThrow();
        var usage = client.models
                .generateContent(served.model(), "Which range?", null)
                .usageMetadata()
                .orElseThrow();
        assertThat(usage.promptTokenCount()).contains(counted);
    }

    @Test
    void textsBecomeUnitVectors() {
        var both = client.models.embedContent(served.model(), List.of("range", "meadow"), null);
        assertThat(both.embeddings().orElseThrow()).hasSize(2);
        List<Float> vector = both.embeddings().orElseThrow().getFirst().values().orElseThrow();
        assertThat(Served.length(vector)).isBetween(0.999, 1.001);
        var shorter = client.models.embedContent(
                served.model(),
                "range",
                EmbedContentConfig.builder().outputDimensionality(8).build());
        assertThat(shorter.embeddings().orElseThrow().getFirst().values().orElseThrow())
                .hasSize(8);
    }

    @Test
    void modelsAreListedByTheirId() {
        List<String> names = new ArrayList<>();
        client.models
                .list(ListModelsConfig.builder().build())
                .forEach(m -> names.add(m.name().orElseThrow()));
        assertThat(names).contains("models/" + served.model());
        assertThat(client.models.get(served.model(), null).name()).contains("models/" + served.model());
    }

    @Test
    void errorsAreTheClientsOwnExceptions() {
        assertThatThrownBy(() -> client.models.generateContent("nobody", "Which range?", null))
                .isInstanceOfSatisfying(ClientException.class, e -> {
                    assertThat(e.code()).isEqualTo(404);
                    assertThat(e.status()).isEqualTo("NOT_FOUND");
                    assertThat(e.message()).contains("nobody");
                });
        assertThatThrownBy(() -> ask(brief().topP(3f).build())).isInstanceOfSatisfying(ClientException.class, e -> {
            assertThat(e.code()).isEqualTo(400);
            assertThat(e.status()).isEqualTo("INVALID_ARGUMENT");
            assertThat(e.message()).contains("topP");
        });
        var strict = SafetySetting.builder()
                .category(HarmCategory.Known.HARM_CATEGORY_HARASSMENT)
                .threshold(HarmBlockThreshold.Known.BLOCK_LOW_AND_ABOVE)
                .build();
        assertThatThrownBy(() -> ask(brief().safetySettings(strict).build())).hasMessageContaining("safetySettings");
        var off = strict.toBuilder().threshold(HarmBlockThreshold.Known.OFF).build();
        assertThat(ask(brief().safetySettings(off).build()).text()).isEqualTo(Served.ANSWER);
    }
}
