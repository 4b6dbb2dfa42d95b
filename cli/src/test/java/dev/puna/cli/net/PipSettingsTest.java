package dev.puna.cli.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipSettingsTest {
    @TempDir
    private Path home;

    private PipSettings read(Map<String, String> variables) {
        return PipSettings.read(new Surroundings(variables, Optional.of(home), home.resolve("root")));
    }

    private void file(String path, String text) throws IOException {
        Path file = home.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @Test
    void withoutSettingsThereIsThePublicIndex() {
        assertThat(read(Map.of()).indexes()).containsExactly(URI.create("https://pypi.org/simple/"));
    }

    @Test
    void theMoreParticularFileCounts() throws IOException {
        file("root/etc/xdg/pip/pip.conf", "[global]\nindex-url = https://xdg/simple\n");
        assertThat(read(Map.of()).indexes()).containsExactly(URI.create("https://xdg/simple/"));
        file("root/etc/pip.conf", "[global]\nindex-url = https://etc/simple\n");
        assertThat(read(Map.of()).indexes()).containsExactly(URI.create("https://etc/simple/"));
        file(".pip/pip.conf", "[global]\nindex-url: https://old/simple\n");
        assertThat(read(Map.of()).indexes()).containsExactly(URI.create("https://old/simple/"));
        file(".config/pip/pip.conf", "[global]\nindex_url = https://user/simple\n");
        assertThat(read(Map.of()).indexes()).containsExactly(URI.create("https://user/simple/"));
        file("xdg/pip/pip.conf", "[global]\nindex-url = https://moved/simple\n");
        Map<String, String> moved =
                Map.of("XDG_CONFIG_HOME", home.resolve("xdg").toString());
        assertThat(read(moved).indexes()).containsExactly(URI.create("https://moved/simple/"));
        file("venv/pip.conf", "[install]\nindex-url = https://venv/simple\n");
        Map<String, String> venv = Map.of("VIRTUAL_ENV", home.resolve("venv").toString());
        assertThat(read(venv).indexes()).containsExactly(URI.create("https://venv/simple/"));
        file("named.conf", "[global]\nindex-url = https://named/simple\n");
        Map<String, String> named =
                Map.of("PIP_CONFIG_FILE", home.resolve("named.conf").toString());
        assertThat(read(named).indexes()).containsExactly(URI.create("https://named/simple/"));
        Map<String, String> variable = Map.of(
                "PIP_INDEX_URL",
                "https://variable/simple",
                "PIP_CONFIG_FILE",
                home.resolve("named.conf").toString());
        assertThat(read(variable).indexes()).containsExactly(URI.create("https://variable/simple/"));
        assertThat(read(Map.of("PIP_CONFIG_FILE", "/dev/null")).indexes())
                .containsExactly(URI.create("https://pypi.org/simple/"));
    }

    @Test
    void aSettingMayHaveSeveralLines() throws IOException {
        file(".config/pip/pip.conf", """
                # ours
                [global]
                extra-index-url =
                    https://one/simple
                    https://me:pw@two/simple/
                trusted-host = one
                               two:8443
                ; theirs
                find-links = /wheels https://links/
                cert = ~/corp.pem
                proxy = http://proxy:1
                """);
        PipSettings pip = read(Map.of());
        assertThat(pip.indexes())
                .containsExactly(
                        URI.create("https://pypi.org/simple/"),
                        URI.create("https://one/simple/"),
                        URI.create("https://me:pw@two/simple/"));
        assertThat(pip.trustedHosts()).containsExactly("one", "two:8443");
        assertThat(pip.findLinks()).containsExactly("/wheels", "https://links/");
        assertThat(pip.certificates()).hasValue(home.resolve("corp.pem"));
        assertThat(pip.proxy()).hasValue("http://proxy:1");
    }

    @Test
    void noIndexMeansNone() {
        assertThat(read(Map.of("PIP_NO_INDEX", "1")).indexes()).isEmpty();
        assertThat(read(Map.of("PIP_NO_INDEX", "0")).indexes()).hasSize(1);
    }

    @Test
    void anIndexThatIsNoUrlIsToldWithoutItsText() {
        PipSettings pip = read(Map.of("PIP_INDEX_URL", "https://me:secret@ho st/simple"));
        assertThat(pip.indexes()).isEmpty();
        assertThat(pip.remarks()).singleElement().asString().contains("no URL").doesNotContain("secret");
    }
}
