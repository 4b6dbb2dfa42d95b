package dev.puna.server;

import dev.puna.server.core.Metrics;
import dev.puna.server.http.Api;
import dev.puna.server.http.EventStream;
import dev.puna.server.http.Exchange;
import dev.puna.server.http.Frame;
import dev.puna.server.http.Head;
import dev.puna.server.http.Route;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What whoever runs the server asks of it: whether it lives, whether it takes requests, its numbers, its description. */
final class Operations implements Api {
    private final Metrics metrics;
    private volatile @Nullable Frame frame;
    private volatile byte[] description = new byte[0];

    Operations(Metrics metrics) {
        this.metrics = metrics;
    }

    /** Called once the server listens. */
    void watch(Frame listening, List<Api> apis) {
        description = Json.bytes(OpenApi.document(apis));
        frame = listening;
    }

    @Override
    public String name() {
        return "operations";
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.get("/health", "Whether the server lives", exchange -> exchange.json(Map.of("status", "ok")))
                        .withoutKey(),
                Route.get("/ready", "Whether it takes requests; 503 while it starts or stops", this::ready)
                        .withoutKey(),
                Route.get("/metrics", "Numbers for Prometheus", this::numbers),
                Route.get("/openapi.json", "This description", this::describe));
    }

    private void ready(Exchange exchange) {
        Frame listening = frame;
        boolean ready = listening != null && listening.ready();
        exchange.json(ready ? 200 : 503, Json.map("ready", ready));
    }

    private void numbers(Exchange exchange) {
        exchange.bytes(200, "text/plain; version=0.0.4; charset=utf-8", metrics.text());
    }

    private void describe(Exchange exchange) {
        exchange.bytes(200, "application/json", description);
    }

    @Override
    public boolean claims(Head head) {
        return false;
    }

    @Override
    public Object error(Failure failure, String requestId) {
        return Json.map("error", failure.message());
    }

    @Override
    public void broken(EventStream stream, Failure failure, String requestId) {
        stream.write(new String(Json.bytes(error(failure, requestId)), StandardCharsets.UTF_8));
    }
}
