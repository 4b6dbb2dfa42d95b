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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One request and its response, as a handler sees them. The handler's thread uses it; any thread may ask {@link #gone}. */
public final class Exchange {
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

    Exchange(
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
    }

    /** A name for this request, of our making. */
    public String id() {
        return id;
    }

    public Head head() {
        return head;
    }

    public Account account() {
        return account;
    }

    Route route() {
        return route;
    }

    Context loop() {
        return loop;
    }

    /** A parameter of the route's pattern. */
    public String parameter(String name) {
        return Objects.requireNonNull(parameters.get(name), name);
    }

    /** The body's fields, by the route's shape. */
    public Values values() {
        return route.shape().orElseThrow().read(json());
    }

    /** The body as JSON. */
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

    /** The body as it comes. */
    public InputStream body() {
        return body;
    }

    /** Whether the client has left. */
    public boolean gone() {
        return gone;
    }

    /** Run once when the client leaves before the response is whole, on the event loop: it must not wait. */
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

    public void header(String name, String value) {
        response.putHeader(name, value);
    }

    /** The whole response. */
    public void json(int code, Object value) {
        bytes(code, "application/json", Json.bytes(value));
    }

    /** The whole response. */
    public void json(Object value) {
        json(200, value);
    }

    /** The whole response. */
    public void bytes(int code, String contentType, byte[] bytes) {
        status = code;
        finished = true;
        if (!gone) {
            response.setStatusCode(code).putHeader("Content-Type", contentType);
            response.end(Buffer.buffer(bytes));
        }
    }

    /** Begins a response of server-sent events; silence is bridged by comments. */
    public EventStream events() {
        response.putHeader("Cache-Control", "no-cache");
        return stream("text/event-stream", ": \n\n");
    }

    /**
     * Begins a response that is sent piece by piece.
     *
     * @param heartbeat what to write after a silence; empty for nothing
     */
    public EventStream stream(String contentType, String heartbeat) {
        status = 200;
        response.setStatusCode(200).putHeader("Content-Type", contentType).putHeader("X-Accel-Buffering", "no");
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
