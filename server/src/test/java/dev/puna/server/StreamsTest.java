package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.SharedData;
import dev.puna.engine.Statistics;
import dev.puna.server.http.Frame;
import dev.puna.server.http.Keys;
import dev.puna.server.http.Limits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that leave, that do not read, that are too many; and a server that stops. */
class StreamsTest {
    private static final String LONG =
            "\"messages\": [{\"role\": \"user\", \"content\": \"Write a very long story.\"}], \"temperature\": 1,"
                    + " \"seed\": 1, \"logit_bias\": {\"2\": -100, \"0\": -100}, \"max_tokens\": ";

    private static PunaServer.Options options(int users, int queue, Limits limits) {
        PunaServer.Options small = Served.small(4096, users, queue);
        return new PunaServer.Options(
                new Frame.Options("127.0.0.1", 0, Optional.empty(), Keys.NONE, Set.of(), limits),
                small.models(),
                Optional.empty());
    }

    private static String model(Served served) {
        return served.server.models().entries().getFirst().id();
    }

    private static Statistics statistics(Served served) {
        return served.server.models().open().getFirst().assistant().statistics();
    }

    /** A client of its own, which says nothing more after its request. */
    private static Socket ask(Served served, String fields) throws IOException {
        byte[] body = ("{\"model\": \"" + model(served) + "\", " + fields + "}").getBytes(StandardCharsets.UTF_8);
        Socket socket = new Socket("127.0.0.1", served.server.uri().getPort());
        socket.getOutputStream()
                .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(body);
        return socket;
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 3000 && !condition.getAsBoolean(); i++) {
            Thread.sleep(10);
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private static void load(Served served) {
        served.server.models().lease(model(served)).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"while it grows", "while nothing is sent", "while its prompt is read"})
    void whoLeavesIsNoLongerComputedFor(String when) throws Exception {
        String fields = switch (when) {
            case "while it grows" -> LONG + "4000, \"stream\": true";
            case "while nothing is sent" -> LONG + "4000";
            default -> LONG.replace("story", "story ".repeat(3500)) + "4000";
        };
        Logger log = Logger.getLogger("dev.puna.server.http.HttpExchange");
        Level level = log.getLevel();
        try (Served served = new Served(options(4, 128, Limits.DEFAULT), SharedData.smollm2())) {
            load(served);
            CompletableFuture<Statistics> left = new CompletableFuture<>(); // as the server hears of it
            Handler handler = new Handler() {
                @Override
                public void publish(LogRecord told) {
                    left.complete(statistics(served));
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };
            handler.setLevel(Level.ALL);
            log.setLevel(Level.ALL);
            log.addHandler(handler);
            try (Socket socket = ask(served, fields)) {
                if (when.equals("while it grows")) {
                    assertThat(socket.getInputStream().readNBytes(500)).hasSize(500);
                }
                await(() -> statistics(served).steps() > 0);
            } finally {
                left.join();
                log.removeHandler(handler);
                log.setLevel(level);
            }
            await(() -> statistics(served).running() == 0);
            Statistics then = left.join();
            Statistics now = statistics(served);
            assertThat(then.running()).isEqualTo(1);
            assertThat(now.steps() - then.steps()).isBetween(0L, 1L); // the one that was being made
            await(() -> served.server.running() == 0);
            assertThat(statistics(served).steps()).isEqualTo(now.steps());
            assertThat(now.freeBlocks()).isEqualTo(now.blocks());
        }
    }

    @Test
    void whoDoesNotReadIsDroppedAndHoldsNobodyUp() throws Exception {
        Limits limits = Served.limits("streamBytes", 2 << 10, "slowReader", Duration.ofMillis(300));
        try (Served served = new Served(options(4, 128, limits), SharedData.smollm2())) {
            load(served);
            // Logprobs make an answer large enough to fill what the operating system takes for a client.
            try (Socket lazy = new Socket()) {
                lazy.setReceiveBufferSize(1024);
                lazy.connect(new java.net.InetSocketAddress(
                        "127.0.0.1", served.server.uri().getPort()));
                byte[] body = ("{\"model\": \"" + model(served) + "\", \"stream\": true, \"logprobs\": true,"
                                + " \"top_logprobs\": 20, " + LONG + "4000}")
                        .getBytes(StandardCharsets.UTF_8);
                lazy.getOutputStream()
                        .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                                        + body.length + "\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                lazy.getOutputStream().write(body);
                await(() -> served.server.running() == 1);
                Served.Said other =
                        served.post("/v1/chat/completions", "{\"model\": \"" + model(served) + "\", " + LONG + "8}");
                assertThat(other.status()).isEqualTo(200);
                await(() -> served.server.running() == 0);
            }
            await(() -> statistics(served).running() == 0);
        }
    }

    @Test
    void aHundredClientsAreQueuedAndNoneFails() throws Exception {
        try (Served served = new Served(options(4, 128, Limits.DEFAULT), SharedData.smollm2())) {
            load(served);
            ConcurrentLinkedQueue<Integer> statuses = new ConcurrentLinkedQueue<>();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                clients.add(Thread.ofVirtual()
                        .start(() -> statuses.add(served.post(
                                        "/v1/chat/completions", "{\"model\": \"" + model(served) + "\", " + LONG + "2}")
                                .status())));
            }
            for (Thread client : clients) {
                client.join();
            }
            assertThat(statuses).hasSize(100).containsOnly(200);
        }
    }

