package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ChatTest {
    private static final String CAPITAL = """
            "messages": [{"role": "user", "content": "What is the capital of Japan?"}], "temperature": 0, "max_tokens": 16""";

    private static Served served;
    private static String model;

    @BeforeAll
    static void serve() {
        served = new Served(dev.puna.SharedData.smollm2());
        model = served.server.models().entries().getFirst().id();
    }

    @AfterAll
    static void stop() {
        if (served != null) {
            served.close();
        }
    }

    private static Served.Said chat(String fields) {
        return served.post("/v1/chat/completions", "{\"model\": \"" + model + "\", " + fields + "}");
    }

    @Test
    void anAnswerTellsWhatItTookAndWhyItEnded() {
        Served.Said said = chat(CAPITAL);
        assertThat(said.status()).as(said.body()).isEqualTo(200);
        JsonNode json = said.json();
        assertThat(json.at("/choices/0/message/content").stringValue()).contains("Tokyo");
        assertThat(json.at("/choices/0/finish_reason").stringValue()).isIn("stop", "length");
        assertThat(json.at("/usage/total_tokens").intValue())
                .isEqualTo(json.at("/usage/prompt_tokens").intValue()
                        + json.at("/usage/completion_tokens").intValue());
        Served.Said counted = served.post(
                "/v1/chat/completions/input_tokens",
                "{\"model\": \"" + model
                        + "\", \"messages\": [{\"role\": \"user\", \"content\": \"What is the capital of Japan?\"}]}");
        assertThat(counted.json().get("input_tokens")).as(counted.body()).isEqualTo(json.at("/usage/prompt_tokens"));
    }

    @Test
    void aStreamIsTheSameTextInPieces() {
        String whole = chat(CAPITAL).json().at("/choices/0/message/content").stringValue();
        Served.Said said = chat(
                CAPITAL
                        + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}, \"logprobs\": true, \"top_logprobs\": 2");
        List<String> events = said.events();
        assertThat(said.header("content-type")).isEqualTo("text/event-stream");
        assertThat(events.getLast()).isEqualTo("[DONE]");
        List<JsonNode> chunks = events.subList(0, events.size() - 1).stream()
                .map(text -> dev.puna.server.wire.Json.parse(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .toList();
        assertThat(chunks.stream()
                        .map(chunk -> chunk.at("/choices/0/delta/content"))
                        .filter(JsonNode::isString)
                        .map(JsonNode::stringValue)
                        .collect(Collectors.joining()))
                .isEqualTo(whole);
        String spelt = chunks.stream()
                .flatMap(chunk -> chunk.at("/choices/0/logprobs/content").values().stream())
                .map(token -> token.get("token").stringValue())
                .collect(Collectors.joining());
        assertThat(spelt.strip()).isEqualTo(whole.strip());
        assertThat(chunks.getLast().at("/usage/completion_tokens").intValue()).isPositive();
        assertThat(chunks.get(chunks.size() - 2).at("/choices/0/finish_reason").stringValue())
                .isIn("stop", "length");
    }

    @Test
    void theTextIsTheSameAloneAndAmongThirtyOneOthers() {
        String alone = chat(CAPITAL).json().at("/choices/0/message/content").stringValue();
        List<Thread> others = IntStream.range(0, 31)
                .mapToObj(i -> Thread.ofVirtual()
                        .start(() -> chat("\"messages\": [{\"role\": \"user\", \"content\": \"Tell me of number " + i
                                + ".\"}], \"temperature\": 0.9, \"seed\": " + i + ", \"max_tokens\": 12")))
                .toList();
        assertThat(chat(CAPITAL).json().at("/choices/0/message/content").stringValue())
                .isEqualTo(alone);
        others.forEach(thread -> {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void severalAnswersHaveSeedsOfTheirOwn() {
        JsonNode json =
                chat("\"messages\": [{\"role\": \"user\", \"content\": \"Invent a name.\"}], \"temperature\": 1.5, \"n\": 3,"
                                + " \"seed\": 5, \"max_tokens\": 8")
                        .json();
        assertThat(json.get("choices").size()).isEqualTo(3);
        assertThat(json.get("choices").values().stream()
                        .map(choice -> choice.at("/message/content").stringValue())
                        .distinct()
                        .count())
                .isGreaterThan(1);
    }

    @Test
    void anAnswerKeepsToItsSchemaAndOneThatCannotBeEnforcedIsRefused() {
        String ask = "\"messages\": [{\"role\": \"user\", \"content\": \"Describe Tokyo.\"}], \"max_tokens\": 60,"
                + " \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"city\", \"schema\": ";
        Served.Said said = chat(ask + "{\"type\": \"object\", \"properties\": {\"large\": {\"type\": \"boolean\"}},"
                + " \"required\": [\"large\"], \"additionalProperties\": false}}}");
        String text = said.json().at("/choices/0/message/content").stringValue();
        assertThat(text).as(said.body()).matches("\\{\"large\":(true|false)}");
        Served.Said refused = chat(ask + "{\"type\": \"nothing\"}}}");
        assertThat(refused.status()).as(refused.body()).isEqualTo(400);
        assertThat(refused.json().at("/error/param").stringValue()).isEqualTo("response_format.json_schema.schema");
    }

    @Test
    void whatCannotBeServedIsRefusedByItsName() {
        assertRefused(CAPITAL + ", \"surprise\": 1", "surprise");
        assertRefused(CAPITAL + ", \"audio\": {\"voice\": \"x\"}", "audio");
        assertRefused(CAPITAL + ", \"temperature\": 3", null); // a name twice
        assertRefused("\"messages\": [], \"n\": 2", "messages");
        assertRefused(CAPITAL + ", \"n\": 1000000000", "n");
        assertRefused(CAPITAL + ", \"logit_bias\": {\"99999999\": 1}", "logit_bias");
        assertRefused(CAPITAL + ", \"max_completion_tokens\": 5", "max_tokens");
        assertRefused(CAPITAL + ", \"top_logprobs\": 5", "top_logprobs");
        assertRefused(
                "\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {\"url\":"
                        + " \"http://169.254.169.254/\"}}]}]",
                "messages[0].content[0].image_url");
        String longText = "word ".repeat(9000);
        Served.Said tooLong =
                assertRefused("\"messages\": [{\"role\": \"user\", \"content\": \"" + longText + "\"}]", "messages");
        assertThat(tooLong.json().at("/error/code").stringValue()).isEqualTo("context_length_exceeded");
        assertThat(tooLong.json().at("/error/message").stringValue()).containsPattern("90\\d\\d.*8192");
    }

    @Test
    void aPredictionChangesNoTokenAndIsCounted() {
        String fields =
                "\"messages\": [{\"role\": \"user\", \"content\": \"Tell me about the sea.\"}], \"max_tokens\": 60";
        JsonNode plain = chat(fields).json();
        JsonNode text = plain.at("/choices/0/message/content");
        JsonNode predicted = chat(fields
                        + ", \"prediction\": {\"type\": \"content\", \"content\": [{\"type\": \"text\"," + " \"text\": "
                        + text + "}]}")
                .json();
        assertThat(predicted.at("/choices/0/message/content")).isEqualTo(text);
        JsonNode details = predicted.at("/usage/completion_tokens_details");
        assertThat(details.get("accepted_prediction_tokens").intValue()).isBetween(0, 60);
        assertThat(details.get("rejected_prediction_tokens").isNumber()).isTrue(); // guesses depend on the clock
    }

    @Test
    void anUnknownModelIs404WithNamesThatAreNear() {
        Served.Said said =
                served.post("/v1/chat/completions", "{\"model\": \"" + model.substring(1) + "\", " + CAPITAL + "}");
        assertThat(said.status()).isEqualTo(404);
        assertThat(said.json().at("/error/code").stringValue()).isEqualTo("model_not_found");
        assertThat(said.json().at("/error/message").stringValue()).contains(model);
    }

    private static Served.Said assertRefused(String fields, String field) {
        Served.Said said = chat(fields);
        assertThat(said.status()).as(said.body()).isEqualTo(400);
        JsonNode param = said.json().at("/error/param");
        assertThat(param.isNull() ? null : param.stringValue()).as(said.body()).isEqualTo(field);
        assertThat(Objects.requireNonNull(said.json().at("/error/message").stringValue()))
                .isNotEmpty();
        return said;
    }
}
