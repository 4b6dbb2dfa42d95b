package dev.puna.server.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.server.Served;
import dev.puna.server.Toys;
import dev.puna.server.wire.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class AnthropicTest {
    private static final String QUESTION = "\"messages\": [{\"role\": \"user\", \"content\": \"Which range?\"}]";
    private static final String TOOLS = """
            "tools": [{"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]""";

    @TempDir
    static Path folder;

    private static Served served;

    @BeforeAll
    static void serve() {
        served = Toys.serve(folder);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static Served.Said say(String model, String... fields) {
        String body = "{\"model\": \"" + model + "\", \"max_tokens\": 200, " + String.join(", ", fields) + "}";
        return served.post("/v1/messages", body, "anthropic-version", "2023-06-01", "x-api-key", "any");
    }

    private static List<JsonNode> events(Served.Said said) {
        return said.events().stream()
                .map(data -> Json.parse(data.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    @Test
    void eventsComeInTheirOrderWithTheirNames() {
        Served.Said said = say("toy", QUESTION, "\"stream\": true");
        List<String> named = said.body()
                .lines()
                .filter(line -> line.startsWith("event: "))
                .map(line -> line.substring(7))
                .toList();
        assertThat(named).startsWith("message_start", "ping", "content_block_start", "content_block_delta");
        assertThat(named).endsWith("content_block_delta", "content_block_stop", "message_delta", "message_stop");
        List<JsonNode> events = events(said);
        assertThat(events.stream().map(event -> event.get("type").stringValue()))
                .isEqualTo(named);
        assertThat(events.stream()
                        .map(event -> event.at("/delta/text"))
                        .filter(JsonNode::isString)
                        .map(JsonNode::stringValue)
                        .collect(Collectors.joining()))
                .isEqualTo(Toys.ANSWER);
        JsonNode begun = events.getFirst().get("message");
        JsonNode over = events.get(events.size() - 2);
        assertThat(begun.get("content")).isEmpty();
        assertThat(begun.get("stop_reason").isNull()).isTrue();
        assertThat(over.at("/delta/stop_reason").stringValue()).isEqualTo("end_turn");
        assertThat(over.at("/usage/input_tokens").intValue()
                        + over.at("/usage/cache_read_input_tokens").intValue())
                .isEqualTo(begun.at("/usage/input_tokens").intValue());
    }

    @Test
    void aToolsInputIsStreamedAsJsonInABlockOfItsOwn() {
        List<JsonNode> events = events(say("caller", QUESTION, TOOLS, "\"stream\": true"));
        JsonNode start = events.stream()
                .filter(event -> event.at("/content_block/type").asString("").equals("tool_use"))
                .findFirst()
                .orElseThrow();
        assertThat(start.at("/content_block/name").stringValue()).isEqualTo("get_weather");
        assertThat(start.at("/content_block/input").isEmpty()).isTrue();
        String json = events.stream()
                .filter(event -> event.at("/delta/type").asString("").equals("input_json_delta"))
                .map(event -> event.at("/delta/partial_json").stringValue())
                .collect(Collectors.joining());
        assertThat(json).isEqualTo("{\"city\":\"Hilo\"}");
        assertThat(events.get(events.size() - 2).at("/delta/stop_reason").stringValue())
                .isEqualTo("tool_use");
    }

    @Test
    void aWholeMessageHoldsTheCall() {
        JsonNode message = say("caller", QUESTION, TOOLS).json();
        JsonNode call = message.at("/content/0");
        assertThat(call.get("type").stringValue()).isEqualTo("tool_use");
        assertThat(call.at("/input/city").stringValue()).isEqualTo("Hilo");
        assertThat(message.get("stop_reason").stringValue()).isEqualTo("tool_use");
    }

    @Test
    void halfACallIsNotGivenOut() {
        JsonNode message = served.post(
                        "/v1/messages", "{\"model\": \"caller\", \"max_tokens\": 2, " + QUESTION + ", " + TOOLS + "}")
                .json();
        assertThat(message.get("stop_reason").stringValue()).isEqualTo("max_tokens");
        assertThat(message.get("content").values())
                .noneMatch(block -> block.get("type").stringValue().equals("tool_use"));
    }

    @Test
    void theStopSequenceThatEndedItIsNamed() {
        JsonNode message =
                say("toy", QUESTION, "\"stop_sequences\": [\"st.\", \", ö\"]").json();
        assertThat(message.at("/content/0/text").stringValue()).isEqualTo("Puna");
        assertThat(message.get("stop_reason").stringValue()).isEqualTo("stop_sequence");
        assertThat(message.get("stop_sequence").stringValue()).isEqualTo(", ö");
    }

    @Test
    void systemAndContentAreTextsOrBlocks() {
        String texts = "\"system\": \"a\\nb\", \"messages\": [{\"role\": \"user\", \"content\": \"c\"}]";
        String blocks = """
                "system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
                           {"type": "text", "text": "b"}],
                "messages": [{"role": "user", "content": [{"type": "text", "text": "c"}]}]""";
        assertThat(count(blocks)).isEqualTo(count(texts)).isPositive();
    }

    private static int count(String fields) {
        return served.post("/v1/messages/count_tokens", "{\"model\": \"toy\", " + fields + "}")
                .json()
                .get("input_tokens")
                .intValue();
    }

    @Test
    void resultsBelongToCalls() {
        String talk = """
                "messages": [{"role": "user", "content": "x"},
                  {"role": "assistant", "content": [{"type": "text", "text": "Let me see"},
                    {"type": "tool_use", "id": "1", "name": "get_weather", "input": {"city": "Hilo"}}]},
                  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "%s", "is_error": true,
                    "content": [{"type": "text", "text": "rain"}]}, {"type": "text", "text": "And now?"}]}]""";
        assertThat(say("toy", talk.formatted("1"), TOOLS)
                        .json()
                        .at("/content/0/text")
                        .stringValue())
                .isEqualTo(Toys.ANSWER);
        Served.Said astray = say("toy", talk.formatted("2"), TOOLS);
        assertThat(astray.status()).isEqualTo(400);
        assertThat(astray.body()).contains("messages[2].content[0].tool_use_id");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    "frobnicate": 1                                    | frobnicate
                    "container": "x"                                   | container
                    "thinking": {"type": "enabled", "budget_tokens": 0}| thinking.budget_tokens
                    "thinking": {"type": "between_tools"}              | thinking.type
                    "speed": "fast"                                    | speed
                    "temperature": 3                                   | temperature
                    "top_k": -1                                        | top_k
                    "tools": [{"type": "web_search_20250305"}]         | tools[0].type
                    "tool_choice": {"type": "tool"}                    | tool_choice.name
                    "output_config": {"effort": "low"}                 | output_config.effort
                    "system": 7                                        | system
                    """)
    void whatCannotBeServedIsRefusedByItsName(String field, String name) {
        Served.Said said = say("toy", QUESTION, field);
        assertThat(said.status()).isEqualTo(400);
        assertThat(said.json().get("type").stringValue()).isEqualTo("error");
        assertThat(said.json().at("/error/type").stringValue()).isEqualTo("invalid_request_error");
        assertThat(said.json().at("/error/message").stringValue()).contains("'" + name + "'");
        assertThat(said.json().get("request_id").stringValue()).startsWith("req_");
    }

    @Test
    void picturesAreRefusedWhereTheyStand() {
        String picture = """
                "messages": [{"role": "user", "content": [{"type": "image",
                  "source": {"type": "base64", "media_type": "image/png", "data": ""}}]}]""";
        assertThat(say("toy", picture).json().at("/error/message").stringValue())
                .contains("messages[0].content[0].source", "cannot see");
    }

    @Test
    void anUnknownModelIsNotFound() {
        Served.Said said = say("nobody", QUESTION);
        assertThat(said.status()).isEqualTo(404);
        assertThat(said.json().at("/error/type").stringValue()).isEqualTo("not_found_error");
        assertThat(said.json().at("/error/message").stringValue()).contains("nobody", "toy");
    }

    @Test
    void aTalkLongerThanTheContextIsRefusedWithBothNumbers() {
        String words = Stream.generate(() -> "word ").limit(600).collect(Collectors.joining());
        Served.Said said = say("toy", "\"messages\": [{\"role\": \"user\", \"content\": \"" + words + "\"}]");
        assertThat(said.status()).isEqualTo(400);
        assertThat(said.json().at("/error/message").stringValue())
                .containsPattern("30\\d\\d")
                .contains("" + Toys.CONTEXT);
    }

    @Test
    void modelsAreListedInAnthropicsFormToItsClients() {
        JsonNode list =
                served.get("/v1/models", "anthropic-version", "2023-06-01").json();
        assertThat(list.at("/data/0/type").stringValue()).isEqualTo("model");
        assertThat(list.get("has_more").booleanValue()).isFalse();
        assertThat(served.get("/v1/models/toy", "anthropic-version", "2023-06-01")
                        .json()
                        .get("id")
                        .stringValue())
                .isEqualTo("toy");
    }
}
