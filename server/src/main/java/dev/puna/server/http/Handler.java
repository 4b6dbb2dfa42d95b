package dev.puna.server.http;

/** Answers a request, on a virtual thread. What it throws becomes the error of its API. */
@FunctionalInterface
public interface Handler {
    void handle(Exchange exchange) throws Exception;
}
