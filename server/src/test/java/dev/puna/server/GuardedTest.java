package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.server.core.Library;
import dev.puna.server.http.Frame;
import dev.puna.server.http.Keys;
import dev.puna.server.http.Limits;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets in, by which way, and how much they may bring. */
class GuardedTest {
    @TempDir
    Path folder;

    private PunaServer.Options options(String host, Keys keys, Set<String> origins) {
        return new PunaServer.Options(
                new Frame.Options(host, 0, Optional.empty(), keys, origins, Limits.DEFAULT),
                PunaServer.Options.DEFAULT.models(),
                Optional.empty());
    }

    private Keys keys() throws IOException {
        Path file = folder.resolve("keys");
        Files.writeString(file, "# ours\nalice secret-of-alice\nbob " + Keys.hashed("secret-of-bob") + "\n");
        return Keys.read(file);
    }

    /** The first line of the response to a request that is sent as it is. */
    private static String raw(Served served, String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", served.server.uri().getPort())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            byte[] bytes = socket.getInputStream().readNBytes(12);
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void everyRouteButHealthNeedsAKey() throws IOException {
        try (Served served = new Served(options("127.0.0.1", keys(), Set.of()))) {
            served.server.routes().forEach(route -> {
                String path = route.pattern().replaceAll("\\{[^}]*}", "x");
                int status = served.send(route.method(), path, route.method().equals("POST") ? "{}" : null)
                        .status();
                if (route.open()) {
                    assertThat(path).isIn("/health", "/ready");
                    assertThat(status).isEqualTo(200);
                } else {
                    assertThat(status).as(route.method() + " " + path).isEqualTo(401);
                    assertThat(served.send(route.method(), path, null, "Authorization", "Bearer wrong")
                                    .status())
                            .isEqualTo(401);
                }
            });
            for (String[] header : new String[][] {
                {"Authorization", "Bearer secret-of-alice"},
                {"x-api-key", "secret-of-bob"},
                {"x-goog-api-key", "secret-of-alice"}
            }) {
                assertThat(served.get("/v1/models", header).status()).isEqualTo(200);
            }
        }
    }

    @Test
    void noSpellingOfAPathGoesAroundTheKey() throws IOException {
        try (Served served = new Served(options("127.0.0.1", keys(), Set.of()))) {
            for (String target : new String[] {
                "//v1/models",
                "/v1//models",
                "/health/../v1/models",
                "/%76%31/models",
                "/v1/models%2f",
                "/v1/models;/health",
                "/health%3f/../v1/models",
                "/%2e/v1/models",
                "http://x/v1/models",
                "/v1/models?/health"
            }) {
                assertThat(raw(served, "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                        .as(target)
                        .isEqualTo("HTTP/1.1 401");
            }
            for (String host : new String[] {"x/?", "x/#", "a b", "localhost/health", "localhost:80:80", "\u00e9"}) {
                assertThat(raw(served, "GET /v1/models HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
                        .as(host)
                        .isIn("HTTP/1.1 400", "HTTP/1.1 401");
            }
        }
    }

    @Test
    void withoutKeysOnlyThisMachinesOwnNamesAreAnswered() throws IOException {
        try (Served served = new Served()) {
            assertThat(raw(served, "GET /v1/models HTTP/1.1\r\nHost: localhost:1\r\n\r\n"))
                    .isEqualTo("HTTP/1.1 200");
            assertThat(raw(served, "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n"))
                    .isEqualTo("HTTP/1.1 403");
            assertThat(served.get("/v1/models", "Authorization", "Bearer whatever")
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void pagesOfOtherOriginsGetInOnlyWhereTheyAreNamed() throws IOException {
        try (Served served = new Served()) {
            Served.Said said = served.get("/v1/models", "Origin", "https://page.example");
            assertThat(said.status()).isEqualTo(403);
            assertThat(said.header("Access-Control-Allow-Origin")).isEmpty();
        }
        try (Served served = new Served(options("127.0.0.1", keys(), Set.of("https://page.example")))) {
            Served.Said said = served.send(
                    "OPTIONS",
                    "/v1/models",
                    null,
                    "Origin",
                    "https://page.example",
                    "Access-Control-Request-Method",
                    "POST");
            assertThat(said.status()).isEqualTo(204);
            assertThat(said.header("Access-Control-Allow-Origin")).isEqualTo("https://page.example");
            assertThat(served.get("/v1/models", "Origin", "https://other.example")
                            .status())
                    .isEqualTo(403);
        }
    }

    @Test
    void aPublicAddressNeedsKeys() {
        assertThatThrownBy(() -> PunaServer.start(Library.of(), options("0.0.0.0", Keys.NONE, Set.of())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0.0.0.0");
    }

    @Test
    void bodiesHeadersAndNumbersHaveLimits() throws IOException {
        try (Served served = new Served()) {
            assertThat(served.post("/v1/chat/completions", " ".repeat((16 << 20) + 1))
                            .status())
                    .isEqualTo(413);
            assertThat(raw(served, "GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + "a".repeat(20_000) + "\r\n\r\n"))
                    .isIn("HTTP/1.1 431", "HTTP/1.1 400");
            assertThat(raw(served, "GET /" + "a".repeat(10_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                    .endsWith(" 414");
            for (String body : new String[] {
                "",
                "[]",
                "{",
                "{\"model\": \"x\"} more",
                "{\"a\": 1, \"a\": 2}",
                "[".repeat(5000),
                "{\"n\": 1e999999999}",
                "{\"model\": \"m\", \"messages\": [], \"n\": NaN}",
                "\u0000"
            }) {
                assertThat(served.post("/v1/chat/completions", body).status())
                        .as(body.length() > 50 ? "nested" : body)
                        .isEqualTo(400);
            }
        }
    }

    @Test
    void everyNumberOfEveryRequestIsCheckedBeforeAnyModelIsAskedFor() {
        try (Served served = new Served()) {
            served.server
                    .routes()
                    .forEach(route -> route.shape()
                            .ifPresent(shape -> shape.fields().forEach(field -> {
                                for (String value : new String[] {
                                    "-1e308",
                                    "1e308",
                                    "\"\"",
                                    "[]",
                                    "{}",
                                    "[[]]",
                                    "{\"a\": null}",
                                    "false",
                                    "-99999999999999999999",
                                    "9".repeat(399)
                                }) {
                                    String path = route.pattern().replaceAll("\\{[^}]*}", "x");
                                    Served.Said said = served.send(
                                            route.method(), path, "{\"" + field.name() + "\": " + value + "}");
                                    assertThat(said.status())
                                            .as(path + " " + field.name() + " " + value + " " + said.body())
                                            .isBetween(400, 501)
                                            .isNotEqualTo(500);
                                    assertThat(said.body()).doesNotContain("is not JSON");
                                }
                            })));
        }
    }

    @Test
    void aFieldThatNoRequestKnowsIsRefusedByItsName() {
        try (Served served = new Served()) {
            served.server.routes().stream()
                    .filter(route -> route.shape().isPresent())
                    .forEach(route -> {
                        String path = route.pattern().replaceAll("\\{[^}]*}", "x");
                        Served.Said said = served.send(route.method(), path, "{\"no_such_field\": 1}");
                        assertThat(said.status()).as(path).isEqualTo(400);
                        assertThat(said.body()).as(path).contains("no_such_field");
                    });
        }
    }
}