    @Test
    void moreThanMayWaitAreToldWhenToComeBack() throws Exception {
        try (Served served = new Served(options(1, 1, Limits.DEFAULT), SharedData.smollm2())) {
            load(served);
            try (Socket _ = ask(served, LONG + "4000");
                    Socket _ = ask(served, LONG + "4000")) {
                await(() -> statistics(served).running() + statistics(served).waiting() == 2);
                Served.Said said =
                        served.post("/v1/chat/completions", "{\"model\": \"" + model(served) + "\", " + LONG + "2}");
                assertThat(said.status()).isEqualTo(429);
                assertThat(Integer.parseInt(said.header("Retry-After"))).isPositive();
                assertThat(said.json().at("/error/type").stringValue()).isEqualTo("rate_limit_error");
            }
        }
    }

    @Test
    void silenceIsBridgedByComments() throws Exception {
        Limits limits = Served.limits("heartbeat", Duration.ofMillis(20));
        try (Served served = new Served(options(1, 8, limits), SharedData.smollm2())) {
            load(served);
            try (Socket _ = ask(served, LONG + "4000, \"stream\": true")) {
                await(() -> statistics(served).running() == 1);
                try (Socket second = ask(served, LONG + "2, \"stream\": true")) {
                    await(() -> statistics(served).waiting() == 1);
                    var lines =
                            new BufferedReader(new InputStreamReader(second.getInputStream(), StandardCharsets.UTF_8));
                    assertThat(lines.lines().anyMatch(line -> line.startsWith(":")))
                            .isTrue();
                }
            }
        }
    }

    @Test
    void aServerThatStopsAnswersWhatItHasBegunAndTakesNothingNew() throws Exception {
        try (Served served = new Served(options(4, 128, Limits.DEFAULT), SharedData.smollm2())) {
            load(served);
            List<Served.Said> answers = new ArrayList<>();
            Thread client = Thread.ofVirtual()
                    .start(() -> answers.add(served.post(
                            "/v1/chat/completions",
                            "{\"model\": \"" + model(served) + "\", \"stream\": true, " + LONG + "60}")));
            await(() -> served.server.running() == 1);
            Thread drain = Thread.ofVirtual().start(() -> served.server.drain(Duration.ofSeconds(60)));
            await(() -> served.get("/ready").status() == 503);
            Served.Said refused = served.get("/v1/models");
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).isNotEmpty();
            drain.join();
            client.join();
            assertThat(answers.getFirst().events().getLast()).isEqualTo("[DONE]");
        }
    }
}
