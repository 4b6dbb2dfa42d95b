package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Traces;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Spans go to the collector that the standard variables name, and nowhere without. */
class TracesTest {
    @TempDir
    Path folder;

    private record Sent(String path, String type, String header, byte[] body) {}

    private static PunaServer.Options options(Map<String, String> telemetry) {
        PunaServer.Options usual = PunaServer.Options.DEFAULT;
        return new PunaServer.Options(
                usual.http(),
                usual.models(),
                usual.database(),
                new Completions.Policy(Optional.empty(), false, telemetry));
    }

    @Test
    void aRequestAndItsAnswerAreSpansOfTheCallersTrace() throws IOException {
        List<Sent> sent = new CopyOnWriteArrayList<>();
        HttpServer collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/", exchange -> {
            sent.add(new Sent(
                    exchange.getRequestURI().getPath(),
                    exchange.getRequestHeaders().getFirst("Content-Type"),
                    exchange.getRequestHeaders().getFirst("x-tenant"),
                    exchange.getRequestBody().readAllBytes()));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
        Path model = dev.puna.ChainModel.write(folder.resolve("toy"), "Puna");
        Map<String, String> telemetry = Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:" + collector.getAddress().getPort(),
                "OTEL_EXPORTER_OTLP_HEADERS",
                "x-tenant=seven",
                "OTEL_SERVICE_NAME",
                "our-puna",
                "OTEL_RESOURCE_ATTRIBUTES",
                "deployment.environment.name=testing");
        try (Served served = new Served(options(telemetry), model)) {
            String trace = "0af7651916cd43dd8448eb211c80319c";
            Served.Said said = served.post(
                    "/v1/chat/completions",
                    "{\"model\": \"toy\", \"messages\": [{\"role\": \"user\", \"content\": \"a secret text\"}]}",
                    "traceparent",
                    "00-" + trace + "-b7ad6b7169203331-01",
                    "Authorization",
                    "Bearer a-secret-key");
            assertThat(said.status()).as(said.body()).isEqualTo(200);
        } finally { // what was not sent yet is sent before the server is closed
            collector.stop(0);
        }
        assertThat(sent).isNotEmpty();
        assertThat(sent.getFirst().path()).isEqualTo("/v1/traces");
        assertThat(sent.getFirst().type()).isEqualTo("application/x-protobuf");
        assertThat(sent.getFirst().header()).isEqualTo("seven");
        String all = sent.stream()
                .map(one -> new String(one.body(), StandardCharsets.ISO_8859_1))
                .collect(Collectors.joining());
        assertThat(all)
                .contains(
                        "our-puna",
                        "deployment.environment.name",
                        "POST /v1/chat/completions",
                        "chat toy",
                        "gen_ai.usage.input_tokens",
                        new String(
                                java.util.HexFormat.of().parseHex("0af7651916cd43dd8448eb211c80319c"),
                                StandardCharsets.ISO_8859_1))
                .doesNotContain("secret");
    }

    @Test
    void nothingIsTracedUnlessAPlaceIsNamed() {
        assertThat(Traces.of(Map.of())).isEmpty();
        assertThat(Traces.of(Map.of("OTEL_SERVICE_NAME", "x"))).isEmpty();
        String place = "http://127.0.0.1:1";
        assertThat(Traces.of(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", place, "OTEL_SDK_DISABLED", "true")))
                .isEmpty();
        assertThat(Traces.of(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", place, "OTEL_TRACES_EXPORTER", "none")))
                .isEmpty();
        assertThatThrownBy(() ->
                        Traces.of(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", place, "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("http/protobuf");
        assertThatThrownBy(() -> Traces.of(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
