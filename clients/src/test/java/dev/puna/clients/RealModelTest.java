package dev.puna.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import com.google.genai.Client;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.HttpOptions;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.langchain4j.model.ollama.OllamaChatModel;
import dev.puna.SharedData;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One id names one model in all four APIs, and it gives the same answer in each. Needs ../shared/smollm2. */
class RealModelTest {
    private static final String QUESTION = "What is the capital of Japan?";
    private static final int MOST = 24; // new tokens

    private static Served served;

    @BeforeAll
    static void start() {
        served = Served.model(SharedData.smollm2());
    }

    @AfterAll
    static void stop() {
        if (served != null) {
            served.close();
        }
    }

    @Test
    void allFourGiveTheSameAnswer() {
        Map<String, String> answers = new LinkedHashMap<>();
        answers.put("openai", openAi());
        answers.put("anthropic", anthropic());
        answers.put("gemini", gemini());
        answers.put("ollama", ollama());
        assertThat(answers.get("openai")).contains("Tokyo");
        assertThat(List.copyOf(answers.values())).as(answers.toString()).containsOnly(answers.get("openai"));
    }

    private static String openAi() {
        var client = OpenAIOkHttpClient.builder()
                .baseUrl(served.url() + "/v1")
                .apiKey("any")
                .build();
        try {
            return client.chat()
                    .completions()
                    .create(ChatCompletionCreateParams.builder()
                            .model(served.model())
                            .temperature(0)
                            .maxCompletionTokens(MOST)
                            .addUserMessage(QUESTION)
                            .build())
                    .choices()
                    .getFirst()
                    .message()
                    .content()
                    .orElseThrow();
        } finally {
            client.close();
        }
    }

    private static String anthropic() {
        var client = AnthropicOkHttpClient.builder()
                .baseUrl(served.url())
                .apiKey("any")
                .build();
        try {
            return client.messages()
                    .create(MessageCreateParams.builder()
                            .model(served.model())
                            .maxTokens(MOST)
                            .putAdditionalBodyProperty("temperature", com.anthropic.core.JsonValue.from(0))
                            .addUserMessage(QUESTION)
                            .build())
                    .content()
                    .getFirst()
                    .asText()
                    .text();
        } finally {
            client.close();
        }
    }

    private static String gemini() {
        var client = Client.builder()
                .apiKey("any")
                .httpOptions(HttpOptions.builder().baseUrl(served.url()).build())
                .build();
        try (client) {
            var config = GenerateContentConfig.builder()
                    .temperature(0f)
                    .maxOutputTokens(MOST)
                    .build();
            return client.models
                    .generateContent(served.model(), QUESTION, config)
                    .text();
        }
    }

    private static String ollama() {
        return OllamaChatModel.builder()
                .baseUrl(served.url())
                .modelName(served.model())
                .temperature(0.0)
                .numPredict(MOST)
                .timeout(Duration.ofMinutes(2))
                .build()
                .chat(QUESTION);
    }
}
