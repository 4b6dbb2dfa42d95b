package dev.puna.server.openai;

import dev.puna.server.http.Account;
import dev.puna.server.http.EventStream;
import dev.puna.server.http.Exchange;
import dev.puna.server.http.Head;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Shape;
import dev.puna.server.wire.Values;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** A request that a line of a batch holds, and its response. Nobody waits for it; stopping the batch is its client leaving. */
final class BatchLine implements Exchange {
    private final String id;
    private final Account account;
    private final Shape shape;
    private final JsonNode body;
    private final List<Runnable> whenGone = new ArrayList<>(); // guarded by itself
    private volatile boolean gone;
    private int status;
    private byte[] response = new byte[0];

    BatchLine(String id, Account account, Shape shape, JsonNode body) {
        this.id = id;
        this.account = account;
        this.shape = shape;
        this.body = body;
    }

    int status() {
        return status;
    }

    byte[] response() {
        return response;
    }

    void stop() {
        List<Runnable> all;
        synchronized (whenGone) {
            gone = true;
            all = List.copyOf(whenGone);
        }
        all.forEach(Runnable::run);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Head head() {
        throw new IllegalStateException("a line of a batch has no head");
    }

    @Override
    public Account account() {
        return account;
    }

    @Override
    public boolean patient() {
        return true;
    }

    @Override
    public String parameter(String name) {
        throw new IllegalStateException("the routes of batches have no parameters");
    }

    @Override
    public Values values() {
        return shape.read(body);
    }

    @Override
    public JsonNode json() {
        return body;
    }

    @Override
    public InputStream body() {
        return new ByteArrayInputStream(Json.bytes(body));
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
        // a line's response has no headers
    }

    @Override
    public void bytes(int code, String contentType, byte[] bytes) {
        status = code;
        response = bytes;
    }

    @Override
    public EventStream stream(String contentType, String heartbeat) {
        throw Failure.invalid("stream", "cannot be true in a batch");
    }
}
