package dev.puna.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.puna.file.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server of a page that says "word word word". */
class LoadTest {
    private static final String WORD = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
    private static final String END = """
            data: {"choices":[],"usage":{"completion_tokens":3,"prompt_tokens":50,"prompt_tokens_details":{"cached_tokens":4}}}

            data: [DONE]

            """;

    private final Set<String> prompts = ConcurrentHashMap.newKeySet();
    private final AtomicInteger asked = new AtomicInteger();
    private HttpServer server;

    /** What a request gets; its status, or -1 for an answer without its end. */
    private volatile int status = 200;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/v1/models", exchange -> say(exchange, 200, "{\"data\":[{\"id\":\"words\"}]}"));
        server.createContext("/v1/chat/completions", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private static void say(HttpExchange exchange, int status, String text) throws IOException {
        exchange.sendResponseHeaders(status, 0);
        try (var out = exchange.getResponseBody()) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Object messages = null;
        try {
            messages = Json.parse(body, Path.of("body")) instanceof Map<?, ?> map ? map.get("messages") : null;
        } catch (RuntimeException _) {
            // no JSON
        }
        if (!(messages instanceof List<?> list)
                || !exchange.getRequestURI().getPath().endsWith("completions")) {
            say(exchange, 400, "{}");
            return;
        }
        prompts.add((String) ((Map<?, ?>) list.getFirst()).get("content"));
        if (asked.incrementAndGet() == 1 && status == 429) {
            exchange.getResponseHeaders().add("Retry-After", "0");
            say(exchange, 429, "{}");
        } else if (status == 500) {
            say(exchange, 500, "{}");
        } else {
            say(exchange, 200, WORD.repeat(3) + (status == -1 ? "" : END));
        }
    }

    private Map<String, Object> run(String... options) throws IOException, InterruptedException {
        Plan plan = Load.plan(Stream.concat(
                        Stream.of(
                                "--url",
                                "http://127.0.0.1:" + server.getAddress().getPort()),
                        Stream.of(options))
                .toArray(String[]::new));
        Tally tally = new Tally();
        double seconds = Load.run(plan, tally);
        return tally.json(plan, seconds);
    }

    @Test
    void everyClientAsksSomethingElseAndEveryTokenCounts() throws Exception {
        Map<String, Object> json = run("--clients", "5", "--requests", "3");
        assertThat(json)
                .containsEntry("model", "words")
                .containsEntry("completed", 15)
                .containsEntry("tokens", 45L)
                .containsEntry("prompt_tokens", 750L)
                .containsEntry("cached_tokens", 60L)
                .containsEntry("errors", Map.of());
        assertThat((double) json.get("tokens_per_second")).isPositive();
        assertThat((Map<?, ?>) json.get("time_to_first_token_ms")).hasSize(5);
        assertThat(((Map<?, ?>) json.get("inter_token_ms")).get("count")).isEqualTo(30L);
        assertThat(prompts).hasSize(15).allMatch(prompt -> prompt.split(" ").length == 40);
    }

    @Test
    void whatWentWrongIsToldByItsKind() throws Exception {
        status = 500;
        assertThat(run("--clients", "2").get("errors")).isEqualTo(Map.of("status 500", 2));
        status = -1;
        assertThat(run("--clients", "2").get("errors")).isEqualTo(Map.of("an answer without its end", 2));
        server.stop(0);
        assertThat(run("--clients", "1", "--model", "words").get("errors")).isEqualTo(Map.of("no connection", 1));
    }

    @Test
    void whoIsToldToComeBackDoes() throws Exception {
        status = 429;
        assertThat(run("--clients", "1", "--requests", "2"))
                .containsEntry("status_429", 1)
                .containsEntry("completed", 1)
                .containsEntry("failed", 0);
    }

    @Test
    void badClientsAreNoFailuresOfTheServer() throws Exception {
        Map<String, Object> json = run(
                "--clients",
                "20",
                "--requests",
                "2",
                "--malformed",
                "0.5",
                "--cancelled",
                "0.3",
                "--slow",
                "0.2",
                "--tokens",
                "3");
        assertThat(json.get("errors")).isEqualTo(Map.of());
        assertThat((int) json.get("refused")).isPositive();
        assertThat((int) json.get("cancelled")).isPositive();
        assertThat((int) json.get("completed") + (int) json.get("refused") + (int) json.get("cancelled"))
                .isEqualTo(40);
    }

    @Test
    void itEndsInTimeWhateverTheServerDoes() throws Exception {
        server.removeContext("/v1/chat/completions");
        server.createContext("/v1/chat/completions", _ -> {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(run("--clients", "3", "--requests", "9", "--seconds", "1")).containsEntry("unfinished", 3);
        assertThat(run("--clients", "1", "--silence", "1").get("errors")).isEqualTo(Map.of("silence", 1));
    }

    @Test
    void onlyThisMachineIsLoadedUnlessItIsSaid() {
        assertThatThrownBy(() -> Load.plan("--url", "http://192.0.2.1", "--model", "any"))
                .hasMessageContaining("--anywhere");
        assertThatThrownBy(() -> Load.plan("--url", "file:/etc")).hasMessageContaining("--url");
        assertThatThrownBy(() -> Load.plan("--clients", "0", "--url", "http://127.0.0.1", "--model", "any"))
                .hasMessageContaining("--clients");
        assertThatThrownBy(() -> Load.plan("--clientele", "7")).hasMessageContaining("--clientele");
    }

    @Test
    void percentilesAreRightToOnePartInAHundred() {
        Spread spread = new Spread();
        for (int i = 1; i <= 1000; i++) {
            spread.add(i * 1_000_000L);
        }
        assertThat(spread.millis(0.5)).isBetween(495.0, 505.0);
        assertThat(spread.millis(0.99)).isBetween(980.0, 1000.0);
    }

    @Test
    void promptsAreAsLongAsWanted() {
        for (int words : List.of(1, 2, 22, 23, 40, 500)) {
            assertThat(Prompts.of(new Random(1), words).split(" ")).hasSize(words);
        }
    }
}
