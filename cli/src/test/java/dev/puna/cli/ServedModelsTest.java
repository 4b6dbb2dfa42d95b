package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.ChainModel;
import dev.puna.cli.net.Loopback;
import dev.puna.server.wire.Failure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients may do with the models of a server. */
class ServedModelsTest {
    @TempDir
    private Path home;

    private Models models(Map<String, String> variables) {
        Settings settings = new Settings(variables, new Properties());
        var sink = new ByteArrayOutputStream();
        return Models.of(settings, new Output(sink, false, sink, false, true));
    }

    private ServedModels served(boolean manage) throws IOException {
        String toy = ChainModel.write(home.resolve("toy"), "Puna").toString();
        return new ServedModels(models(Map.of("HOME", home.toString())), List.of(toy), manage);
    }

    @Test
    void aPullTellsHowFarItIs() throws Exception {
        byte[] bytes = new byte[3 << 20];
        System.arraycopy(new byte[] {'G', 'G', 'U', 'F'}, 0, bytes, 0, 4);
        try (Loopback there = new Loopback()) {
            there.on(
                            "/hub/api/models/org/repo/revision/main",
                            Loopback.text(
                                    "application/json",
                                    "{\"id\": \"org/repo\", \"sha\": \"abc\", \"siblings\": [{\"rfilename\": \"M.gguf\", \"size\": "
                                            + bytes.length + "}]}"))
                    .on("/hub/org/repo/resolve/abc/M.gguf", Loopback.file(bytes, "\"1\""));
            ServedModels served = new ServedModels(
                    models(Map.of(
                            "HOME",
                            home.toString(),
                            "HF_ENDPOINT",
                            there.uri("/hub").toString())),
                    List.of(),
                    true);
            List<String> told = new ArrayList<>();
            served.pull("hf:org/repo/M.gguf", (what, done, total) -> told.add(what + " " + done + "/" + total));
            assertThat(told)
                    .contains(
                            "pulling M.gguf 0/" + bytes.length, "pulling M.gguf " + bytes.length + "/" + bytes.length);
            assertThat(served.entries()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nobody",
                "/etc/passwd",
                "./toy",
                "../x",
                "pom.xml",
                "file:pom.xml",
                "FILE:pom.xml",
                "src",
                "http://127.0.0.1:1/m.gguf",
                "HTTPS://169.254.169.254/m.gguf",
                ""
            })
    void neitherAPathNorAnAddressIsFetched(String reference) throws IOException {
        ServedModels served = served(true);
        assertThatThrownBy(() ->
                        served.pull(reference, (what, _, _) -> assertThat(what).isNull()))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.status()).isEqualTo(404));
    }

    @Test
    void aCopyIsAnotherNameAndKeepsWhatItMeans() throws IOException {
        ServedModels served = served(true);
        served.copy("toy", "second");
        assertThat(served.path("second")).isEqualTo(served.path("toy"));
        assertThatThrownBy(() -> served.delete("toy")).hasMessageContaining("'second' is another name of it");
        served.delete("second");
        served.delete("toy");
        assertThat(served.entries()).isEmpty();
        assertThat(Files.exists(home.resolve("toy"))).isTrue(); // not of the store: no longer offered, and that is all
    }

    @Test
    void whoMayNotManageChangesNothing() throws IOException {
        ServedModels served = served(false);
        for (Runnable change : List.<Runnable>of(
                () -> served.pull("toy", (_, _, _) -> {}),
                () -> served.copy("toy", "second"),
                () -> served.delete("toy"))) {
            assertThatThrownBy(change::run)
                    .isInstanceOfSatisfying(
                            Failure.class,
                            failure -> assertThat(failure.status()).isEqualTo(403));
        }
        assertThat(served.entries()).hasSize(1);
    }
}
