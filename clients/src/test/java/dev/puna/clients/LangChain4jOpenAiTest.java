package dev.puna.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** LangChain4j, which speaks OpenAI's API here. */
class LangChain4jOpenAiTest {
    private static Served served;

    @BeforeAll
    static void start() {
        served = Served.toy();
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static OpenAiChatModel.OpenAiChatModelBuilder model() {
        return OpenAiChatModel.builder()
                .baseUrl(served.url() + "/v1")
                .apiKey("any")
                .modelName(served.model())
                .temperature(0.0)
                .maxRetries(0);
    }

    static ToolSpecification weather() {
        return ToolSpecification.builder()
                .name("get_weather")
                .description("The weather of a city")
                .parameters(JsonObjectSchema.builder()
                        .addEnumProperty("city", List.of("Hilo"))
                        .required("city")
                        .additionalProperties(false)
                        .build())
                .build();
    }

    static ResponseFormat place() {
        return ResponseFormat.builder()
                .type(ResponseFormatType.JSON)
                .jsonSchema(JsonSchema.builder()
                        .name("place")
                        .rootElement(JsonObjectSchema.builder()
                                .addEnumProperty("city", List.of("Hilo"))
                                .addBooleanProperty("island")
                                .required("city", "island")
                                .additionalProperties(false)
                                .build())
                        .build())
                .build();
    }

    @Test
    void aChatIsAnswered() {
        var answer = model().build().chat(UserMessage.from("Which range?"));
        assertThat(answer.aiMessage().text()).isEqualTo(Served.ANSWER);
        assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(answer.tokenUsage().outputTokenCount()).isPositive();
    }

    @Test
    void aStreamSaysTheSame() {
        var model = OpenAiStreamingChatModel.builder()
                .baseUrl(served.url() + "/v1")
                .apiKey("any")
                .modelName(served.model())
                .temperature(0.0)
                .build();
        var collected = new Collected();
        model.chat("Which range?", collected);
        var whole = collected.await();
        assertThat(collected.pieces()).isEqualTo(Served.ANSWER);
        assertThat(whole.aiMessage().text()).isEqualTo(Served.ANSWER);
        assertThat(whole.tokenUsage().outputTokenCount()).isPositive();
    }

    @Test
    void aToolIsCalledAndItsResultAnswered() {
        var question = UserMessage.from("Which range?");
        var first = model().build()
                .chat(ChatRequest.builder()
                        .messages(question)
                        .toolSpecifications(weather())
                        .toolChoice(ToolChoice.REQUIRED)
                        .build())
                .aiMessage();
        var call = first.toolExecutionRequests().getFirst();
        assertThat(call.name()).isEqualTo("get_weather");
        assertThat(call.arguments()).isEqualTo("{\"city\":\"Hilo\"}");

        var second = model().build()
                .chat(ChatRequest.builder()
                        .messages(question, first, ToolExecutionResultMessage.from(call, "21 degrees"))
                        .toolSpecifications(weather())
                        .build());
        assertThat(second.aiMessage().text()).isEqualTo(Served.ANSWER);
    }

    @Test
    void anAnswerHasTheShapeOfASchema() {
        var answer = model().strictJsonSchema(true)
                .build()
                .chat(ChatRequest.builder()
                        .messages(UserMessage.from("Which range?"))
                        .responseFormat(place())
                        .build());
        assertThat(answer.aiMessage().text()).matches("\\{\"city\":\"Hilo\",\"island\":(true|false)}");
    }

    @Test
    void textsBecomeUnitVectors() {
        var model = OpenAiEmbeddingModel.builder()
                .baseUrl(served.url() + "/v1")
                .apiKey("any")
                .modelName(served.model())
                .build();
        var both = model.embedAll(List.of(TextSegment.from("range"), TextSegment.from("meadow")))
                .content();
        assertThat(both).hasSize(2);
        assertThat(Served.length(both.getFirst().vectorAsList())).isBetween(0.999, 1.001);
    }

    @Test
    void errorsAreTheClientsOwnExceptions() {
        assertThatThrownBy(() -> model().modelName("nobody").build().chat("Which range?"))
                .isInstanceOf(ModelNotFoundException.class);
        assertThatThrownBy(() -> model().temperature(7.0).build().chat("Which range?"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("temperature");
    }
}
