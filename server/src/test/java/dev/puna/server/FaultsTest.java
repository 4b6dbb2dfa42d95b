package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.ChainModel;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Library;
import dev.puna.server.http.Frame;
import dev.puna.server.http.Keys;
import dev.puna.server.http.Limits;
import dev.puna.server.http.Route;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults that other servers had: each is tried here. docs/FAULTS.md says which test is for which. */
class FaultsTest {
    private static final String ALICE = "key-of-alice-0123456789";
    private static final String BOB = "key-of-bob-0123456789";

    @TempDir
    static Path folder;

    private static Path toy;
    private static Served served;

    @BeforeAll
    static void serve() throws IOException {
        toy = ChainModel.write(
                folder.resolve("toy"),
                new ChainModel.Script(List.of("Pu", "na!"), false, Toys.CONTEXT, ChainModel.TEMPLATE));
        served = new Served(keyed(false, Limits.DEFAULT), toy);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static PunaServer.Options keyed(boolean shared, Limits limits) throws IOException {
        Path file = folder.resolve("keys");
        Files.writeString(file, "alice " + ALICE + "\nbob " + Keys.hashed(BOB) + "\n");
        return new PunaServer.Options(
                new Frame.Options("127.0.0.1", 0, Optional.empty(), Keys.read(file), Set.of(), limits),
                PunaServer.Options.DEFAULT.models(),
                Optional.empty(),
                new Completions.Policy(Optional.empty(), shared, Map.of()));
    }

    private static String[] as(String key) {
        return new String[] {"Authorization", "Bearer " + key};
    }

    private static Served.Said chat(Served server, String key, String fields) {
        return server.post("/v1/chat/completions", "{\"model\": \"toy\", " + fields + "}", as(key));
    }

    private static final String HELLO = "\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]";

    private static void assertAlive() {
        Served.Said said = chat(served, ALICE, HELLO);
        assertThat(said.status()).as(said.body()).isEqualTo(200);
        assertThat(said.json().at("/choices/0/message/content").stringValue()).isEqualTo("Puna!");
    }

    // One request never ends the service of others.

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"x\", \"schema\":"
                        + " {\"type\": \"string\", \"pattern\": \"(a+)+b(\"}}}",
                "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"x\", \"schema\":"
                        + " {\"type\": 7}}}",
                "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"strict\": true, \"parameters\":"
                        + " {\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"strange\"}}}}}],"
                        + " \"tool_choice\": \"required\"",
                "\"grammar\": \"root ::= unknown\"",
                "\"grammar\": \"root ::= root\"",
                "\"n\": 1000000000",
                "\"logprobs\": true, \"top_logprobs\": 1000",
                "\"logit_bias\": {\"-1\": 1}",
                "\"logit_bias\": {\"4000000000\": 1}",
                "\"cache_salt\": \"\"",
                "\"cache_salt\": 7",
                "\"max_tokens\": -1",
                "\"temperature\": 1e308",
                "\"stop\": [\"\"]",
                "\"chat_template\": \"{{ 1 }}\"",
                "\"chat_template_kwargs\": {\"tokenize\": true}",
                "\"chat_template_kwargs\": {\"messages\": []}",
                "\"api_base\": \"http://127.0.0.1/\"",
                "\"user_config\": {\"api_base\": \"http://127.0.0.1/\"}"
            })
    void whatCannotBeDoneIsRefusedAndTheNextIsAnswered(String field) {
        Served.Said said = chat(served, ALICE, HELLO + ", " + field);
        assertThat(said.status()).as(said.body()).isEqualTo(400);
        assertAlive();
    }

    @Test
    void aPatternThatIsCostlyElsewhereIsJustKept() {
        Served.Said said = chat(
                served,
                ALICE,
                HELLO + ", \"max_tokens\": 60, \"response_format\": {\"type\": \"json_schema\", \"json_schema\":"
                        + " {\"name\": \"x\", \"schema\": {\"type\": \"string\", \"pattern\": \"^(a+)+b$\"}}}");
        assertThat(said.status()).as(said.body()).isEqualTo(200);
        assertAlive();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    /v1/chat/completions                 | messages | "messages": [{"role": "user", "content": "LONG"}]
                    /v1/completions                      | prompt   | "prompt": "LONG"
                    /v1/responses                        | input    | "input": "LONG"
                    /v1/embeddings                       | input    | "input": "LONG"
                    /v1/messages                         | messages | "max_tokens": 1, "messages": [{"role": "user", "content": "LONG"}]
                    /v1beta/models/toy:generateContent   | contents | "contents": [{"parts": [{"text": "LONG"}]}]
                    /v1beta/models/toy:embedContent      | content  | "content": {"parts": [{"text": "LONG"}]}
                    /v1beta/models/toy:batchEmbedContents| requests | "requests": [{"content": {"parts": [{"text": "LONG"}]}}]
                    /api/chat                            | messages | "messages": [{"role": "user", "content": "LONG"}]
                    /api/generate                        | prompt   | "prompt": "LONG"
                    /api/embed                           | input    | "input": "LONG"
                    """)
    void whatIsTooLongIsRefusedWithBothNumbersEverywhere(String path, String field, String fields) {
        String model = path.startsWith("/v1beta") ? "" : "\"model\": \"toy\", ";
        Served.Said said =
                served.post(path, "{" + model + fields.replace("LONG", "word ".repeat(Toys.CONTEXT)) + "}", as(ALICE));
        assertThat(said.status()).as(said.body()).isEqualTo(400);
        assertThat(said.body()).contains(" " + Toys.CONTEXT).containsPattern("has \\d+ tokens");
        if (path.startsWith("/v1") && !path.equals("/v1/messages")) { // errors of the other APIs name no fields
            assertThat(said.body()).contains("\"" + field + "\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[-1]", "[4000000000]", "[999999]", "[[]]", "[]", "{\"a\": 1}", "null"})
    void idsThatAreNoTokensAreRefused(String prompt) {
        Served.Said said =
                served.post("/v1/completions", "{\"model\": \"toy\", \"prompt\": " + prompt + "}", as(ALICE));
        assertThat(said.status()).as(said.body()).isEqualTo(400);
        assertAlive();
    }

    @Test
    void aStreamOfSchemasThatAreAllDifferentKeepsNoneOfThem() {
        for (int i = 0; i < 200; i++) {
            Served.Said said = chat(
                    served,
                    ALICE,
                    HELLO + ", \"max_tokens\": 2, \"response_format\": {\"type\": \"json_schema\", \"json_schema\":"
                            + " {\"name\": \"x\", \"schema\": {\"const\": \"" + i + "\"}}}");
            assertThat(said.status()).as(said.body()).isEqualTo(200);
        }
        assertAlive();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"null", "1", "\"x\"", "[]", "[null]", "{\"model\": null}", "", "{}", "\u0000", "{\"\": {}}"})
    void noBodyOfWhateverKindIsAFaultOfOurs(String body) {
        for (Route route : served.server.routes()) {
            if (route.method().equals("POST")) {
                String path = route.pattern().replaceAll("\\{[^}]*}", "x");
                Served.Said said = served.post(path, body, as(ALICE));
                assertThat(said.status())
                        .as(path + " " + said.body())
                        .isBetween(400, 501)
                        .isNotEqualTo(500);
            }
        }
    }

    // Names are no paths, and nothing is fetched.

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../../etc/passwd",
                "/etc/passwd",
                "file:///etc/passwd",
                "http://169.254.169.254/latest",
                "..%2f..%2fkeys",
                "toy/../toy",
                "toy\u0000"
            })
    void aNameOfAModelIsNeverAPath(String name) {
        String json = name.replace("\u0000", "\\u0000");
        String chat = "{\"model\": \"" + json + "\", \"max_tokens\": 1, " + HELLO + "}";
        for (String path : List.of("/v1/chat/completions", "/v1/messages", "/api/chat")) {
            String body = path.startsWith("/api") ? chat.replace("\"max_tokens\": 1, ", "") : chat;
            assertThat(served.post(path, body, as(ALICE)).status()).as(path).isEqualTo(404);
        }
        String encoded = java.net.URLEncoder.encode(name, StandardCharsets.UTF_8);
        Served.Said gemini = served.post(
                "/v1beta/models/" + encoded + ":generateContent",
                "{\"contents\": [{\"parts\": [{\"text\": \"x\"}]}]}",
                as(ALICE));
        assertThat(gemini.status()).isEqualTo(404);
        for (String path : List.of("/api/show", "/api/pull", "/api/delete")) {
            Served.Said said = served.send(
                    path.endsWith("delete") ? "DELETE" : "POST", path, "{\"model\": \"" + json + "\"}", as(ALICE));
            assertThat(said.status()).as(path + said.body()).isIn(403, 404, 501);
            assertThat(said.body()).doesNotContain("root:");
        }
    }

    @ParameterizedTest
    @CsvSource({"/v1/chat/completions", "/v1/messages", "/api/chat", "/v1beta/models/broken:generateContent"})
    void aFileThatIsNoModelTellsNeitherItsPathNorItsBytes(String path) throws IOException {
        Path broken = Files.write(folder.resolve("broken"), "GGUF".getBytes(StandardCharsets.US_ASCII));
        try (Served other = new Served(broken)) {
            String body = path.contains("v1beta")
                    ? "{\"contents\": [{\"parts\": [{\"text\": \"x\"}]}]}"
                    : "{\"model\": \"broken\", " + (path.startsWith("/api") ? "" : "\"max_tokens\": 1, ") + HELLO + "}";
            Served.Said said = other.post(path, body);
            assertThat(said.status()).as(said.body()).isIn(500, 503);
            assertThat(said.body()).doesNotContain(folder.toString(), "GGUF", "0x", "Exception");
        }
    }

    @Test
    void aCompressedBodyIsNotUnpacked() {
        assertThat(served.post(
                                "/v1/chat/completions",
                                "x",
                                "Content-Encoding",
                                "gzip",
                                "Authorization",
                                "Bearer " + ALICE)
                        .status())
                .isEqualTo(415);
    }

    // Accounts

    @Test
    void whatOneAccountAskedIsNotInTheCacheOfAnother() throws IOException {
        String talk = "\"messages\": [{\"role\": \"user\", \"content\": \"" + "a long talk ".repeat(30) + "\"}]";
        int begun = 20; // tokens that all talks begin with
        assertThat(cached(served, ALICE, talk)).isLessThan(begun);
        assertThat(cached(served, ALICE, talk)).isGreaterThan(begun);
        assertThat(cached(served, BOB, talk)).isLessThan(begun);
        assertThat(cached(served, ALICE, talk + ", \"cache_salt\": \"s\"")).isLessThan(begun);
        try (Served shared = new Served(keyed(true, Limits.DEFAULT), toy)) {
            assertThat(cached(shared, ALICE, talk)).isZero();
            assertThat(cached(shared, BOB, talk)).isGreaterThan(begun);
            assertThat(cached(shared, BOB, talk + ", \"cache_salt\": \"s\"")).isZero();
        }
    }

    private static int cached(Served server, String key, String talk) {
        return chat(server, key, talk)
                .json()
                .at("/usage/prompt_tokens_details/cached_tokens")
                .intValue();
    }

    @Test
    void whatIsStoredIsItsOwners() {
        String response = served.post("/v1/responses", "{\"model\": \"toy\", \"input\": \"x\"}", as(ALICE))
                .json()
                .get("id")
                .stringValue();
        String path = "/v1/responses/" + response;
        for (String[] request : new String[][] {
            {"GET", path}, {"GET", path + "/input_items"}, {"POST", path + "/cancel"}, {"DELETE", path}
        }) {
            assertThat(served.send(request[0], request[1], null, as(BOB)).status())
                    .as(request[0] + request[1])
                    .isEqualTo(404);
        }
        assertThat(served.post(
                                "/v1/responses",
                                "{\"model\": \"toy\", \"input\": \"y\", \"previous_response_id\": \"" + response
                                        + "\"}",
                                as(BOB))
                        .status())
                .isEqualTo(400);
        assertThat(served.get(path, as(ALICE)).status()).isEqualTo(200);
    }

    @Test
    void namesOfRequestsAreOurs() {
        Served.Said said = served.get("/v1/models", "x-request-id", "theirs", "Authorization", "Bearer " + ALICE);
        assertThat(said.header("x-request-id")).startsWith("req_").isNotEqualTo("theirs");
    }

    // Secrets

    @Test
    void keysAreKeptAsHashesAndNoMessageRepeatsOne() throws IOException {
        assertThat(Keys.hashed(BOB)).matches("sha256:[0-9a-f]{64}").doesNotContain(BOB);
        Path file = folder.resolve("bad-keys");
        Files.writeString(file, "alice and " + ALICE + "\n");
        assertThatThrownBy(() -> Keys.read(file)).hasMessageContaining(":1").hasMessageNotContaining(ALICE);
        Files.writeString(file, "sha256:" + ALICE + "\n");
        assertThatThrownBy(() -> Keys.read(file)).hasMessageContaining(":1").hasMessageNotContaining(ALICE);
        assertThat(Keys.random()).isNotEqualTo(Keys.random()).hasSizeGreaterThan(40);
    }

    @Test
    void noSecretAndNoTextIsLogged() throws IOException {
        List<String> lines = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public synchronized void publish(LogRecord record) {
                lines.add(new SimpleFormatter().format(record));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        handler.setLevel(Level.ALL);
        Logger ours = Logger.getLogger("dev.puna");
        Logger root = Logger.getLogger("");
        Level before = ours.getLevel();
        ours.setLevel(Level.ALL);
        root.addHandler(handler);
        try {
            String text = "an-intimate-text";
            String talk = "\"messages\": [{\"role\": \"user\", \"content\": \"" + text + "\"}]";
            List<Served.Said> all = new ArrayList<>();
            all.add(chat(served, ALICE, talk));
            all.add(chat(served, "wrong-key-" + ALICE, talk));
            all.add(chat(served, ALICE, talk + ", \"" + text + "\": 1"));
            all.add(served.post(
                    "/v1beta/models/toy:generateContent?key=" + BOB,
                    "{\"contents\": [{\"parts\": [{\"text\": \"" + text + "\"}]}]}"));
            all.add(served.get("/v1/models?key=" + BOB + "-wrong"));
            all.add(served.get("/v1/" + text, "x-api-key", ALICE));
            all.add(served.get("/metrics", "x-api-key", BOB));
            all.add(served.post("/v1/messages", "{\"model\": \"" + text + "\"}", "x-api-key", ALICE));
            assertThat(all.stream().map(Served.Said::status)).contains(200, 401, 400, 404);
            for (Served.Said said : all) {
                assertThat(said.body()).doesNotContain(ALICE, BOB);
            }
            assertThat(all.get(6).body()).doesNotContain(text, "alice"); // the numbers for Prometheus
        } finally {
            root.removeHandler(handler);
            ours.setLevel(before);
        }
        assertThat(lines).anyMatch(line -> line.contains("/v1/chat/completions"));
        assertThat(String.join("", lines)).doesNotContain(ALICE, BOB, "intimate");
    }

    // Connections

    private static Socket open(Served server) throws IOException {
        Socket socket = new Socket("127.0.0.1", server.server.uri().getPort());
        socket.setSoTimeout(20_000); // what waits for ever is a failure, not a test without end
        return socket;
    }

    private static String answer(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
    }

    @Test
    void connectionsBeyondTheirNumberAreClosedAndTheOthersServed() throws IOException {
        String health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
        try (Served few = new Served(keyed(false, Served.limits("connections", 2)));
                Socket one = open(few);
                Socket two = open(few)) {
            assertThat(answer(one, health)).endsWith("200");
            assertThat(answer(two, health)).endsWith("200");
            try (Socket three = open(few)) {
                String said;
                try {
                    said = answer(three, health);
                } catch (IOException reset) {
                    said = "";
                }
                assertThat(said).isEmpty();
            }
        }
    }

    @Test
    void whoSaysNothingOrSpellsItsRequestForEverIsDropped() throws IOException {
        try (Served strict = new Served(keyed(
                        false, Served.limits("bodyTime", Duration.ofMillis(300), "idleTime", Duration.ofMillis(200))));
                Socket silent = open(strict);
                Socket slow = open(strict)) {
            slow.getOutputStream().write("GET /health HTTP/1.1\r\nHost: lo".getBytes(StandardCharsets.US_ASCII));
            assertThat(silent.getInputStream().read()).isEqualTo(-1);
            assertThat(slow.getInputStream().readAllBytes()).isEmpty();
            try (Socket half = open(strict)) {
                String request = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                        + ALICE + "\r\nContent-Length: 100\r\n\r\n{";
                assertThat(answer(half, request)).endsWith("408");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 30\r\n\r\n{}",
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n{}",
                "GET /health HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n",
                "GET /health HTTP/1.1\r\nHost: local\u0000host\r\n\r\n",
                "GET /health\u0000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
            })
    void aRequestThatCanBeReadInTwoWaysIsRefused(String request) throws IOException {
        try (Socket socket = open(served)) {
            assertThat(answer(socket, request)).isNotEqualTo("HTTP/1.1 200");
        }
        assertAlive();
    }

    // TLS

    @Test
    void withACertificateItSpeaksTlsAndNothingElse() throws Exception {
        Path store = folder.resolve("store.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "puna",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=dns:localhost,ip:127.0.0.1",
                        "-storepass",
                        "changeit",
                        "-keystore",
                        store.toString())
                .redirectErrorStream(true)
                .start();
        assertThat(keytool.waitFor())
                .as(new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = new ByteArrayInputStream(Files.readAllBytes(store))) {
            keys.load(in, "changeit".toCharArray());
        }
        Certificate certificate = keys.getCertificate("puna");
        Path chain = pem("CERTIFICATE", certificate.getEncoded());
        Path key =
                pem("PRIVATE KEY", keys.getKey("puna", "changeit".toCharArray()).getEncoded());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("puna", certificate);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        PunaServer.Options usual = PunaServer.Options.DEFAULT;
        var options = new PunaServer.Options(
                new Frame.Options(
                        "127.0.0.1", 0, Optional.of(new Frame.Tls(chain, key)), Keys.NONE, Set.of(), Limits.DEFAULT),
                usual.models(),
                usual.database());
        try (Served secure = new Served(options, toy);
                HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .sslContext(tls)
                        .build()) {
            URI uri = secure.server.uri();
            assertThat(uri.getScheme()).isEqualTo("https");
            HttpResponse<Stream<String>> response = client.send(
                    HttpRequest.newBuilder(uri.resolve("/v1/chat/completions"))
                            .POST(HttpRequest.BodyPublishers.ofString(
                                    "{\"model\": \"toy\", \"stream\": true, " + HELLO + "}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofLines());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).anyMatch(line -> line.contains("\"Pu\""));
            try (Socket plain = open(secure)) {
                String said;
                try {
                    said = answer(plain, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
                } catch (IOException reset) {
                    said = "";
                }
                assertThat(said).doesNotContain("HTTP/1.1 200");
            }
        }
        var lost = new Frame.Tls(folder.resolve("no-such"), key);
        assertThatThrownBy(() -> PunaServer.start(
                        Library.of(),
                        new PunaServer.Options(
                                new Frame.Options(
                                        "127.0.0.1", 0, Optional.of(lost), Keys.NONE, Set.of(), Limits.DEFAULT),
                                usual.models(),
                                usual.database())))
                .isInstanceOf(IOException.class);
    }

    private static Path pem(String what, byte[] bytes) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return Files.writeString(
                folder.resolve(what.replace(' ', '-') + ".pem"),
                "-----BEGIN " + what + "-----\n" + body + "\n-----END " + what + "-----\n");
    }
}
