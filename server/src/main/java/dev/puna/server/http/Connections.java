package dev.puna.server.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import java.util.HashMap;
import java.util.Map;

/** Closes connections beyond their number, and those that send nothing. Lives on the event loop. */
final class Connections {
    private final Vertx vertx;
    private final Limits limits;
    private final Map<HttpConnection, Long> idleSince = new HashMap<>();

    Connections(Vertx vertx, Limits limits) {
        this.vertx = vertx;
        this.limits = limits;
    }

    void watch(HttpServer server) {
        server.connectionHandler(connection -> {
            if (idleSince.size() >= limits.connections()) {
                connection.close();
                return;
            }
            idleSince.put(connection, System.nanoTime());
            connection.closeHandler(_ -> idleSince.remove(connection));
        });
        vertx.setPeriodic(Math.max(10, limits.idleTime().toMillis() / 4), _ -> sweep());
    }

    private void sweep() {}
}
