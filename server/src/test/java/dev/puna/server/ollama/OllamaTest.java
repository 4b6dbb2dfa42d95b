package dev.puna.server.ollama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.server.PunaServer;
import dev.puna.server.Served;
import dev.puna.server.Toys;
import dev.puna.server.core.Library;
import dev.puna.server.wire.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class OllamaTest {
    private static final String QUESTION = "\"messages\": [{\"role\": \"user\", \"content\": \"Which range?\"}]";
    private static final String WHOLE = "\"stream\": false";

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

    private static Served.Said post(String path, String model, String... fields) {
        String rest = fields.length == 0 ? "" : ", " + String.join(", ", fields);
        return served.post(path, "{\"model\": \"" + model + "\"" + rest + "}");
    }

    private static List<JsonNode> lines(Served.Said said) {
        return said.body()
                .lines()
                .map(line -> Json.parse(line.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    @Test
    void aChatIsStreamedUnlessItIsWantedWhole() {
        Served.Said said = post("/api/chat", "toy", QUESTION);
        assertThat(said.header("content-type")).isEqualTo("application/x-ndjson");
        assertThat(said.body().lines()).noneMatch(String::isBlank);
        List<JsonNode> lines = lines(said);
        assertThat(lines.stream()
                        .map(line -> line.at("/message/content").stringValue())
                        .collect(Collectors.joining()))
                .isEqualTo(Toys.ANSWER);
        JsonNode last = lines.getLast();
        assertThat(last.get("done").booleanValue()).isTrue();
        assertThat(lines.subList(0, lines.size() - 1))
                .isNotEmpty()
                .noneMatch(line -> line.get("done").booleanValue());
        assertThat(last.get("total_duration").longValue())
                .isGreaterThanOrEqualTo(last.get("prompt_eval_duration").longValue()
                        + last.get("eval_duration").longValue());
        JsonNode whole = post("/api/chat", "toy", QUESTION, WHOLE).json();
        assertThat(whole.at("/message/content").stringValue()).isEqualTo(Toys.ANSWER);
        assertThat(whole.get("eval_count")).isEqualTo(last.get("eval_count"));
    }

    @Test
    void aPromptIsAnsweredByTheTemplateOrContinuedRaw() {
        assertThat(post("/api/generate", "toy", "\"prompt\": \"x\"", "\"system\": \"Be brief\"", WHOLE)
                        .json()
                        .get("response")
                        .stringValue())
                .isEqualTo(Toys.ANSWER);
        JsonNode raw = post("/api/generate", "toy", "\"prompt\": \"<|assistant|>\"", "\"raw\": true", WHOLE)
                .json();
        assertThat(raw.get("response").stringValue()).isEqualTo(Toys.ANSWER);
        assertThat(raw.get("prompt_eval_count").intValue()).isEqualTo(2);
    }

    @Test
    void withoutAPromptTheModelIsLoadedOrClosed() {
        assertThat(post("/api/generate", "toy").json().get("done_reason").stringValue())
                .isEqualTo("load");
        assertThat(served.get("/api/ps").body()).contains("\"toy\"");
        assertThat(post("/api/chat", "toy", "\"keep_alive\": 0")
                        .json()
                        .get("done_reason")
                        .stringValue())
                .isEqualTo("unload");
        assertThat(served.get("/api/ps").body()).doesNotContain("\"toy\"");
    }

    @Test
    void aCallStandsInAMessage() {
        String tools = """
                "tools": [{"type": "function", "function": {"name": "get_weather", "description": "d",
                  "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]""";
        JsonNode whole = post("/api/chat", "caller", QUESTION, tools, WHOLE).json();
        assertThat(whole.at("/message/tool_calls/0/function/name").stringValue())
                .isEqualTo("get_weather");
        assertThat(whole.at("/message/tool_calls/0/function/arguments/city").stringValue())
                .isEqualTo("Hilo");
        assertThat(lines(post("/api/chat", "caller", QUESTION, tools)))
                .anyMatch(line -> line.at("/message/tool_calls/0/function/arguments/city")
                        .asString("")
                        .equals("Hilo"));
        String talk = """
                "messages": [{"role": "user", "content": "x"},
                  {"role": "assistant", "tool_calls": [{"function": {"name": "get_weather", "arguments": {}}}]},
                  {"role": "tool", "tool_name": "%s", "content": "rain"}]""";
        assertThat(post("/api/chat", "toy", talk.formatted("get_weather"), tools, WHOLE)
                        .status())
                .isEqualTo(200);
        assertThat(post("/api/chat", "toy", talk.formatted("now"), tools).body())
                .contains("messages[2]");
    }

    @Test
    void theContextThatIsAskedForIsKeptOrRefusedWithBothNumbers() {
        String context = "\"options\": {\"num_ctx\": %d}";
        assertThat(post("/api/chat", "toy", QUESTION, context.formatted(4000), WHOLE)
                        .json()
                        .get("error")
                        .stringValue())
                .contains("options.num_ctx", "4000", "" + Toys.CONTEXT);
        int prompt = post("/api/chat", "toy", QUESTION, WHOLE)
                .json()
                .get("prompt_eval_count")
                .intValue();
        assertThat(post("/api/chat", "toy", QUESTION, context.formatted(prompt), WHOLE)
                        .json()
                        .get("error")
                        .stringValue())
                .contains(prompt + " tokens");
        JsonNode cut = post("/api/chat", "toy", QUESTION, context.formatted(prompt + 2), WHOLE)
                .json();
        assertThat(cut.get("eval_count").intValue()).isEqualTo(2);
        assertThat(cut.get("done_reason").stringValue()).isEqualTo("length");
    }

    @Test
    void tokensAreReportedWithTheirBytes() {
        JsonNode whole = post("/api/chat", "toy", QUESTION, "\"logprobs\": true", "\"top_logprobs\": 1", WHOLE)
                .json();
        assertThat(whole.at("/logprobs/0/token").stringValue()).isEqualTo("Puna");
        assertThat(whole.at("/logprobs/0/bytes")).hasSize(4);
        assertThat(whole.at("/logprobs/0/top_logprobs")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    "frobnicate": 1                   | frobnicate
                    "options": {"frobnicate": 1}      | options.frobnicate
                    "options": {"mirostat": 2}        | options.mirostat
                    "options": {"num_gpu": 99}        | options.num_gpu
                    "options": {"num_thread": 4}      | options.num_thread
                    "options": {"repeat_last_n": 64}  | options.repeat_last_n
                    "options": {"temperature": -1}    | options.temperature
                    "options": {"num_predict": 0}     | options.num_predict
                    "think": true                     | think
                    "think": "high"                   | think
                    "top_logprobs": 2                 | top_logprobs
                    "keep_alive": "soon"              | keep_alive
                    "format": "xml"                   | format
                    "truncate": true                  | truncate
                    """)
    void whatCannotBeServedIsRefusedByItsName(String field, String name) {
        Served.Said said = post("/api/chat", "toy", QUESTION, field);
        assertThat(said.status()).as(said.body()).isEqualTo(400);
        assertThat(said.json().get("error").stringValue()).contains("'" + name + "'");
    }

    @Test
    void picturesAreRefusedWhereTheyStand() {
        String picture = "\"messages\": [{\"role\": \"user\", \"content\": \"x\", \"images\": [\"AAAA\"]}]";
        assertThat(post("/api/chat", "toy", picture).body()).contains("messages[0].images", "cannot see");
        assertThat(post("/api/generate", "toy", "\"prompt\": \"x\"", "\"images\": [\"AAAA\"]")
                        .body())
                .contains("'images'");
    }

    @Test
    void anUnknownModelIsNotFound() {
        Served.Said said = post("/api/chat", "nobody", QUESTION);
        assertThat(said.status()).isEqualTo(404);
        assertThat(said.json().get("error").stringValue()).contains("nobody", "toy");
    }

    @Test
    void modelsAreListedAndShown() {
        JsonNode tags = served.get("/api/tags").json();
        assertThat(tags.at("/models/0/name").stringValue()).isEqualTo("toy");
        assertThat(tags.at("/models/0/details/format").stringValue()).isEqualTo("safetensors");
        assertThat(tags.at("/models/0/details/quantization_level").stringValue())
                .isEqualTo("F32");
        JsonNode shown = post("/api/show", "toy:latest").json();
        assertThat(shown.at("/details/family").stringValue()).isEqualTo("llama");
        assertThat(shown.get("template").stringValue()).contains("bos_token");
        assertThat(shown.at("/model_info/llama.context_length").intValue()).isEqualTo(Toys.CONTEXT);
        assertThat(shown.get("capabilities").values().stream().map(JsonNode::stringValue))
                .contains("completion", "tools");
        assertThat(served.get("/api/version").json().get("version").stringValue())
                .matches("\\d+\\.\\d+\\.\\d+");
        assertThat(served.get("/").status()).isEqualTo(200);
    }

    @Test
    void onlyModelsThatWereTrainedForItFillIn() {
        Served.Said said = post("/api/generate", "toy", "\"prompt\": \"a\"", "\"suffix\": \"b\"");
        assertThat(said.status()).isEqualTo(400);
        assertThat(said.json().get("error").stringValue()).contains("'suffix'");
    }

    @Test
    void aPullTellsHowFarItIs() throws Exception {
        Library one = new Library() {
            @Override
            public List<Entry> entries() {
                return List.of();
            }

            @Override
            public Path path(String id) {
                throw new IllegalStateException(id);
            }

            @Override
            public Entry pull(String reference, Progress progress) {
                progress.at("fetching", 1, 2);
                progress.at("checking", 0, 0);
                return Library.entry(reference, folder);
            }
        };
        try (var server = PunaServer.start(one, PunaServer.Options.DEFAULT);
                var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create(server.uri() + "/api/pull"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"name\": \"other\"}"))
                    .build();
            assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                            .body())
                    .isEqualTo("""
                            {"status":"fetching","total":2,"completed":1}
                            {"status":"checking"}
                            {"status":"success"}
                            """);
        }
    }

    @Test
    void vectorsAreOfUnitLengthAndCutOnlyWhereThatIsWanted() {
        JsonNode two = post("/api/embed", "toy", "\"input\": [\"a\", \"bc\"]").json();
        assertThat(two.get("embeddings")).hasSize(2);
        assertThat(two.get("prompt_eval_count").intValue()).isEqualTo(5); // each begins with a token of its own
        double squares = two.at("/embeddings/1").values().stream()
                .mapToDouble(x -> x.doubleValue() * x.doubleValue())
                .sum();
        assertThat(squares).isBetween(0.999, 1.001);
        assertThat(post("/api/embed", "toy", "\"input\": \"a\"", "\"dimensions\": 4")
                        .json()
                        .at("/embeddings/0"))
                .hasSize(4);
        assertThat(post("/api/embeddings", "toy", "\"prompt\": \"a\"").json().get("embedding"))
                .hasSameSizeAs(two.at("/embeddings/0"));
        String cut = "\"input\": \"abcdef\", \"options\": {\"num_ctx\": 4}, \"truncate\": ";
        assertThat(post("/api/embed", "toy", cut + false).json().get("error").stringValue())
                .contains("7 tokens", "holds 4");
        assertThat(post("/api/embed", "toy", cut + true).json().get("truncated").intValue())
                .isEqualTo(1);
    }

    @Test
    void whatThisLibraryCannotDoIsSaid() {
        assertThat(post("/api/pull", "other").status()).isEqualTo(501);
        assertThat(served.send("DELETE", "/api/delete", "{\"name\": \"toy\"}").status())
                .isEqualTo(501);
        assertThat(served.send("DELETE", "/api/delete", "{\"name\": \"nobody\"}")
                        .status())
                .isEqualTo(404);
        assertThat(served.post("/api/copy", "{\"source\": \"toy\", \"destination\": \"other\"}")
                        .status())
                .isEqualTo(501);
        assertThat(served.post("/api/create", "{}").status()).isEqualTo(501);
    }
}
