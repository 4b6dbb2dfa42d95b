package dev.puna.server.gemini;

import dev.puna.server.http.EventStream;
import dev.puna.server.wire.Json;

/** A streamed answer's pieces: server-sent events, or the elements of one JSON array. */
final class Pieces {
    private final EventStream out;

    Pieces(EventStream out) {
        this.out = out;
    }

    void send(Object piece) {
        if (out.events()) {
            out.send(Json.write(piece));
        } else {
            synchronized (out) {
                out.write((out.empty() ? "[" : ",\n") + Json.write(piece));
            }
        }
    }

    void end() {
        if (!out.events()) {
            out.write("]");
        }
    }
}
