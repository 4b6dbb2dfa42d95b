package dev.puna.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** OpenAI's client for Java against all it has methods for here. */
class OpenAiJavaTest {
    private static Served served;
    private static OpenAIClient client;

    @BeforeAll
    static void start() {
        served = Served.toy();
        client = OpenAIOkHttpClient.builder()
                .baseUrl(served.url() + "/v1")
                .apiKey("any")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        served.close();
    }

    private static ChatCompletionCreateParams.Builder question() {
        return ChatCompletionCreateParams.builder()
                .model(served.model())
                .temperature(0)
                .addSystemMessage("Be brief.")
                .addUserMessage("Which range?");
    }

    @Test
    void aChatThatIsStoredIsFoundListedAndRemoved() {
        var chats = client.chat().completions();
        ChatCompletion made = chats.create(question().store(true).build());
        assertThat(chats.retrieve(made.id()).choices()).isEqualTo(made.choices());
        assertThat(chats.list().items().stream().map(ChatCompletion::id)).contains(made.id());
        assertThat(chats.messages().list(made.id()).items())
                .hasSize(2)
                .allSatisfy(one -> assertThat(one.id()).startsWith(made.id()));
        assertThat(chats.delete(made.id()).deleted()).isTrue();
    }

    @Test
    void aChatIsAnswered() {
        ChatCompletion answer = client.chat().completions().create(question().build());
        var choice = answer.choices().getFirst();
        assertThat(choice.message().content()).contains(Served.ANSWER);
        assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
        assertThat(answer.model()).isEqualTo(served.model());
        var usage = answer.usage().orElseThrow();
        assertThat(usage.totalTokens()).isEqualTo(usage.promptTokens() + usage.completionTokens());
        answer.validate();
    }

    @Test
    void aStreamSaysTheSame() {
        var pieces = new StringBuilder();
        var whole = ChatCompletionAccumulator.create();
        var params = question()
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (var stream = client.chat().completions().createStreaming(params)) {
            stream.stream().forEach(chunk -> {
                chunk.validate();
                whole.accumulate(chunk);
                chunk.choices().forEach(c -> c.delta().content().ifPresent(pieces::append));
            });
        }
        assertThat(pieces).hasToString(Served.ANSWER);
        assertThat(whole.chatCompletion().usage()).isPresent();
        assertThat(whole.chatCompletion().choices().getFirst().finishReason())
                .isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    }

    private static FunctionDefinition weather() {
        return FunctionDefinition.builder()
                .name("get_weather")
                .description("The weather of a city")
                .parameters(FunctionParameters.builder()
                        .putAdditionalProperty("type", JsonValue.from("object"))
                        .putAdditionalProperty("properties", JsonValue.from(Map.of("city", Served.CITY)))
                        .putAdditionalProperty("required", JsonValue.from(List.of("city")))
                        .putAdditionalProperty("additionalProperties", JsonValue.from(false))
                        .build())
                .build();
    }

    @Test
    void aRequiredToolIsCalledAndItsResultAnswered() {
        var asked = question()
                .addFunctionTool(weather())
                .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                .parallelToolCalls(false);
        var message = client.chat()
                .completions()
                .create(asked.build())
                .choices()
                .getFirst()
                .message();
        var call = message.toolCalls().orElseThrow().getFirst().asFunction();
        assertThat(call.function().name()).isEqualTo("get_weather");
        assertThat(call.function().arguments()).isEqualTo("{\"city\":\"Hilo\"}");

        var second = question()
                .addFunctionTool(weather())
                .addMessage(message)
                .addMessage(ChatCompletionToolMessageParam.builder()
                        .toolCallId(call.id())
                        .content("21 degrees")
                        .build());
        assertThat(client.chat()
                        .completions()
                        .create(second.build())
                        .choices()
                        .getFirst()
                        .message()
                        .content())
                .contains(Served.ANSWER);
    }

    @Test
    void theArgumentsOfACallAreStreamed() {
        var params = question()
                .addFunctionTool(weather())
                .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                .parallelToolCalls(false)
                .build();
        var whole = ChatCompletionAccumulator.create();
        try (var stream = client.chat().completions().createStreaming(params)) {
            stream.stream().forEach(whole::accumulate);
        }
        var choice = whole.chatCompletion().choices().getFirst();
        assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        var call = choice.message().toolCalls().orElseThrow().getFirst().asFunction();
        assertThat(call.function().name()).isEqualTo("get_weather");
        assertThat(call.function().arguments()).isEqualTo("{\"city\":\"Hilo\"}");
    }

    /** What the model is made to say. */
    public static class Place {
        public String name;
        public long altitude; // the model writes as many digits as it may
        public boolean island;
    }

    @Test
    void anAnswerHasTheShapeOfAClass() {
        var answer = client.chat()
                .completions()
                .create(question().responseFormat(Place.class).build());
        Place place = answer.choices().getFirst().message().content().orElseThrow();
        assertThat(place.name).isNotNull();
    }

    @Test
    void aResponseIsGivenAndStreamed() {
        var params = ResponseCreateParams.builder()
                .model(served.model())
                .temperature(0)
                .input("Which range?")
                .build();
        var response = client.responses().create(params);
        var text = response.output().getFirst().asMessage().content().getFirst().asOutputText();
        assertThat(text.text()).isEqualTo(Served.ANSWER);
        client.responses().inputItems().list(response.id()).items().forEach(item -> item.validate());

        var pieces = new StringBuilder();
        try (var stream = client.responses().createStreaming(params)) {
            stream.stream().forEach(event -> event.outputTextDelta().ifPresent(d -> pieces.append(d.delta())));
        }
        assertThat(pieces).hasToString(Served.ANSWER);
    }

    @Test
    void textsBecomeUnitVectorsHoweverTheyAreSent() {
        CreateEmbeddingResponse base64 = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model(served.model())
                        .inputOfArrayOfStrings(List.of("range", "meadow"))
                        .build());
        CreateEmbeddingResponse floats = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model(served.model())
                        .inputOfArrayOfStrings(List.of("range", "meadow"))
                        .encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT)
                        .build());
        assertThat(floats.data()).hasSize(2);
        for (int i = 0; i < 2; i++) {
            List<Float> vector = floats.data().get(i).embedding();
            assertThat(base64.data().get(i).embedding()).isEqualTo(vector);
            assertThat(Served.length(vector)).isBetween(0.999, 1.001);
        }
        assertThat(floats.usage().promptTokens()).isPositive();
    }

    @Test
    void modelsAreListedByTheirId() {
        assertThat(client.models().list().data()).anyMatch(m -> m.id().equals(served.model()));
        assertThat(client.models().retrieve(served.model()).id()).isEqualTo(served.model());
    }

    @Test
    void errorsAreTheClientsOwnExceptions() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(question().model("nobody").build()))
                .isInstanceOfSatisfying(NotFoundException.class, e -> {
                    assertThat(e.code()).contains("model_not_found");
                });
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(question().temperature(7).build()))
                .isInstanceOfSatisfying(BadRequestException.class, e -> {
                    assertThat(e.param()).contains("temperature");
                });
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(question()
                                .putAdditionalBodyProperty("frobnicate", JsonValue.from(1))
                                .build()))
                .isInstanceOfSatisfying(BadRequestException.class, e -> {
                    assertThat(e.param()).contains("frobnicate");
                });
    }
}
