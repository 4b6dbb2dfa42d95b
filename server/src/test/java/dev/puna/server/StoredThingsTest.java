package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.ChainModel;
import dev.puna.SharedData;
import dev.puna.server.http.Frame;
import dev.puna.server.http.Keys;
import dev.puna.server.http.Limits;
import dev.puna.server.wire.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class StoredThingsTest {
    @TempDir
    Path folder;

    private Served served(Keys keys, Path... models) {
        return new Served(
                new PunaServer.Options(
                        new Frame.Options("127.0.0.1", 0, Optional.empty(), keys, Set.of(), Limits.DEFAULT),
                        Served.small(1024, 8, 128).models(),
                        Optional.of("jdbc:sqlite:" + folder.resolve("server.db"))),
                models);
    }

    @Test
    void aFileComesBackAsItWasAndOnlyToItsOwner() throws IOException {
        Path file = folder.resolve("keys");
        Files.writeString(file, "alice a-key\nbob b-key\n");
        String[] alice = {"Authorization", "Bearer a-key"};
        String[] bob = {"Authorization", "Bearer b-key"};
        String content = "one\r\ntwo\r\n--xy\r\r\n--xy z\u00e9".repeat(3);
        try (Served served = served(Keys.read(file))) {
            JsonNode made = served.upload("user_data", content, alice).json();
            String path = "/v1/files/" + made.get("id").stringValue();
            assertThat(made.get("bytes").intValue()).isEqualTo(content.getBytes(StandardCharsets.UTF_8).length);
            assertThat(made.get("sha256").stringValue()).hasSize(64);
            assertThat(served.get(path + "/content", alice).body()).isEqualTo(content);
            for (String[] request : new String[][] {{"GET", path}, {"GET", path + "/content"}, {"DELETE", path}}) {
                assertThat(served.send(request[0], request[1], null, bob).status())
                        .isEqualTo(404);
            }
            assertThat(served.get("/v1/files", bob).json().get("data").size()).isZero();
            assertThat(served.get("/v1/files", alice).json().get("data").size()).isEqualTo(1);
            assertThat(served.upload("nothing", "x", alice)
                            .json()
                            .at("/error/param")
                            .stringValue())
                    .isEqualTo("purpose");
            assertThat(served.send("DELETE", path, null, alice)
                            .json()
                            .get("deleted")
                            .booleanValue())
                    .isTrue();
            assertThat(served.get(path, alice).status()).isEqualTo(404);
        }
    }

    @Test
    void aBatchGoesOnWhereItsProcessDied() throws Exception {
        Path model = SharedData.smollm2();
        String id = model.getFileName().toString();
        String lines = IntStream.range(0, 40)
                .mapToObj(i ->
                        "{\"custom_id\": \"line-" + i + "\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\","
                                + " \"body\": {\"model\": \"" + (i == 7 ? "nobody" : id)
                                + "\", \"max_tokens\": 24, \"messages\":"
                                + " [{\"role\": \"user\", \"content\": \"Tell me of number " + i + ".\"}]}}")
                .collect(Collectors.joining("\n"));
        String path;
        try (Served served = served(Keys.NONE, model)) {
            path = served.batch("/v1/chat/completions", lines);
            while (served.get(path).json().at("/request_counts/completed").intValue() < 3) {
                Thread.sleep(5);
            }
        } // nothing is finished here: what was asked is broken off
        try (Served served = served(Keys.NONE, model)) {
            JsonNode batch = served.over(path);
            assertThat(batch.get("status").stringValue()).as(batch.toString()).isEqualTo("completed");
            assertThat(batch.at("/request_counts/completed").intValue()).isEqualTo(39);
            assertThat(batch.at("/request_counts/failed").intValue()).isEqualTo(1);
            String output = served.get(
                            "/v1/files/" + batch.get("output_file_id").stringValue() + "/content")
                    .body();
            assertThat(output.lines()
                            .map(line -> Json.parse(line.getBytes(StandardCharsets.UTF_8))
                                    .get("custom_id")
                                    .stringValue())
                            .distinct())
                    .hasSize(39);
            assertThat(served.get("/v1/files/" + batch.get("error_file_id").stringValue() + "/content")
                            .body())
                    .contains("line-7")
                    .contains("404");
        }
    }

    @Test
    void aChatIsKeptWhereThatIsAskedForAndOnlyForItsOwner() throws IOException {
        Path file = folder.resolve("keys");
        Files.writeString(file, "alice a-key\nbob b-key\n");
        String[] alice = {"Authorization", "Bearer a-key"};
        String[] bob = {"Authorization", "Bearer b-key"};
        Path toy = ChainModel.write(
                folder.resolve("toy"),
                new ChainModel.Script(List.of("Pu", "na!"), false, Toys.CONTEXT, ChainModel.TEMPLATE));
        String all = "/v1/chat/completions";
        String asked = "{\"model\": \"toy\", \"metadata\": {\"a\": \"b\"}, \"messages\": [{\"role\": \"user\","
                + " \"content\": [{\"type\": \"text\", \"text\": \"Hello\"}]}]";
        String path;
        JsonNode made;
        try (Served served = served(Keys.read(file), toy)) {
            made = served.post(all, asked + ", \"store\": true}", alice).json();
            served.post(all, asked + "}", alice); // not kept
            served.post(all, asked + ", \"store\": true, \"stream\": true}", alice);
            path = all + "/" + made.get("id").stringValue();
        }
        try (Served served = served(Keys.read(file), toy)) { // after a restart
            assertThat(served.get(path, alice).json()).isEqualTo(made);
            JsonNode list = served.get(all, alice).json();
            assertThat(list.get("data").size()).isEqualTo(2);
            assertThat(list.at("/data/1/choices/0/message/content").stringValue())
                    .isEqualTo("Puna!");
            assertThat(served.get(all + "?model=other", alice)
                            .json()
                            .get("data")
                            .size())
                    .isZero();
            JsonNode message = served.get(path + "/messages", alice).json().at("/data/0");
            assertThat(message.get("role").stringValue()).isEqualTo("user");
            assertThat(message.at("/content_parts/0/text").stringValue()).isEqualTo("Hello");
            JsonNode changed =
                    served.post(path, "{\"metadata\": {\"c\": \"d\"}}", alice).json();
            assertThat(changed.at("/metadata/c").stringValue()).isEqualTo("d");
            assertThat(served.get(path, alice).json()).isEqualTo(changed);
            assertThat(served.get(all, bob).json().get("data").size()).isZero();
            for (String[] request : new String[][] {
                {"GET", path, null}, {"GET", path + "/messages", null}, {"POST", path, "{}"}, {"DELETE", path, null}
            }) {
                assertThat(served.send(request[0], request[1], request[2], bob).status())
                        .isEqualTo(404);
            }
            assertThat(served.send("DELETE", path, null, alice)
                            .json()
                            .get("deleted")
                            .booleanValue())
                    .isTrue();
            assertThat(served.get(path, alice).status()).isEqualTo(404);
        }
    }

    @Test
    void aBatchOfWhatIsNoBatchFailsWithTheLine() throws Exception {
        try (Served served = served(Keys.NONE)) {
            JsonNode batch = served.over(served.batch("/v1/embeddings", "{\"custom_id\": \"a\"}"));
            assertThat(batch.get("status").stringValue()).isEqualTo("failed");
            assertThat(batch.at("/errors/data/0/message").stringValue()).contains("line 1");
        }
    }
}
