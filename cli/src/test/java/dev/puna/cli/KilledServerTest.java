package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.ChainModel;
import dev.puna.file.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A server that is a process of its own, and is killed while it works: what it said it kept is there afterwards. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there are no signals")
class KilledServerTest {
    private static final int LINES = 150;

    /** What was stored, by the server's own word: path and content. */
    private final Map<String, String> kept = new ConcurrentHashMap<>();

    @TempDir
    Path folder;

    /** A server in a process, and a client for it. */
    private final class Serving implements AutoCloseable {
        final Process process;
        final HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        final URI uri;

        Serving() throws IOException {
            ProcessBuilder builder = new ProcessBuilder(
                    ProcessHandle.current().info().command().orElseThrow(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx256m",
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "dev.puna.cli.Main",
                    "serve",
                    folder.resolve("toy").toString(),
                    "--port",
                    "0",
                    "--threads",
                    "1",
                    "--database",
                    "jdbc:sqlite:" + database());
            builder.environment().put("HOME", folder.toString());
            process = builder.redirectError(folder.resolve("err").toFile()).start();
            var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            String first = out.readLine();
            assertThat(first).as(() -> err()).startsWith("listening on ");
            uri = URI.create(first.substring("listening on ".length()));
        }

        private String err() {
            try {
                return Files.readString(folder.resolve("err"));
            } catch (IOException e) {
                return e.toString();
            }
        }

        HttpResponse<String> send(String path, String body, String... headers)
                throws IOException, InterruptedException {
            HttpRequest.Builder request = HttpRequest.newBuilder(uri.resolve(path));
            if (headers.length > 0) {
                request.headers(headers);
            }
            request = body == null ? request : request.POST(HttpRequest.BodyPublishers.ofString(body));
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }

        Map<String, Object> ask(String path, String body, String... headers) throws IOException, InterruptedException {
            HttpResponse<String> response = send(path, body, headers);
            assertThat(response.statusCode()).as(response::body).isEqualTo(200);
            return Json.object(Json.parse(response.body(), Path.of(path)), Path.of(path), "it");
        }

        Map<String, Object> upload(String purpose, String content) throws IOException, InterruptedException {
            String body = "--xyz\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n" + purpose
                    + "\r\n--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n"
                    + "Content-Type: application/octet-stream\r\n\r\n" + content + "\r\n--xyz--\r\n";
            return ask("/v1/files", body, "Content-Type", "multipart/form-data; boundary=xyz");
        }

        void kill() throws InterruptedException {
            process.destroyForcibly().waitFor();
        }

        @Override
        public void close() throws InterruptedException {
            kill();
            client.shutdownNow();
        }
    }

    private Path database() {
        return folder.resolve("server.db");
    }

    private void makeModel() throws IOException {
        ChainModel.write(
                folder.resolve("toy"),
                new ChainModel.Script(List.of("Puna", ", ", "öst", ".19"), true, 2048, ChainModel.TEMPLATE));
    }

    /** Stores things without end, and notes what the server says is stored. */
    private Thread storing(Serving serving, long seed) {
        return Thread.ofVirtual().start(() -> {
            Random random = new Random(seed);
            try {
                while (true) {
                    if (random.nextBoolean()) {
                        String content = "x".repeat(1 + random.nextInt(1 << 20)) + random.nextLong();
                        Map<String, Object> file = serving.upload("user_data", content);
                        kept.put("/v1/files/" + file.get("id") + "/content", content);
                    } else {
                        HttpResponse<String> said = serving.send(
                                "/v1/responses",
                                "{\"model\": \"toy\", \"input\": \"hello\", \"max_output_tokens\": "
                                        + (1 + random.nextInt(200)) + "}");
                        assertThat(said.statusCode()).as(said::body).isEqualTo(200);
                        Map<String, Object> json =
                                Json.object(Json.parse(said.body(), Path.of("it")), Path.of("it"), "it");
                        kept.put("/v1/responses/" + json.get("id"), said.body());
                    }
                }
            } catch (IOException | InterruptedException _) {
                // killed
            }
        });
    }

    /** At any moment after something was stored. */
    private void storeAndKill(Serving serving, Random random) throws InterruptedException {
        int before = kept.size();
        Thread storing = storing(serving, random.nextLong());
        while (kept.size() == before && storing.isAlive()) {
            Thread.sleep(1);
        }
        Thread.sleep(random.nextInt(300));
        serving.kill();
        storing.join();
    }

