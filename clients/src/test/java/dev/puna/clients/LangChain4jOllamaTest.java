package dev.puna.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.ollama.OllamaChatModel;
import dev.langchain4j.model.ollama.OllamaEmbeddingModel;
import dev.langchain4j.model.ollama.OllamaLanguageModel;
import dev.langchain4j.model.ollama.OllamaModel;
import dev.langchain4j.model.ollama.OllamaModels;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** LangChain4j, which speaks Ollama's API here. */
class LangChain4jOllamaTest {
    private static Served served;

    @BeforeAll
    static void start() {
        served = Served.toy();
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static OllamaChatModel.OllamaChatModelBuilder model() {
        return OllamaChatModel.builder()
                .baseUrl(served.url())
                .modelName(served.model())
                .temperature(0.0);
    }

    @Test
    void aChatIsAnswered() {
        var answer = model().build().chat(UserMessage.from("Which range?"));
        assertThat(answer.aiMessage().text()).isEqualTo(Served.ANSWER);
        assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(answer.tokenUsage().outputTokenCount()).isPositive();
    }

    @Test
    void aPromptIsAnswered() {
        var model = OllamaLanguageModel.builder()
                .baseUrl(served.url())
                .modelName(served.model())
                .temperature(0.0)
                .build();
        assertThat(model.generate("Which range?").content()).isEqualTo(Served.ANSWER);
    }

    @Test
    void aStreamSaysTheSame() {
        var model = OllamaStreamingChatModel.builder()
                .baseUrl(served.url())
                .modelName(served.model())
                .temperature(0.0)
                .build();
        var collected = new Collected();
        model.chat("Which range?", collected);
        assertThat(collected.await().aiMessage().text()).isEqualTo(Served.ANSWER);
        assertThat(collected.pieces()).isEqualTo(Served.ANSWER);
    }

    @Test
    void theWordsOfAToolAreUnderstood() {
        var question = UserMessage.from("Which range?");
        var answer = model().build()
                .chat(ChatRequest.builder()
                        .messages(question)
                        .toolSpecifications(LangChain4jOpenAiTest.weather())
                        .build());
        assertThat(answer.aiMessage().text()).isEqualTo(Served.ANSWER); // the toy never calls by itself
    }

    @Test
    void theResultOfAToolIsAnswered() {
        var call = dev.langchain4j.agent.tool.ToolExecutionRequest.builder()
                .id("1")
                .name("get_weather")
                .arguments("{\"city\":\"Hilo\"}")
                .build();
        var answer = model().build()
                .chat(ChatRequest.builder()
                        .messages(
                                UserMessage.from("Which range?"),
                                dev.langchain4j.data.message.AiMessage.from(call),
                                ToolExecutionResultMessage.from(call, "21 degrees"))
                        .toolSpecifications(LangChain4jOpenAiTest.weather())
                        .build());
        assertThat(answer.aiMessage().text()).isEqualTo(Served.ANSWER);
    }

    @Test
    void anAnswerHasTheShapeOfASchema() {
        var answer = model().build()
                .chat(ChatRequest.builder()
                        .messages(UserMessage.from("Which range?"))
                        .responseFormat(LangChain4jOpenAiTest.place())
                        .build());
        assertThat(answer.aiMessage().text()).matches("\\{\"city\":\"Hilo\",\"island\":(true|false)}");
    }

    @Test
    void textsBecomeUnitVectors() {
        var model = OllamaEmbeddingModel.builder()
                .baseUrl(served.url())
                .modelName(served.model())
                .build();
        var both = model.embedAll(List.of(TextSegment.from("range"), TextSegment.from("meadow")))
                .content();
        assertThat(both).hasSize(2);
        assertThat(Served.length(both.getFirst().vectorAsList())).isBetween(0.999, 1.001);
    }

    @Test
    void modelsAreListedAndShown() {
        var models = OllamaModels.builder().baseUrl(served.url()).build();
        assertThat(models.availableModels().content())
                .extracting(OllamaModel::getName)
                .contains(served.model());
        assertThat(models.modelCard(served.model()).content().getDetails().getFamily())
                .isEqualTo("llama");
        assertThat(models.runningModels().content())
                .anyMatch(m -> served.model().equals(m.getName()));
    }

    @Test
    void errorsAreTheClientsOwnExceptions() {
        assertThatThrownBy(() -> model().modelName("nobody").build().chat("Which range?"))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("nobody");
        assertThatThrownBy(() -> model().mirostat(2).build().chat("Which range?"))
                .rootCause()
                .isInstanceOf(HttpException.class)
                .hasMessageContaining("mirostat");
    }
}
