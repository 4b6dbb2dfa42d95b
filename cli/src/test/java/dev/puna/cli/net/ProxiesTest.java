package dev.puna.cli.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxiesTest {
    private static final URI FAR = URI.create("https://pypi.org/simple/");

    @TempDir
    private Path home;

    private String proxy(Map<String, String> variables, URI uri) {
        return Loopback.settings(variables, home).proxies().shown(uri).orElse("none");
    }

    @ParameterizedTest
    @CsvSource({
        "https://pypi.org/,            pypi.org,              true",
        "https://pypi.org/,            .pypi.org,             true",
        "https://files.pypi.org/,      pypi.org,              true",
        "https://files.pypi.org/,      *.pypi.org,            true",
        "https://notpypi.org/,         pypi.org,              false",
        "https://PyPI.org/,            pypi.ORG,              true",
        "https://pypi.org/,            pypi.org:443,          true",
        "https://pypi.org/,            pypi.org:8443,         false",
        "https://pypi.org:8443/,       pypi.org:8443,         true",
        "https://anything.example/,    *,                     true",
        "http://10.1.2.3/,             10.0.0.0/8,            true",
        "http://11.1.2.3/,             10.0.0.0/8,            false",
        "http://10.1.2.3/,             10.1.2.0/23,           true",
        "http://[::1]:8080/,           ::1,                   true",
        "http://[fd00::1]/,            fd00::/8,              true",
        "http://name.example/,         10.0.0.0/8,            false",
        "http://cache-7.corp/,         cache-*.corp,          true",
        "https://pypi.org/,            '',                    false",
    })
    void hostsOnTheListAreReachedDirectly(URI uri, String entry, boolean direct) {
        assertThat(Proxies.bypassed(uri, List.of(entry))).isEqualTo(direct);
    }

    @Test
    void lowerCaseCountsOverCapitals() {
        assertThat(proxy(Map.of("HTTPS_PROXY", "http://capital:1", "https_proxy", "http://lower:2"), FAR))
                .isEqualTo("http://lower:2");
    }

    @Test
    void anEmptyVariableIsUnset() {
        assertThat(proxy(Map.of("https_proxy", "", "HTTPS_PROXY", "http://capital:1"), FAR))
                .isEqualTo("http://capital:1");
    }

    @Test
    void allProxyIsForBothKinds() {
        Map<String, String> variables = Map.of("ALL_PROXY", "proxy:3128");
        assertThat(proxy(variables, FAR)).isEqualTo("http://proxy:3128");
        assertThat(proxy(variables, URI.create("http://far/"))).isEqualTo("http://proxy:3128");
    }

    @Test
    void theListHoldsForTheVariables() {
        assertThat(proxy(Map.of("HTTPS_PROXY", "proxy:1", "NO_PROXY", "localhost, pypi.org"), FAR))
                .isEqualTo("none");
    }

    @Test
    void otherToolsProxiesAreUsedInTurn() throws Exception {
        Files.createDirectories(home.resolve(".m2"));
        Files.writeString(home.resolve(".m2/settings.xml"), """
                <settings><proxies>
                  <proxy><active>false</active><host>idle</host><port>1</port></proxy>
                  <proxy><host>maven-proxy</host><port>3</port><username>me</username><password>p:w/x</password>
                    <nonProxyHosts>*.corp|localhost</nonProxyHosts></proxy>
                </proxies></settings>
                """);
        assertThat(proxy(Map.of(), FAR)).isEqualTo("http://maven-proxy:3");
        assertThat(proxy(Map.of(), URI.create("http://repo.corp/"))).isEqualTo("none");
        assertThat(Loopback.settings(Map.of(), home).proxies().authorization(FAR))
                .hasValue(Credentials.Secret.basic("me", "p:w/x"));

        Files.writeString(home.resolve(".npmrc"), "proxy=http://npm:2\nnoproxy=pypi.org,other.org\n");
        assertThat(proxy(Map.of(), URI.create("https://repo.maven.apache.org/")))
                .isEqualTo("http://npm:2");
        assertThat(proxy(Map.of(), FAR)).isEqualTo("none");

        assertThat(proxy(Map.of("PIP_PROXY", "http://pip:1"), FAR)).isEqualTo("http://pip:1");
        assertThat(proxy(Map.of("PIP_PROXY", "http://pip:1", "https_proxy", "http://env:0"), FAR))
                .isEqualTo("http://env:0");
    }

    @Test
    void aPasswordIsDecodedAndNotShown() {
        Map<String, String> variables = Map.of("HTTPS_PROXY", "http://us%40er:p%3Aw+d@proxy:1");
        assertThat(Loopback.settings(variables, home).proxies().authorization(FAR))
                .hasValue(Credentials.Secret.basic("us@er", "p:w+d"));
        assertThat(proxy(variables, FAR)).isEqualTo("http://proxy:1");
    }
}