    private void allIsThere(Serving serving) throws Exception {
        for (Map.Entry<String, String> one : kept.entrySet()) {
            HttpResponse<String> now = serving.send(one.getKey(), null);
            assertThat(now.statusCode()).as(one.getKey()).isEqualTo(200);
            assertThat(now.body().equals(one.getValue())).as(one.getKey()).isTrue();
        }
    }

    private void theDatabaseIsWhole() throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database());
                var statement = connection.createStatement();
                var rows = statement.executeQuery("pragma integrity_check")) {
            assertThat(rows.getString(1)).isEqualTo("ok");
        }
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database());
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select count(*) from files where bytes <>"
                        + " (select coalesce(sum(length(data)), 0) from file_parts where file = files.id)")) {
            assertThat(rows.getInt(1)).as("files that are not whole").isZero();
        }
    }

    private static String line(int number) {
        return "{\"custom_id\": \"line-" + number
                + "\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\", \"body\":"
                + " {\"model\": \"toy\", \"max_tokens\": " + (20 + number) + ", \"messages\": [{\"role\": \"user\","
                + " \"content\": \"Tell me of number " + number + ".\"}]}}";
    }

    private void killAtRandom(long seed, int kills) throws Exception {
        Random random = new Random(seed);
        makeModel();
        String batch;
        try (Serving serving = new Serving()) {
            Object file = serving.upload(
                            "batch",
                            IntStream.range(0, LINES)
                                    .mapToObj(KilledServerTest::line)
                                    .collect(Collectors.joining("\n")))
                    .get("id");
            batch = "/v1/batches/"
                    + serving.ask(
                                    "/v1/batches",
                                    "{\"input_file_id\": \"" + file
                                            + "\", \"endpoint\": \"/v1/chat/completions\", \"completion_window\": \"24h\"}",
                                    "Content-Type",
                                    "application/json")
                            .get("id");
            storeAndKill(serving, random);
        }
        for (int kill = 1; kill < kills; kill++) {
            theDatabaseIsWhole();
            try (Serving serving = new Serving()) {
                storeAndKill(serving, random);
            }
        }
        theDatabaseIsWhole();
        try (Serving serving = new Serving()) {
            assertThat(kept).hasSizeGreaterThanOrEqualTo(kills);
            allIsThere(serving);
            Map<String, Object> now = serving.ask(batch, null);
            while (!now.get("status").equals("completed")) {
                assertThat(now).containsEntry("status", "in_progress");
                Thread.sleep(20);
                now = serving.ask(batch, null);
            }
            assertThat(now).containsEntry("error_file_id", null);
            List<Object> ids = new ArrayList<>();
            for (String line : serving.send("/v1/files/" + now.get("output_file_id") + "/content", null)
                    .body()
                    .split("\n")) {
                Map<String, Object> result = Json.object(Json.parse(line, Path.of("line")), Path.of("line"), "it");
                ids.add(result.get("custom_id"));
                int number =
                        Integer.parseInt(String.valueOf(result.get("custom_id")).substring("line-".length()));
                assertThat(line)
                        .contains("\"completion_tokens\":" + (20 + number))
                        .contains("Puna, öst.19");
            }
            assertThat(ids).hasSize(LINES).doesNotHaveDuplicates();
        }
    }

    @Test
    void whatWasStoredIsWholeAndABatchGoesOnHoweverOftenTheProcessIsKilled() throws Exception {
        killAtRandom(1, 3);
    }

    @Test
    @Tag("slow")
    void whatWasStoredIsWholeAfterManyKills() throws Exception {
        killAtRandom(2, 30);
    }

    @Test
    void aServerThatIsAskedToStopEndsWhatItHasBegun() throws Exception {
        makeModel();
        try (Serving serving = new Serving()) {
            List<String> answers = Collections.synchronizedList(new ArrayList<>());
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                clients.add(Thread.ofVirtual().start(() -> {
                    try {
                        answers.add(serving.send(
                                        "/v1/chat/completions",
                                        "{\"model\": \"toy\", \"stream\": true, \"max_tokens\": 1500, \"messages\":"
                                                + " [{\"role\": \"user\", \"content\": \"hello\"}]}")
                                .body());
                    } catch (IOException | InterruptedException e) {
                        answers.add(e.toString());
                    }
                }));
            }
            String all = "";
            while (!all.contains("puna_sequences_running{model=\"toy\"} 8")) {
                all = serving.send("/metrics", null).body();
            }
            assertThat(serving.process.toHandle().destroy()).isTrue(); // SIGTERM
            for (Thread client : clients) {
                client.join();
            }
            assertThat(answers).hasSize(8).allMatch(answer -> answer.endsWith("data: [DONE]\n\n"));
            assertThat(serving.process.waitFor()).isZero();
        }
    }
}
