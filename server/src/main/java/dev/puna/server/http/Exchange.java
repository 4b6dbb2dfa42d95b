package dev.puna.server.http;

import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import java.io.InputStream;
import tools.jackson.databind.JsonNode;

/** One request and its response, as a handler sees them. The handler's thread uses it; any thread may ask {@link #gone}. */
public interface Exchange {
    /** A name for this request, of our making. */
    String id();

    Head head();

    Account account();

    /** Whether nobody waits for it at this moment, so that it may be done after what others wait for. */
    boolean patient();

    /** A parameter of the route's pattern. */
    String parameter(String name);

    /** The body's fields, by the route's shape. */
    Values values();

    /** The body as JSON. */
    JsonNode json();

    /** The body as it comes. */
    InputStream body();

    /** Whether the client has left. */
    boolean gone();

    /** Run once when the client leaves before the response is whole; it must not wait. */
    void whenGone(Runnable action);

    /** Sets a header of the response. */
    void header(String name, String value);

    /** The whole response. */
    void bytes(int code, String contentType, byte[] bytes);

    /** The whole response. */
    default void json(int code, Object value) {
        bytes(code, "application/json", Json.bytes(value));
    }

    /** The whole response. */
    default void json(Object value) {
        json(200, value);
    }

    /**
     * Begins a response that is sent piece by piece.
     *
     * @param heartbeat what to write after a silence; empty for nothing
     */
    EventStream stream(String contentType, String heartbeat);

    /** Begins a response of server-sent events; silence is bridged by comments. */
    default EventStream events() {
        return stream("text/event-stream", ": \n\n");
    }
}
