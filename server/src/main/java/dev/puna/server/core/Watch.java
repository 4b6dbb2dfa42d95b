package dev.puna.server.core;

import dev.puna.chat.Reply;
import dev.puna.server.http.Frame;
import dev.puna.server.http.Head;
import java.util.Optional;

/** Counts what the server does, and traces it where that is wished. */
public record Watch(Metrics metrics, Optional<Traces> traces) implements Frame.Observer {
    @Override
    public void began(String id, Head head) {
        traces.ifPresent(some -> some.began(id, head));
    }

    @Override
    public void served(String id, String api, String method, String pattern, int status, long nanos) {
        metrics.served(api, method, pattern, status, nanos);
        traces.ifPresent(some -> some.served(id, api, method, pattern, status));
    }

    /** @param request the id of the request that the answer belongs to */
    void answered(String request, String model, Reply reply) {
        metrics.answered(model, reply);
        traces.ifPresent(some -> some.answered(request, model, reply));
    }
}
