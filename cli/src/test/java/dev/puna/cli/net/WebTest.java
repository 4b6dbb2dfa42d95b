package dev.puna.cli.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WebTest {
    private static final byte[] BODY = "a body".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path home;

    private Web web(Map<String, String> variables) {
        return new Web(Loopback.settings(variables, home), Loopback.IMPATIENT, "puna/test");
    }

    private static String body(Web web, URI uri) {
        try (Answer answer = web.ask(uri, Map.of())) {
            assertThat(answer.status()).isEqualTo(200);
            return web.text(answer);
        }
    }

    @Test
    void redirectsAreFollowed() {
        try (Loopback there = new Loopback();
                Web web = web(Map.of())) {
            there.on("/new", Loopback.file(BODY, null)).on("/old", Loopback.redirect(URI.create("/new")));
            assertThat(body(web, there.uri("/old"))).isEqualTo("a body");
        }
    }

    @Test
    void aCircleOfRedirectsEnds() {
        try (Loopback there = new Loopback();
                Web web = web(Map.of())) {
            there.on("/a", Loopback.redirect(URI.create("/b"))).on("/b", Loopback.redirect(URI.create("/a")));
            assertThatThrownBy(() -> web.ask(there.uri("/a"), Map.of()))
                    .isInstanceOf(Unavailable.class)
                    .hasMessageContaining("redirects in a circle");
        }
    }

    @Test
    void aRedirectElsewhereThanTheWebIsRefused() {
        try (Loopback there = new Loopback();
                Web web = web(Map.of())) {
            there.on("/a", Loopback.redirect(URI.create("file:///etc/passwd")));
            assertThatThrownBy(() -> web.ask(there.uri("/a"), Map.of()))
                    .isInstanceOf(Unavailable.class)
                    .hasMessageContaining("redirects from http to file, which is refused");
        }
    }

    @Test
    void anIndexesPasswordGoesToItsHostOnly() {
        try (Loopback there = new Loopback()) {
            there.on("/simple/", Loopback.redirect(there.otherHost("/files/x")))
                    .on("/files/", Loopback.file(BODY, null));
            String index = there.uri("/simple/").toString().replace("http://", "http://me:s%20ecret@");
            try (Web web = web(Map.of("PIP_INDEX_URL", index))) {
                assertThat(body(web, there.uri("/simple/p/"))).isEqualTo("a body");
            }
            assertThat(there.asked()).hasSize(2);
            assertThat(there.asked().getFirst().header("Authorization"))
                    .hasValue(Credentials.Secret.basic("me", "s ecret"));
            assertThat(there.asked().getLast().header("Authorization")).isEmpty();
        }
    }

    @Test
    void aPasswordInAUrlIsNotShown() {
        try (Loopback there = new Loopback();
                Web web = web(Map.of())) {
            there.on("/", Loopback.status(403));
            URI uri = URI.create(there.uri("/f?signature=abc").toString().replace("http://", "http://me:secret@"));
            try (Answer answer = web.ask(uri, Map.of())) {
                assertThat(answer.refusal().getMessage())
                        .contains("/f is forbidden (403)")
                        .doesNotContain("secret")
                        .doesNotContain("signature");
            }
        }
    }

    @Test
    void aSecretThatNoHeaderCarriesIsNotRepeated() {
        try (Loopback there = new Loopback();
                Web web = web(Map.of("HF_ENDPOINT", there.uri("/").toString(), "HF_TOKEN", "one\ntwo"))) {
            assertThatThrownBy(() -> web.ask(there.uri("/x"), Map.of()))
                    .isInstanceOf(Unavailable.class)
                    .hasMessageContaining("credentials that no header can carry")
                    .hasMessageNotContaining("two");
        }
    }

    @Test
    void silenceEnds() {
        try (Loopback there = new Loopback();
                Web web = web(Map.of())) {
            there.on("/", exchange -> {
                exchange.sendResponseHeaders(200, 100);
                exchange.getResponseBody().write(BODY);
                exchange.getResponseBody().flush();
                Loopback.rest(Duration.ofSeconds(30));
            });
            try (Answer answer = web.ask(there.uri("/"), Map.of())) {
                assertThatThrownBy(() -> web.text(answer))
                        .isInstanceOf(Unavailable.class)
                        .hasMessageContaining("sent nothing for");
            }
        }
    }

    @Test
    void aPageWithoutEndIsRefused() {
        try (Loopback there = new Loopback();
                Web web = web(Map.of())) {
            there.on("/", exchange -> {
                exchange.sendResponseHeaders(200, 0);
                byte[] piece = new byte[1 << 16];
                while (true) {
                    exchange.getResponseBody().write(piece);
                }
            });
            try (Answer answer = web.ask(there.uri("/"), Map.of())) {
                assertThatThrownBy(() -> web.text(answer))
                        .isInstanceOf(Unavailable.class)
                        .hasMessageContaining("sends more than 1 MiB");
            }
        }
    }

    @Test
    void nobodyThereIsSaid() {
        URI gone;
        try (Loopback there = new Loopback()) {
            gone = there.uri("/");
        }
        try (Web web = web(Map.of())) {
            assertThatThrownBy(() -> web.ask(gone, Map.of()))
                    .isInstanceOf(Unavailable.class)
                    .hasMessageContaining("cannot be reached");
        }
    }

    @Test
    void aNameThatDoesNotResolveIsSaid() {
        try (Web web = web(Map.of())) {
            assertThatThrownBy(() -> web.ask(URI.create("http://no-such-host.invalid/"), Map.of()))
                    .isInstanceOf(Unavailable.class)
                    .hasMessageContaining("the name no-such-host.invalid cannot be resolved");
        }
    }

    @Test
    void plainProxiesAreUsedWithTheirPassword() {
        try (Loopback proxy = new Loopback()) {
            proxy.on("/", exchange -> {
                boolean known = Credentials.Secret.basic("me", "p@ss")
                        .equals(exchange.getRequestHeaders().getFirst("Proxy-Authorization"));
                if (known) {
                    Loopback.file(BODY, null).to(exchange);
                } else {
                    exchange.getResponseHeaders().set("Proxy-Authenticate", "Basic realm=\"p\"");
                    exchange.sendResponseHeaders(407, -1);
                }
            });
            String address = proxy.uri("").toString();
            URI far = URI.create("http://far.invalid/f");
            try (Web web = web(Map.of("http_proxy", address.replace("http://", "http://me:p%40ss@")))) {
                assertThat(body(web, far)).isEqualTo("a body");
                assertThat(proxy.asked().getLast().path()).isEqualTo("http://far.invalid/f");
            }
            try (Web web = web(Map.of("http_proxy", address));
                    Answer answer = web.ask(far, Map.of())) {
                assertThat(answer.status()).isEqualTo(407);
                assertThat(answer.refusal()).hasMessageContaining("the proxy wants credentials (407)");
            }
        }
    }

    @Test
    void aProxyOfAnotherKindIsNamed() {
        try (Web web = web(Map.of("ALL_PROXY", "socks5://me:secret@127.0.0.1:1080"))) {
            assertThatThrownBy(() -> web.ask(URI.create("https://far.invalid/"), Map.of()))
                    .isInstanceOf(Unavailable.class)
                    .hasMessageContaining("is a socks5: proxy; Puna speaks to http: proxies only")
                    .hasMessageNotContaining("secret");
        }
    }

    @Test
    void httpsGoesThroughATunnelWithItsPassword() throws Exception {
        try (SecureLoopback secure = new SecureLoopback(home, "a body");
                Tunnel tunnel = new Tunnel("me", "p@ss", secure.port())) {
            Map<String, String> known = Map.of(
                    "HTTPS_PROXY",
                    "http://me:p%40ss@127.0.0.1:" + tunnel.port(),
                    "SSL_CERT_FILE",
                    secure.certificate().toString());
            try (Web web = web(known)) {
                assertThat(body(web, URI.create("https://localhost:" + secure.port() + "/f")))
                        .isEqualTo("a body");
            }
            assertThat(tunnel.opened()).containsExactly("localhost:" + secure.port());
            Map<String, String> unknown = Map.of("HTTPS_PROXY", "127.0.0.1:" + tunnel.port());
            try (Web web = web(unknown);
                    Answer answer = web.ask(URI.create("https://localhost:" + secure.port() + "/f"), Map.of())) {
                assertThat(answer.status()).isEqualTo(407);
            }
        }
    }

    @Test
    void certificatesOfOtherToolsAreTrusted() throws Exception {
        try (SecureLoopback secure = new SecureLoopback(home, "a body")) {
            URI uri = URI.create("https://localhost:" + secure.port() + "/f");
            for (String name : new String[] {
                "PIP_CERT",
                "SSL_CERT_FILE",
                "REQUESTS_CA_BUNDLE",
                "CURL_CA_BUNDLE",
                "NODE_EXTRA_CA_CERTS",
                "npm_config_cafile"
            }) {
                try (Web web = web(Map.of(name, secure.certificate().toString()))) {
                    assertThat(body(web, uri)).as(name).isEqualTo("a body");
                }
            }
            try (Web web = web(Map.of())) {
                assertThatThrownBy(() -> web.ask(uri, Map.of()))
                        .isInstanceOf(Unavailable.class)
                        .hasMessageContaining("shows a certificate that is not trusted")
                        .hasMessageContaining("SSL_CERT_FILE");
            }
            try (Web web =
                    web(Map.of("SSL_CERT_FILE", home.resolve("missing.pem").toString()))) {
                assertThatThrownBy(() -> web.ask(uri, Map.of()))
                        .isInstanceOf(Unavailable.class)
                        .hasMessageContaining("unreadable: " + home.resolve("missing.pem"));
            }
            try (Web web = web(Map.of("PIP_TRUSTED_HOST", "localhost"))) {
                assertThat(body(web, uri)).isEqualTo("a body");
            }
            try (Web web = web(Map.of("PIP_TRUSTED_HOST", "elsewhere"))) {
                assertThatThrownBy(() -> web.ask(uri, Map.of())).isInstanceOf(Unavailable.class);
            }
            // Right certificate, wrong name: the host is checked as well.
            try (Web web = web(Map.of("SSL_CERT_FILE", secure.certificate().toString()))) {
                assertThatThrownBy(() -> web.ask(URI.create("https://127.0.0.1:" + secure.port() + "/f"), Map.of()))
                        .isInstanceOf(Unavailable.class);
            }
        }
    }

    @Test
    void httpsIsNotLeftForHttp() throws Exception {
        try (Loopback plain = new Loopback();
                SecureLoopback secure = new SecureLoopback(home, "a body")) {
            plain.on("/f", Loopback.file(BODY, null));
            secure.redirect(plain.uri("/f"));
            try (Web web = web(Map.of("SSL_CERT_FILE", secure.certificate().toString()))) {
                assertThatThrownBy(() -> web.ask(URI.create("https://localhost:" + secure.port() + "/f"), Map.of()))
                        .isInstanceOf(Unavailable.class)
                        .hasMessageContaining("redirects from https to http, which is refused");
            }
            assertThat(plain.asked()).isEmpty();
        }
    }
}
