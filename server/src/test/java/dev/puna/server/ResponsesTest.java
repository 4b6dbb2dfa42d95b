package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.SharedData;
import dev.puna.server.wire.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ResponsesTest {
    private static Served served;
    private static String model;

    @BeforeAll
    static void serve() {
        served = new Served(Served.small(600, 8, 128), SharedData.smollm2());
        model = served.server.models().entries().getFirst().id();
    }

    @AfterAll
    static void stop() {
        if (served != null) {
            served.close();
        }
    }

    private static Served.Said respond(String fields) {
        return served.post(
                "/v1/responses", "{\"model\": \"" + model + "\", \"max_output_tokens\": 16, " + fields + "}");
    }

    @Test
    void aStoredResponseIsFoundGoneOnFromAndRemoved() {
        Served.Said said = respond("\"input\": \"What is the capital of Japan?\"");
        assertThat(said.status()).as(said.body()).isEqualTo(200);
        JsonNode first = said.json();
        assertThat(first.at("/output/0/content/0/text").stringValue()).contains("Tokyo");
        String path = "/v1/responses/" + first.get("id").stringValue();
        assertThat(served.get(path).json()).isEqualTo(first);
        JsonNode item = served.get(path + "/input_items").json().at("/data/0");
        assertThat(item.at("/content/0/type").stringValue()).isEqualTo("input_text");
        assertThat(item.at("/content/0/text").stringValue()).contains("Japan");
        JsonNode second = respond(
                        "\"input\": \"And of France?\", \"previous_response_id\": " + Json.write(first.get("id")))
                .json();
        assertThat(second.at("/usage/input_tokens").intValue())
                .isGreaterThan(first.at("/usage/total_tokens").intValue());
        assertThat(served.send("DELETE", path, null).status()).isEqualTo(200);
        assertThat(served.get(path).status()).isEqualTo(404);
        Served.Said gone = respond("\"input\": \"x\", \"previous_response_id\": " + Json.write(first.get("id")));
        assertThat(gone.json().at("/error/param").stringValue()).isEqualTo("previous_response_id");
    }

    @Test
    void aResponseThatIsNotStoredIsNotFound() {
        JsonNode json = respond("\"input\": \"Hello\", \"store\": false").json();
        assertThat(served.get("/v1/responses/" + json.get("id").stringValue()).status())
                .isEqualTo(404);
    }

    @Test
    void eventsTellOfEveryItemFromItsBeginningToItsEnd() {
        Served.Said said = respond("\"input\": \"What is the capital of Japan?\", \"stream\": true,"
                + " \"include\": [\"message.output_text.logprobs\"], \"top_logprobs\": 1");
        List<JsonNode> events = said.events().stream()
                .map(text -> Json.parse(text.getBytes(StandardCharsets.UTF_8)))
                .toList();
        List<String> types = events.stream()
                .map(event -> event.get("type").stringValue())
                .distinct()
                .toList();
        assertThat(types)
                .startsWith(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.output_text.delta",
                        "response.output_text.done",
                        "response.content_part.done",
                        "response.output_item.done");
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).get("sequence_number").intValue()).isEqualTo(i);
        }
        JsonNode whole = events.getLast().get("response");
        assertThat(events.stream()
                        .filter(event -> event.get("type").stringValue().equals("response.output_text.delta"))
                        .map(event -> event.get("delta").stringValue())
                        .collect(Collectors.joining()))
                .isEqualTo(whole.at("/output/0/content/0/text").stringValue());
        assertThat(whole.at("/output/0/content/0/logprobs").size()).isPositive();
    }

    @Test
    void aStreamedResponseIsStoredBeforeItIsToldToBeOver() throws Exception {
        for (int i = 0; i < 5; i++) {
            try (var socket =
                    new java.net.Socket("127.0.0.1", served.server.uri().getPort())) {
                String body =
                        "{\"model\": \"" + model + "\", \"input\": \"Hi\", \"max_output_tokens\": 1, \"stream\": true}";
                socket.getOutputStream()
                        .write(("POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length()
                                        + "\r\n\r\n" + body)
                                .getBytes(StandardCharsets.UTF_8));
                var lines = new java.io.BufferedReader(
                        new java.io.InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                String line = lines.readLine();
                while (!line.startsWith("data: {\"type\":\"response.incomplete\"")) {
                    line = lines.readLine();
                }
                String id = Json.parse(line.substring(6).getBytes(StandardCharsets.UTF_8))
                        .at("/response/id")
                        .stringValue();
                assertThat(served.get("/v1/responses/" + id).status()).isEqualTo(200);
            }
        }
    }

    @Test
    void whatDoesNotFitIsLeftOutOnlyWhereThatIsAskedForAndSaid() {
        String turn = "{\"role\": \"user\", \"content\": \"" + "word ".repeat(100) + "\"}";
        String input = "\"input\": [" + String.join(",", java.util.Collections.nCopies(8, turn)) + "]";
        Served.Said refused = respond(input);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/code").stringValue()).isEqualTo("context_length_exceeded");
        assertThat(refused.json().at("/error/param").stringValue()).isEqualTo("input");
        Served.Said cut = respond(input + ", \"truncation\": \"auto\", \"store\": false");
        assertThat(cut.status()).as(cut.body()).isEqualTo(200);
        assertThat(cut.json().get("truncated_items").intValue()).isPositive();
    }
}
