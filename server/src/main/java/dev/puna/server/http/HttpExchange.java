package dev.puna.server.http;

import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A request that came over a socket, and its response. */
final class HttpExchange implements Exchange {
    private static final Logger LOG = System.getLogger(HttpExchange.class.getName());

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Context loop;
    private final Limits limits;
    private final Head head;
    private final String id;
    private final Route route;
    private final Map<String, String> parameters;
    private final Account account;
    private final BodyStream body;
    private final List<Runnable> whenGone = new ArrayList<>(); // guarded by itself
    private volatile boolean gone;
    private volatile boolean finished;
    private @Nullable EventStream stream;
    private int status;

    HttpExchange(
            HttpServerRequest request,
            Context loop,
            Limits limits,
            Head head,
            String id,
            Route route,
            Map<String, String> parameters,
            Account account) {
        this.request = request;
        this.response = request.response();
        this.loop = loop;
        this.limits = limits;
        this.head = head;
        this.id = id;
        this.route = route;
        this.parameters = parameters;
        this.account = account;
        boolean json = route.shape().isPresent();
        body = new BodyStream(
                request,
                loop,
                json ? limits.bodyBytes() : limits.uploadBytes(),
                json ? limits.bodyTime() : limits.bodyTime().multipliedBy(60));
        response.closeHandler(_ -> left());
        response.exceptionHandler(_ -> left());
    }

    private void left() {
        if (finished || gone) {
            return;
        }
        List<Runnable> all;
        synchronized (whenGone) {
            gone = true;
            all = List.copyOf(whenGone);
        }
        all.forEach(Runnable::run);
        LOG.log(Level.DEBUG, () -> id + " is left by its client");
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Head head() {
        return head;
    }

    @Override
    public Account account() {
        return account;
    }

    Route route() {
        return route;
    }

    Context loop() {
        return loop;
    }

    @Override
    public boolean patient() {
        return false;
    }

    @Override
    public String parameter(String name) {
        return Objects.requireNonNull(parameters.get(name), name);
    }

    @Override
    public Values values() {
        return route.shape().orElseThrow().read(json());
    }

    @Override
    public JsonNode json() {
        head.header("Content-Encoding").ifPresent(encoding -> {
            if (!encoding.equalsIgnoreCase("identity")) {
                throw Failure.of(Failure.Kind.WRONG_TYPE, "a body must come as it is, without Content-Encoding");
            }
        });
        try {
            return Json.parse(body.readAllBytes());
        } catch (IOException impossible) { // a BodyStream throws none
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public InputStream body() {
        return body;
    }

    @Override
    public boolean gone() {
        return gone;
    }

    @Override
    public void whenGone(Runnable action) {
        boolean now;
        synchronized (whenGone) {
            now = gone;
            whenGone.add(action);
        }
        if (now) {
            action.run();
        }
    }

    @Override
    public void header(String name, String value) {
        response.putHeader(name, value);
    }

    @Override
    public void bytes(int code, String contentType, byte[] bytes) {
        status = code;
        finished = true;
        if (!gone) {
            response.setStatusCode(code).putHeader("Content-Type", contentType);
            response.end(Buffer.buffer(bytes));
        }
    }

    @Override
    public EventStream stream(String contentType, String heartbeat) {
        status = 200;
        response.setStatusCode(200)
                .putHeader("Content-Type", contentType)
                .putHeader("Cache-Control", "no-cache")
                .putHeader("X-Accel-Buffering", "no");
        stream = new EventStream(this, response, loop, limits, heartbeat);
        return stream;
    }

    Optional<EventStream> stream() {
        return Optional.ofNullable(stream);
    }

    int status() {
        return status;
    }

    boolean begun() {
        return status != 0;
    }

    void finished() {
        finished = true;
    }

    /** Breaks the connection off. */
    void drop() {
        left();
        loop.runOnContext(_ -> request.connection().close());
    }
}
