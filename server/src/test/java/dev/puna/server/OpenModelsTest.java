package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.ChainModel;
import dev.puna.server.core.Models;
import dev.puna.server.http.Frame;
import dev.puna.server.http.Keys;
import dev.puna.server.http.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More models than may be open at the same time, and more connections. */
class OpenModelsTest {
    private static final int CONTEXT = 32_768;

    @TempDir
    Path folder;

    /** Models a, b and c, which talk without end. */
    private Served served(int open, Duration patience, Limits limits) throws IOException {
        PunaServer.Options usual = Served.small(CONTEXT, 4, 128);
        var script = new ChainModel.Script(List.of("one ", "two ", "three "), true, CONTEXT, ChainModel.TEMPLATE);
        return new Served(
                new PunaServer.Options(
                        new Frame.Options("127.0.0.1", 0, Optional.empty(), Keys.NONE, Set.of(), limits),
                        new Models.Options(usual.models().run(), open, patience),
                        Optional.empty()),
                ChainModel.write(folder.resolve("a"), script),
                ChainModel.write(folder.resolve("b"), script),
                ChainModel.write(folder.resolve("c"), script));
    }

    private static String body(String model, String more) {
        return "{\"model\": \"" + model + "\", \"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]" + more
                + "}";
    }

    private static int ask(Served served, String model) {
        return served.post("/v1/chat/completions", body(model, ", \"max_tokens\": 3"))
                .status();
    }

    private static Stream<String> open(Served served) {
        return served.server.models().open().stream().map(open -> open.entry().id());
    }

    /** A stream that is open until its socket is closed, because nobody reads it. */
    private static Socket stream(Served served, String model) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(1024);
        socket.connect(new InetSocketAddress("127.0.0.1", served.server.uri().getPort()));
        byte[] body = body(
                        model,
                        ", \"stream\": true, \"logprobs\": true, \"top_logprobs\": 20, \"max_tokens\": "
                                + (CONTEXT - 100))
                .getBytes(StandardCharsets.UTF_8);
        socket.getOutputStream()
                .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(body);
        assertThat(socket.getInputStream().readNBytes(12))
                .asString(StandardCharsets.US_ASCII)
                .isEqualTo("HTTP/1.1 200");
        return socket;
    }

    @Test
    void theOneNotUsedForLongestIsClosed() throws IOException {
        try (Served served = served(2, Duration.ofSeconds(30), Limits.DEFAULT)) {
            for (String model : List.of("a", "b", "a", "c")) {
                assertThat(ask(served, model)).isEqualTo(200);
            }
            assertThat(open(served)).containsExactlyInAnyOrder("a", "c");
            assertThat(ask(served, "b")).isEqualTo(200);
            assertThat(open(served)).containsExactlyInAnyOrder("c", "b");
        }
    }

    @Test
    void oneWithAnOpenStreamIsNeverClosed() throws Exception {
        try (Served served = served(2, Duration.ofMillis(100), Limits.DEFAULT)) {
            try (Socket _ = stream(served, "a")) {
                for (String model : List.of("b", "c", "b", "c")) {
                    assertThat(ask(served, model)).isEqualTo(200);
                }
                assertThat(open(served)).containsExactlyInAnyOrder("a", "c");
                try (Socket _ = stream(served, "c")) {
                    Served.Said said = served.post("/v1/chat/completions", body("b", ""));
                    assertThat(said.status()).isEqualTo(503);
                    assertThat(said.header("Retry-After")).isNotEmpty();
                    assertThat(open(served)).containsExactlyInAnyOrder("a", "c");
                }
            }
            while (ask(served, "b") != 200) { // until the server sees that they have left
                Thread.sleep(10);
            }
        }
    }

    @Test
    void connectionsBeyondTheirNumberAreClosedAndMakeRoomAgain() throws Exception {
        try (Served served = served(1, Duration.ofSeconds(1), Served.limits("connections", 3))) {
            try (Socket first = stream(served, "a");
                    Socket second = stream(served, "a")) {
                String request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
                try (Socket third = healthy(served, request);
                        Socket fourth = healthy(served, request)) {
                    InputStream in = fourth.getInputStream();
                    assertThat(third.getInputStream().read()).isEqualTo('H');
                    assertThat(in.readNBytes(1)).isEmpty();
                } catch (IOException reset) {
                    assertThat(reset).hasMessageContaining("reset");
                }
                assertThat(first.isClosed() || second.isClosed()).isFalse();
            }
            while (true) {
                try (Socket again = healthy(served, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")) {
                    if (again.getInputStream().read() == 'H') {
                        return;
                    }
                } catch (IOException _) {
                    // not yet
                }
            }
        }
    }

    private static Socket healthy(Served served, String request) throws IOException {
        Socket socket = new Socket("127.0.0.1", served.server.uri().getPort());
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
