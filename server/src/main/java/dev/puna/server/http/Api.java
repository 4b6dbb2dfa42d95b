package dev.puna.server.http;

import dev.puna.server.wire.Failure;
import java.util.List;

/** A family of routes with one form of errors. */
public interface Api {
    /** Its name in metrics and in the OpenAPI document: {@code openai}. */
    String name();

    List<Route> routes();

    /**
     * Whether a request is meant for this API, by its path or headers. Asked where several APIs have the same route, and
     * where a request fails before it has one; the last API is taken where none claims it.
     */
    boolean claims(Head head);

    /** The JSON of an error. */
    Object error(Failure failure, String requestId);

    /** Ends a stream that has begun with an error. */
    void broken(EventStream stream, Failure failure, String requestId);
}
