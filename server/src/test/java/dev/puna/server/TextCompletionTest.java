package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.SharedData;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class TextCompletionTest {
    private static Served served;
    private static String model;

    @BeforeAll
    static void serve() {
        served = new Served(SharedData.smollm2());
        model = served.server.models().entries().getFirst().id();
    }

    @AfterAll
    static void stop() {
        if (served != null) {
            served.close();
        }
    }

    private static Served.Said complete(String fields) {
        return served.post("/v1/completions", "{\"model\": \"" + model + "\", " + fields + "}");
    }

    @Test
    void idsAndTextAreContinuedAlike() {
        String text = "The capital of France is";
        JsonNode ids = served.post("/tokenize", "{\"content\": \"" + text + "\", \"add_special\": true}")
                .json()
                .get("tokens");
        JsonNode both = complete("\"prompt\": [\"" + text + "\", " + ids + "], \"max_tokens\": 8")
                .json();
        assertThat(both.get("choices").size()).isEqualTo(2);
        assertThat(both.at("/choices/0/text")).isEqualTo(both.at("/choices/1/text"));
        JsonNode one = complete("\"prompt\": " + ids + ", \"max_tokens\": 8, \"echo\": true")
                .json();
        assertThat(one.at("/choices/0/text").stringValue())
                .isEqualTo(text + both.at("/choices/0/text").stringValue());
        assertThat(one.at("/usage/prompt_tokens").intValue()).isEqualTo(ids.size());
        assertThat(served.post("/detokenize", "{\"tokens\": " + ids + "}")
                        .json()
                        .get("content")
                        .stringValue())
                .endsWith(text);
    }

    @Test
    void aStreamTellsTheSameAsTheWhole() {
        String fields = "\"prompt\": \"Once upon a time\", \"max_tokens\": 12, \"logprobs\": 2";
        JsonNode whole = complete(fields).json();
        Served.Said said = complete(fields + ", \"stream\": true");
        assertThat(said.events().getLast()).isEqualTo("[DONE]");
        String text = said.events().stream()
                .filter(event -> event.startsWith("{"))
                .map(event -> dev.puna.server.wire.Json.parse(event.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .at("/choices/0/text")
                        .stringValue())
                .collect(Collectors.joining());
        assertThat(text).isEqualTo(whole.at("/choices/0/text").stringValue());
        assertThat(whole.at("/choices/0/logprobs/tokens").size()).isEqualTo(12);
        assertThat(whole.at("/choices/0/logprobs/text_offset/0").intValue()).isZero();
    }

    @Test
    void aPromptsTokensAreToldWithTheirLogprobs() {
        String text = "The capital of France is 😀 Paris";
        JsonNode whole = complete("\"prompt\": \"" + text + "\", \"echo\": true, \"logprobs\": 1, \"max_tokens\": 2")
                .json();
        JsonNode logprobs = whole.at("/choices/0/logprobs");
        int prompt = whole.at("/usage/prompt_tokens").intValue();
        assertThat(logprobs.get("tokens").size()).isEqualTo(prompt + 2);
        assertThat(logprobs.at("/token_logprobs/0").isNull()).isTrue();
        assertThat(logprobs.at("/top_logprobs/0").isNull()).isTrue();
        String full = whole.at("/choices/0/text").stringValue();
        for (int i = 1; i < prompt + 2; i++) {
            double chosen = logprobs.at("/token_logprobs/" + i).doubleValue();
            double best =
                    logprobs.at("/top_logprobs/" + i).values().iterator().next().doubleValue();
            assertThat(chosen).isNegative().isLessThanOrEqualTo(best);
            String token = logprobs.at("/tokens/" + i).stringValue();
            int at = full.offsetByCodePoints(0, logprobs.at("/text_offset/" + i).intValue());
            assertThat(token.startsWith("bytes:") || full.startsWith(token, at)).isTrue();
        }
        // Read alone, a second time, or without an answer, the prompt has the same.
        JsonNode none = complete("\"prompt\": \"" + text + "\", \"echo\": true, \"logprobs\": 1, \"max_tokens\": 0")
                .json();
        assertThat(none.at("/choices/0/text").stringValue()).isEqualTo(text);
        assertThat(none.at("/choices/0/finish_reason").stringValue()).isEqualTo("length");
        assertThat(none.at("/usage/completion_tokens").intValue()).isZero();
        for (int i = 1; i < prompt; i++) {
            assertThat(none.at("/choices/0/logprobs/token_logprobs/" + i))
                    .isEqualTo(logprobs.at("/token_logprobs/" + i));
        }
        Served.Said streamed = complete(
                "\"prompt\": \"" + text + "\", \"echo\": true, \"logprobs\": 1, \"max_tokens\": 2, \"stream\": true");
        List<JsonNode> tokens = new ArrayList<>();
        List<JsonNode> offsets = new ArrayList<>();
        for (String event : streamed.events()) {
            if (event.startsWith("{")) {
                JsonNode told = dev.puna.server.wire.Json.parse(event.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .at("/choices/0/logprobs");
                told.path("token_logprobs").values().forEach(tokens::add);
                told.path("text_offset").values().forEach(offsets::add);
            }
        }
        assertThat(tokens).isEqualTo(List.copyOf(logprobs.get("token_logprobs").values()));
        assertThat(offsets).isEqualTo(List.copyOf(logprobs.get("text_offset").values()));
    }

    @Test
    void theBestOfSeveralIsGiven() {
        JsonNode json = complete("\"prompt\": \"My name is\", \"temperature\": 1.5, \"best_of\": 4, \"max_tokens\": 6")
                .json();
        assertThat(json.get("choices").size()).isEqualTo(1);
        assertThat(json.at("/usage/completion_tokens").intValue()).isGreaterThan(6);
    }

    @Test
    void vectorsAreTheSameAsNumbersAndAsBytes() {
        String input = "\"input\": [\"The cat sleeps.\", \"A dog barks.\"], \"model\": \"" + model + "\"";
        JsonNode floats =
                served.post("/v1/embeddings", "{" + input + "}").json().get("data");
        JsonNode bytes = served.post("/v1/embeddings", "{" + input + ", \"encoding_format\": \"base64\"}")
                .json()
                .get("data");
        var decoded = java.nio.ByteBuffer.wrap(java.util.Base64.getDecoder()
                        .decode(bytes.at("/1/embedding").stringValue()))
                .order(java.nio.ByteOrder.LITTLE_ENDIAN);
        JsonNode second = floats.at("/1/embedding");
        for (JsonNode number : second) {
            assertThat(decoded.getFloat()).isEqualTo(number.floatValue());
        }
        JsonNode few = served.post("/v1/embeddings", "{" + input + ", \"dimensions\": 16}")
                .json()
                .at("/data/0/embedding");
        assertThat(few.size()).isEqualTo(16);
        assertThat(few.values().stream()
                        .mapToDouble(x -> x.doubleValue() * x.doubleValue())
                        .sum())
                .isBetween(0.999, 1.001);
        assertThat(served.post("/v1/embeddings", "{" + input + ", \"dimensions\": 100000}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void aSuffixNeedsAModelThatFillsIn() {
        Served.Said said = complete("\"prompt\": \"def f(\", \"suffix\": \"return x\"");
        assertThat(said.status()).isEqualTo(400);
        assertThat(said.json().at("/error/param").stringValue()).isEqualTo("suffix");
    }
}
