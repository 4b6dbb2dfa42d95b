package dev.puna.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolChoiceAny;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Anthropic's client for Java. */
class AnthropicJavaTest {
    private static Served served;
    private static AnthropicClient client;

    @BeforeAll
    static void start() {
        served = Served.toy();
        client = AnthropicOkHttpClient.builder()
                .baseUrl(served.url())
                .apiKey("any")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        served.close();
    }

    private static MessageCreateParams.Builder question() {
        return MessageCreateParams.builder()
                .model(served.model())
                .maxTokens(200)
                .system("Be brief.")
                .addUserMessage("Which range?");
    }

    private static String text(Message message) {
        return message.content().getFirst().asText().text();
    }

    @Test
    void aMessageIsAnswered() {
        Message answer = client.messages().create(question().build()).validate();
        assertThat(text(answer)).isEqualTo(Served.ANSWER);
        assertThat(answer.stopReason()).contains(StopReason.END_TURN);
        assertThat(answer.model().asString()).isEqualTo(served.model());
        assertThat(answer.usage().outputTokens()).isPositive();
    }

    @Test
    void aStreamSaysTheSameInTheOrderOfItsEvents() {
        var whole = MessageAccumulator.create();
        List<String> kinds = new ArrayList<>();
        try (var stream = client.messages().createStreaming(question().build())) {
            stream.stream().forEach(event -> {
                event.validate();
                whole.accumulate(event);
                kinds.add(
                        event.isMessageStart()
                                ? "message_start"
                                : event.isContentBlockStart()
                                        ? "content_block_start"
                                        : event.isContentBlockDelta()
                                                ? "content_block_delta"
                                                : event.isContentBlockStop()
                                                        ? "content_block_stop"
                                                        : event.isMessageDelta() ? "message_delta" : "message_stop");
            });
        }
        assertThat(text(whole.message())).isEqualTo(Served.ANSWER);
        assertThat(whole.message().stopReason()).contains(StopReason.END_TURN);
        assertThat(kinds).startsWith("message_start", "content_block_start", "content_block_delta");
        assertThat(kinds).endsWith("content_block_delta", "content_block_stop", "message_delta", "message_stop");
    }

    @Test
    void aStopSequenceIsNamedAndNotSaid() {
        Message answer =
                client.messages().create(question().addStopSequence(", ").build());
        assertThat(text(answer)).isEqualTo("Puna");
        assertThat(answer.stopReason()).contains(StopReason.STOP_SEQUENCE);
        assertThat(answer.stopSequence()).contains(", ");
    }

    private static Tool weather() {
        return Tool.builder()
                .name("get_weather")
                .description("The weather of a city")
                .inputSchema(Tool.InputSchema.builder()
                        .properties(Tool.InputSchema.Properties.builder()
                                .putAdditionalProperty("city", JsonValue.from(Served.CITY))
                                .build())
                        .addRequired("city")
                        .putAdditionalProperty("additionalProperties", JsonValue.from(false))
                        .build())
                .build();
    }

    @Test
    void aToolIsUsedAndItsResultAnswered() {
        var any = ToolChoiceAny.builder().disableParallelToolUse(true).build();
        Message first = client.messages()
                .create(question().addTool(weather()).toolChoice(any).build());
        assertThat(first.stopReason()).contains(StopReason.TOOL_USE);
        ToolUseBlock use = first.content().getLast().asToolUse();
        assertThat(use.name()).isEqualTo("get_weather");
        assertThat((Object) use._input().convert(Map.class)).isEqualTo(Map.of("city", "Hilo"));

        Message second = client.messages()
                .create(question()
                        .addTool(weather())
                        .addMessage(first)
                        .addUserMessageOfContentBlockParams(
                                List.of(ContentBlockParam.ofToolResult(ToolResultBlockParam.builder()
                                        .toolUseId(use.id())
                                        .content("21 degrees")
                                        .build())))
                        .build());
        assertThat(text(second)).isEqualTo(Served.ANSWER);
    }

    @Test
    void theInputOfAToolIsStreamed() {
        var any = ToolChoiceAny.builder().disableParallelToolUse(true).build();
        var whole = MessageAccumulator.create();
        try (var stream = client.messages()
                .createStreaming(question().addTool(weather()).toolChoice(any).build())) {
            stream.stream().forEach(whole::accumulate);
        }
        assertThat(whole.message().stopReason()).contains(StopReason.TOOL_USE);
        ToolUseBlock use = whole.message().content().getLast().asToolUse();
        assertThat((Object) use._input().convert(Map.class)).isEqualTo(Map.of("city", "Hilo"));
    }

    /** What the model is made to say. */
    public static class Place {
        public String name;
        public long altitude; // the model writes as many digits as it may
        public boolean island;
    }

    @Test
    void anAnswerHasTheShapeOfAClass() {
        var answer =
                client.messages().create(question().outputConfig(Place.class).build());
        Place place = answer.content().getFirst().asText().text();
        assertThat(place.name).isNotNull();
    }

    @Test
    void tokensAreCountedAsTheyAreUsed() {
        long counted = client.messages()
                .countTokens(MessageCountTokensParams.builder()
                        .model(served.model())
                        .system("Be brief.")
                        .addUserMessage("Which range?")
                        .build())
                .inputTokens();
        var usage = client.messages().create(question().build()).usage();
        assertThat(counted)
                .isEqualTo(usage.inputTokens()
                        + usage.cacheReadInputTokens().orElse(0L)
                        + usage.cacheCreationInputTokens().orElse(0L));
    }

    @Test
    void modelsAreListedByTheirId() {
        assertThat(client.models().list().data()).anyMatch(m -> m.id().equals(served.model()));
        assertThat(client.models().retrieve(served.model()).validate().id()).isEqualTo(served.model());
    }

    @Test
    void errorsAreTheClientsOwnExceptions() {
        assertThatThrownBy(() ->
                        client.messages().create(question().model("nobody").build()))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("nobody");
        assertThatThrownBy(() -> client.messages()
                        .create(question()
                                .putAdditionalBodyProperty("frobnicate", JsonValue.from(1))
                                .build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("frobnicate");
        assertThatThrownBy(
                        () -> client.messages().create(question().maxTokens(0).build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("max_tokens");
    }
}
