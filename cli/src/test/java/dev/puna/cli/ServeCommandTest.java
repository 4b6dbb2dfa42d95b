package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.ChainModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServeCommandTest {
    @TempDir
    static Path folder;

    private static Path model;

    @BeforeAll
    static void write() throws IOException {
        model = ChainModel.write(folder.resolve("toy"), "Puna");
        Files.createDirectory(folder.resolve("other"));
        ChainModel.write(folder.resolve("other"), "Hilo");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --lora x                       | --lora takes NAME=PATH
                    --lora =x                      | --lora takes NAME=PATH
                    --lora a=no-such-file          | there is no adapter at no-such-file
                    --lora a/b=pom.xml             | cannot be the name of an adapter
                    --lora toy=pom.xml             | two models are called toy
                    --guard TOY                    | toy is no guard model
                    --share-prefixes some          | --share-prefixes must be account or all
                    --host 0.0.0.0                 | needs API keys
                    --tls-cert x                   | --tls-cert and --tls-key go together
                    --port 70000                   | --port must be 0 to 65535
                    --parallel 0                   | --parallel must be 1 to 1024
                    --queue 0                      | --queue must be 1
                    """)
    void whatCannotBeServedIsRefusedBeforeAnythingListens(String options, String said) {
        String[] words = options.replace("TOY", model.toString()).split(" ");
        Object[] all = {"serve", model, words[0], words[1]};
        Ran ran = Ran.puna(all);
        assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.REFUSED);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).contains(said);
    }

    @Test
    void anAdapterOfSeveralModelsSaysWhichItMeans() {
        Ran ran = Ran.puna("serve", model, folder.resolve("other"), "--lora", "a=pom.xml");
        assertThat(ran.err()).contains("which of the 2 models");
    }

    @Test
    void theFirstLineIsWhereItListensAndAnInterruptEndsIt() throws Exception {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var settings = new Settings(Map.of("HOME", folder.resolve("home").toString()), new Properties());
        var exit = new CompletableFuture<Integer>();
        Thread serving = Thread.ofPlatform()
                .start(() -> exit.complete(Main.run(
                        new String[] {"serve", model.toString(), "--port", "0"},
                        settings,
                        new Output(out, false, err, false, false),
                        InputStream.nullInputStream())));
        while (!out.toString(StandardCharsets.UTF_8).contains("\n") && !exit.isDone()) {
            Thread.sleep(5);
        }
        String first =
                out.toString(StandardCharsets.UTF_8).lines().findFirst().orElse(err.toString(StandardCharsets.UTF_8));
        assertThat(first).startsWith("listening on http://127.0.0.1:");
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            URI uri = URI.create(first.substring("listening on ".length()));
            HttpResponse<String> models = client.send(
                    HttpRequest.newBuilder(uri.resolve("/v1/models")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(models.body()).contains("\"toy\"").doesNotContain(folder.toString());
        }
        serving.interrupt();
        assertThat(exit.join()).isNotNull();
    }

    @Test
    void aNewKeyIsShownOnceAndItsFileKeepsTheHash() throws IOException {
        Path file = folder.resolve("keys.txt");
        Ran ran = Ran.puna("key", file, "alice");
        String key = ran.out().strip();
        assertThat(key).startsWith("puna-");
        assertThat(Files.readString(file)).startsWith("alice sha256:").doesNotContain(key);
        assertThat(Ran.puna("key", file, "bob").exit()).isZero();
        assertThat(Files.readAllLines(file)).hasSize(2);
    }
}
