package dev.puna.server.gemini;

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
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class GeminiTest {
    private static final String QUESTION = "\"contents\": [{\"parts\": [{\"text\": \"Which range?\"}]}]";
    private static final String TOOLS = """
            "tools": [{"functionDeclarations": [{"name": "get_weather", "parameters":
              {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}}]}]""";

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

    private static Served.Said say(String model, String method, String... fields) {
        return served.post("/v1beta/models/" + model + ":" + method, "{" + String.join(", ", fields) + "}");
    }

    private static Served.Said generate(String... fields) {
        return say("toy", "generateContent", fields);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1beta", "/v1"})
    void bothVersionsAnswer(String version) {
        JsonNode json = served.post(version + "/models/toy:generateContent", "{" + QUESTION + "}")
                .json();
        assertThat(json.at("/candidates/0/content/parts/0/text").stringValue()).isEqualTo(Toys.ANSWER);
        assertThat(json.at("/candidates/0/content/role").stringValue()).isEqualTo("model");
        assertThat(json.at("/candidates/0/finishReason").stringValue()).isEqualTo("STOP");
        assertThat(json.at("/usageMetadata/totalTokenCount").intValue())
                .isEqualTo(json.at("/usageMetadata/promptTokenCount").intValue()
                        + json.at("/usageMetadata/candidatesTokenCount").intValue());
        assertThat(json.get("modelVersion").stringValue()).isEqualTo("toy");
    }

    @Test
    void aStreamIsAnArrayOrEvents() {
        Served.Said array = say("toy", "streamGenerateContent", QUESTION);
        assertThat(array.header("content-type")).isEqualTo("application/json");
        assertThat(text(array.json().values())).isEqualTo(Toys.ANSWER);
        Served.Said events = say("toy", "streamGenerateContent?alt=sse", QUESTION);
        assertThat(events.header("content-type")).isEqualTo("text/event-stream");
        List<JsonNode> pieces = events.events().stream()
                .map(data -> Json.parse(data.getBytes(StandardCharsets.UTF_8)))
                .toList();
        assertThat(text(pieces)).isEqualTo(Toys.ANSWER);
        assertThat(pieces.getLast().at("/candidates/0/finishReason").stringValue())
                .isEqualTo("STOP");
        assertThat(pieces.getLast().has("usageMetadata")).isTrue();
    }

    private static String text(Iterable<JsonNode> pieces) {
        return Stream.of(pieces)
                .flatMap(all -> java.util.stream.StreamSupport.stream(all.spliterator(), false))
                .map(piece -> piece.at("/candidates/0/content/parts/0/text").stringValue())
                .collect(Collectors.joining());
    }

    @Test
    void candidatesAreCountedAndStreamedTogether() {
        String two = "\"generationConfig\": {\"candidateCount\": 2}";
        JsonNode whole = generate(QUESTION, two).json();
        assertThat(whole.get("candidates")).hasSize(2);
        JsonNode pieces = say("toy", "streamGenerateContent", QUESTION, two).json();
        assertThat(pieces.values().stream()
                        .map(piece -> piece.at("/candidates/0/index").intValue()))
                .contains(0, 1);
        assertThat(pieces.values().stream().filter(piece -> piece.has("usageMetadata")))
                .singleElement()
                .satisfies(last -> assertThat(last.at("/usageMetadata/candidatesTokenCount"))
                        .isEqualTo(whole.at("/usageMetadata/candidatesTokenCount")));
    }

    @Test
    void namesAreTakenInSnakeCaseToo() {
        JsonNode json = generate(
                        QUESTION,
                        "\"system_instruction\": {\"parts\": [{\"text\": \"Be brief\"}]}",
                        "\"generation_config\": {\"max_output_tokens\": 1, \"response_logprobs\": true, \"logprobs\": 2}")
                .json();
        assertThat(json.at("/candidates/0/finishReason").stringValue()).isEqualTo("MAX_TOKENS");
        assertThat(json.at("/candidates/0/logprobsResult/chosenCandidates/0/token")
                        .stringValue())
                .isEqualTo("Puna");
        assertThat(json.at("/candidates/0/logprobsResult/topCandidates/0/candidates"))
                .hasSize(2);
        assertThat(json.at("/candidates/0/avgLogprobs").doubleValue()).isNegative();
        assertThat(generate(QUESTION, "\"generation_config\": {}", "\"generationConfig\": {}")
                        .body())
                .contains("is given twice");
    }

    @Test
    void aCallIsAPartAndItsResultIsRead() {
        JsonNode json = say("caller", "generateContent", QUESTION, TOOLS).json();
        JsonNode call = json.at("/candidates/0/content/parts/0/functionCall");
        assertThat(call.get("name").stringValue()).isEqualTo("get_weather");
        assertThat(call.at("/args/city").stringValue()).isEqualTo("Hilo");
        assertThat(json.at("/candidates/0/finishReason").stringValue()).isEqualTo("STOP");
        JsonNode pieces =
                say("caller", "streamGenerateContent", QUESTION, TOOLS).json();
        assertThat(pieces.values().stream().map(piece -> piece.at("/candidates/0/content/parts/0/functionCall/name")))
                .anyMatch(name -> name.asString("").equals("get_weather"));
        String talk = """
                "contents": [{"role": "user", "parts": [{"text": "x"}]},
                  {"role": "model", "parts": [{"functionCall": {"name": "get_weather", "args": {}}}]},
                  {"role": "user", "parts": [{"functionResponse": {"name": "%s", "response": {"output": "rain"}}}]}]""";
        assertThat(generate(talk.formatted("get_weather"), TOOLS).status()).isEqualTo(200);
        assertThat(generate(talk.formatted("now"), TOOLS).body())
                .contains("contents[2].parts[0].functionResponse.name");
    }

    @Test
    void tokensAreCountedAsTheyAreUsed() {
        int used =
                generate(QUESTION).json().at("/usageMetadata/promptTokenCount").intValue();
        assertThat(say("toy", "countTokens", QUESTION).json().get("totalTokens").intValue())
                .isEqualTo(used);
        assertThat(say(
                                "toy",
                                "countTokens",
                                "\"generateContentRequest\": {\"model\": \"models/toy\", " + QUESTION + "}")
                        .json()
                        .get("totalTokens")
                        .intValue())
                .isEqualTo(used);
    }

    @Test
    void contentsBecomeVectorsOfTheSizeThatIsWanted() {
        String content = "\"content\": {\"parts\": [{\"text\": \"abc\"}]}";
        JsonNode one = say("toy", "embedContent", content, "\"outputDimensionality\": 5")
                .json();
        assertThat(one.at("/embedding/values")).hasSize(5);
        JsonNode two = say(
                        "toy",
                        "batchEmbedContents",
                        "\"requests\": [{\"model\": \"models/toy\", " + content + "}, {" + content
                                + ", \"output_dimensionality\": 3}]")
                .json();
        assertThat(two.at("/embeddings/0/values").size()).isGreaterThan(5);
        assertThat(two.at("/embeddings/1/values")).hasSize(3);
        assertThat(say("toy", "embedContent", content, "\"taskType\": \"CLUSTERING\"")
                        .body())
                .contains("'taskType'");
        assertThat(say("toy", "embedContent", content, "\"outputDimensionality\": 5000")
                        .body())
                .contains("'outputDimensionality'", "5000");
        assertThat(say("toy", "batchEmbedContents", "\"requests\": [{\"model\": \"models/other\", " + content + "}]")
                        .body())
                .contains("requests[0].model");
    }

    @Test
    void answersTakeTheFormThatIsWanted() {
        String config = "\"generationConfig\": {\"responseMimeType\": \"%s\", %s}";
        String google = "\"responseSchema\": {\"type\": \"STRING\", \"enum\": [\"Hilo\"]}";
        assertThat(said(config.formatted("application/json", google))).isEqualTo("\"Hilo\"");
        assertThat(said(config.formatted("text/x.enum", google))).isEqualTo("Hilo");
        String json = "\"responseJsonSchema\": {\"type\": \"array\", \"items\": {\"const\": \"a\"}, \"minItems\": 2}";
        assertThat(said(config.formatted("application/json", json))).isEqualTo("[\"a\",\"a\"]");
        assertThat(said("\"generationConfig\": {\"responseMimeType\": \"application/json\", \"maxOutputTokens\": 4}"))
                .matches("[\\[{].*");
        assertThat(generate(QUESTION, config.formatted("application/json", google + ", " + json))
                        .status())
                .isEqualTo(400);
    }

    private static String said(String config) {
        return generate(QUESTION, config)
                .json()
                .at("/candidates/0/content/parts/0/text")
                .stringValue();
    }

    @Test
    void anAllowedFunctionIsCalledWhereOneIsDemanded() {
        String two = """
                "tools": [{"functionDeclarations": [{"name": "now"}, {"name": "get_weather"}]}],
                "toolConfig": {"functionCallingConfig": {"mode": "%s", "allowedFunctionNames": ["get_weather"]}}""";
        assertThat(generate(QUESTION, two.formatted("ANY"))
                        .json()
                        .at("/candidates/0/content/parts/0/functionCall/name")
                        .stringValue())
                .isEqualTo("get_weather");
        assertThat(generate(QUESTION, two.formatted("VALIDATED"))
                        .json()
                        .at("/candidates/0/content/parts/0/text")
                        .stringValue())
                .isEqualTo(Toys.ANSWER);
    }

    @Test
    void withoutAGuardNothingCanBeBlocked() {
        String safety = "\"safetySettings\": [{\"category\": \"HARM_CATEGORY_HARASSMENT\", \"threshold\": \"%s\"}]";
        assertThat(generate(QUESTION, safety.formatted("BLOCK_NONE")).status()).isEqualTo(200);
        Served.Said refused = generate(QUESTION, safety.formatted("BLOCK_ONLY_HIGH"));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/message").stringValue()).contains("safetySettings", "guard");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    "frobnicate": 1                                               | frobnicate
                    "cachedContent": "x"                                          | cachedContent
                    "labels": {"a": "b"}                                          | labels
                    "tools": [{"googleSearch": {}}]                               | tools[0].googleSearch
                    "generationConfig": {"topP": 3}                               | generationConfig.topP
                    "generationConfig": {"logprobs": 3}                           | generationConfig.logprobs
                    "generationConfig": {"speechConfig": {}}                      | generationConfig.speechConfig
                    "generationConfig": {"thinkingConfig": {"thinkingBudget": -2}} | generationConfig.thinkingConfig.thinkingBudget
                    "generationConfig": {"candidateCount": 1000000000}            | generationConfig.candidateCount
                    "generationConfig": {"responseSchema": {"type": "STRING"}}    | generationConfig.responseSchema
                    "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}      | toolConfig.functionCallingConfig
                    "toolConfig": {"functionCallingConfig": {"allowedFunctionNames": ["f"]}} | toolConfig.functionCallingConfig.allowedFunctionNames
                    """)
    void whatCannotBeServedIsRefusedByItsName(String field, String name) {
        Served.Said said = generate(QUESTION, field);
        assertThat(said.status()).as(said.body()).isEqualTo(400);
        JsonNode error = said.json().get("error");
        assertThat(error.get("status").stringValue()).isEqualTo("INVALID_ARGUMENT");
        assertThat(error.get("message").stringValue()).contains("'" + name + "'");
        assertThat(error.at("/details/0/fieldViolations/0/field").stringValue()).isEqualTo(name);
    }

    @Test
    void picturesAndFilesAreRefusedWhereTheyStand() {
        assertThat(generate(
                                "\"contents\": [{\"parts\": [{\"inlineData\": {\"mimeType\": \"image/png\", \"data\": \"\"}}]}]")
                        .body())
                .contains("contents[0].parts[0].inlineData.mimeType");
        assertThat(generate("\"contents\": [{\"parts\": [{\"fileData\": {\"fileUri\": \"http://x\"}}]}]")
                        .body())
                .contains("contents[0].parts[0].fileData");
    }

    @Test
    void anUnknownModelIsNotFound() {
        JsonNode error = say("nobody", "generateContent", QUESTION).json().get("error");
        assertThat(error.get("code").intValue()).isEqualTo(404);
        assertThat(error.get("status").stringValue()).isEqualTo("NOT_FOUND");
        assertThat(error.get("message").stringValue()).contains("nobody");
    }

    @Test
    void modelsAreListedInGooglesFormToItsClients() {
        assertThat(served.get("/v1/models", "x-goog-api-key", "any")
                        .json()
                        .at("/models/0/name")
                        .stringValue())
                .isEqualTo("models/toy");
        JsonNode page = served.get("/v1beta/models?pageSize=1").json();
        assertThat(page.get("models")).hasSize(1);
        JsonNode next = served.get("/v1beta/models?pageSize=1&pageToken="
                        + page.get("nextPageToken").stringValue())
                .json();
        assertThat(next.at("/models/0/name").stringValue()).isEqualTo("models/caller");
        assertThat(next.has("nextPageToken")).isFalse();
    }
}
