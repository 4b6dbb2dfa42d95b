package dev.puna.server.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashMap;
import java.util.Map;

/** Closes connections beyond their number, and those that wait without a request. Lives on the event loop. */
final class Connections {
    private static final class State {
        int requests;
        long idleSince = System.nanoTime();
    }

    private final Vertx vertx;
    private final Limits limits;
    private final Map<HttpConnection, State> open = new HashMap<>();

    Connections(Vertx vertx, Limits limits) {
        this.vertx = vertx;
        this.limits = limits;
    }

    void watch(HttpServer server) {
        server.connectionHandler(connection -> {
            if (open.size() >= limits.connections()) {
                connection.close();
                return;
            }
            open.put(connection, new State());
            connection.closeHandler(_ -> open.remove(connection));
        });
        vertx.setPeriodic(Math.max(10, limits.idleTime().toMillis() / 4), _ -> sweep());
    }

    void begun(HttpServerRequest request) {
        State state = open.get(request.connection());
        if (state != null) {
            state.requests++;
            request.response().endHandler(_ -> {
                state.requests--;
                state.idleSince = System.nanoTime();
            });
        }
    }

    private void sweep() {
        long now = System.nanoTime();
        Map.copyOf(open).forEach((connection, state) -> {
            if (state.requests == 0 && now - state.idleSince > limits.idleTime().toNanos()) {
                connection.close();
            }
        });
    }
}
