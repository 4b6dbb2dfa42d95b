package dev.puna.server.http;

import java.time.Duration;

/**
 * What a request may take before it is refused or dropped.
 *
 * @param bodyBytes of a JSON body
 * @param uploadBytes of a body with files
 * @param headerBytes of all headers together
 * @param lineBytes of the request line
 * @param connections open at the same time
 * @param bodyTime until a JSON body has come
 * @param idleTime until a connection without a request is closed
 * @param slowReader until a client that takes nothing from a full stream is dropped
 * @param streamBytes written to a stream and not yet taken by its client, before the stream waits
 * @param heartbeat silence in a stream until a comment is sent
 * @param drain until streams that still run are broken off when the server stops
 */
public record Limits(
        int bodyBytes,
        long uploadBytes,
        int headerBytes,
        int lineBytes,
        int connections,
        Duration bodyTime,
        Duration idleTime,
        Duration slowReader,
        int streamBytes,
        Duration heartbeat,
        Duration drain) {
    public static final Limits DEFAULT = new Limits(
            16 << 20,
            512L << 20,
            16 << 10,
            8 << 10,
            4096,
            Duration.ofSeconds(60),
            Duration.ofSeconds(75),
            Duration.ofSeconds(30),
            64 << 10,
            Duration.ofSeconds(10),
            Duration.ofSeconds(60));
}
