package dev.puna.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.puna.server.PunaServer;
import dev.puna.server.Served;
import dev.puna.server.Toys;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** The same migrations and the same statements, on SQLite and on PostgreSQL. */
class StoresTest {
    enum Kind {
        SQLITE,
        POSTGRESQL
    }

    @TempDir
    static Path folder;

    private static @Nullable EmbeddedPostgres postgres;

    @BeforeAll
    static void start() {
        try {
            postgres = EmbeddedPostgres.builder()
                    .setOverrideWorkingDirectory(folder.resolve("postgres").toFile())
                    .start();
        } catch (IOException | RuntimeException e) {
            postgres = null; // no binaries for this machine, or not allowed to run them
        }
    }

    @AfterAll
    static void stop() throws IOException {
        if (postgres != null) {
            postgres.close();
        }
    }

    private static String url(Kind kind, String name) throws SQLException {
        if (kind == Kind.SQLITE) {
            return "jdbc:sqlite:" + folder.resolve(name + ".db");
        }
        assumeThat(postgres != null).as("PostgreSQL runs here").isTrue();
        try (var connection = DriverManager.getConnection(postgres.getJdbcUrl("postgres", "postgres"));
                var statement = connection.createStatement()) {
            statement.execute("create database " + name);
        }
        return postgres.getJdbcUrl("postgres", name);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatIsStoredIsFoundByItsOwnerAndSurvivesTheProcess(Kind kind) throws SQLException {
        String url = url(kind, "stores");
        byte[] bytes = new byte[(2 << 20) + 17];
        new Random(1).nextBytes(bytes);
        var file = new StoredFiles.Stored(
                "file-1", 5, "näme", "batch", bytes.length, "0".repeat(64), OptionalLong.empty());
        var old = new StoredFiles.Stored("file-2", 6, "old", "batch", 1, "0".repeat(64), OptionalLong.of(7));
        try (Database database = new Database(url)) {
            assertThat(database.begun()).isEqualTo(kind == Kind.POSTGRESQL); // a file that is not there holds nothing
            var files = new StoredFiles(database);
            files.add("alice", file, new ByteArrayInputStream(bytes));
            files.add("alice", old, new ByteArrayInputStream(new byte[1]));
            var responses = new StoredResponses(database);
            responses.add("alice", 1, new StoredResponses.Stored("resp_1", Optional.empty(), "{\"ü\": 1}", "[]"));
            responses.add("alice", 2, new StoredResponses.Stored("resp_2", Optional.of("resp_1"), "{}", "[]"));
        }
        try (Database database = new Database(url)) {
            assertThat(database.begun()).isTrue();
            var files = new StoredFiles(database);
            assertThat(files.find("bob", "file-1")).isEmpty();
            assertThat(files.all("alice")).containsExactly(file); // the other one has expired
            var out = new ByteArrayOutputStream();
            files.copy("file-1", out);
            assertThat(out.toByteArray()).isEqualTo(bytes);
            assertThat(files.remove("bob", "file-1")).isFalse();
            assertThat(files.remove("alice", "file-1")).isTrue();
            assertThat(files.all("alice")).isEmpty();
            var responses = new StoredResponses(database);
            assertThat(responses.find("alice", "resp_1").orElseThrow().response())
                    .isEqualTo("{\"ü\": 1}");
            assertThat(responses.find("alice", "resp_2").orElseThrow().previous())
                    .hasValue("resp_1");
            assertThat(responses.find("bob", "resp_1")).isEmpty();
            assertThat(responses.remove("alice", "resp_1")).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aBatchChangesOnlyFromTheStatusItHadAndWithItsFilesOrNotAtAll(Kind kind) throws SQLException {
        try (Database database = new Database(url(kind, "batches"))) {
            var batches = new StoredBatches(database);
            var files = new StoredFiles(database);
            batches.add(new StoredBatches.Stored("batch_1", "alice", "in_progress", "{}"), 1);
            batches.add("batch_1", new StoredBatches.Line(0, false, "{\"a\": 1}"));
            batches.add("batch_1", new StoredBatches.Line(2, true, "{}"));
            assertThat(batches.done("batch_1")).containsExactlyInAnyOrder(0, 2);
            assertThat(batches.count("batch_1", true)).isEqualTo(1);
            assertThat(batches.results("batch_1", false)).containsExactly("{\"a\": 1}");
            assertThatThrownBy(() -> batches.add("batch_1", new StoredBatches.Line(2, false, "again")))
                    .isInstanceOf(IllegalStateException.class);
            var made = new StoredBatches.Made(
                    new StoredFiles.Stored("file-o", 3, "o", "batch_output", 1, "0".repeat(64), OptionalLong.empty()),
                    new byte[1]);
            var over = new StoredBatches.Stored("batch_1", "alice", "completed", "{}");
            assertThat(batches.change(over, "cancelling", List.of(made))).isFalse();
            assertThat(files.all("alice")).isEmpty();
            assertThat(batches.unfinished()).hasSize(1);
            assertThat(batches.change(over, "in_progress", List.of(made))).isTrue();
            assertThat(files.all("alice")).hasSize(1);
            assertThat(batches.unfinished()).isEmpty();
        }
    }

    /** The whole server: files, a batch to its end, responses that go on from another after a restart. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void aServerKeepsItsThingsThere(Kind kind) throws Exception {
        PunaServer.Options usual = PunaServer.Options.DEFAULT;
        var options = new PunaServer.Options(usual.http(), usual.models(), Optional.of(url(kind, "whole")));
        Path toy = dev.puna.ChainModel.write(
                folder.resolve("toy-" + kind),
                new dev.puna.ChainModel.Script(
                        List.of("Pu", "na!"), false, Toys.CONTEXT, dev.puna.ChainModel.TEMPLATE));
        String model = toy.getFileName().toString();
        String first;
        try (Served served = new Served(options, toy)) {
            String line = "{\"custom_id\": \"a\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\", \"body\":"
                    + " {\"model\": \"" + model + "\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}}";
            JsonNode batch = served.over(served.batch("/v1/chat/completions", line));
            assertThat(batch.get("status").stringValue()).isEqualTo("completed");
            assertThat(served.get("/v1/files/" + batch.get("output_file_id").stringValue() + "/content")
                            .body())
                    .contains("Puna!");
            first = served.post("/v1/responses", "{\"model\": \"" + model + "\", \"input\": \"x\"}")
                    .json()
                    .get("id")
                    .stringValue();
        }
        try (Served served = new Served(options, toy)) {
            assertThat(served.get("/v1/responses/" + first).status()).isEqualTo(200);
            Served.Said next = served.post(
                    "/v1/responses",
                    "{\"model\": \"" + model + "\", \"input\": \"y\", \"previous_response_id\": \"" + first + "\"}");
            assertThat(next.status()).as(next.body()).isEqualTo(200);
            assertThat(served.send("DELETE", "/v1/responses/" + first, null).status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aDatabaseThatWentAwayIsAskedAgain() throws SQLException {
        String url = url(Kind.POSTGRESQL, "away");
        try (Database database = new Database(url)) {
            var responses = new StoredResponses(database);
            responses.add("alice", 1, new StoredResponses.Stored("resp_1", Optional.empty(), "{}", "[]"));
            try (var connection = DriverManager.getConnection(url);
                    var statement = connection.createStatement()) {
                statement.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                        + " where datname = 'away' and pid <> pg_backend_pid()");
            }
            assertThatThrownBy(() -> responses.find("alice", "resp_1")).isInstanceOf(IllegalStateException.class);
            assertThat(responses.find("alice", "resp_1")).isPresent();
        }
    }
}
