package dev.puna.cli.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a server said to a question, after redirects.
 *
 * @param status the HTTP status
 * @param uri who answered in the end
 * @param headers of that answer, names in lower case; headers of the redirects before it where it lacks them
 * @param body its bytes, to be closed
 */
public record Answer(int status, URI uri, Map<String, String> headers, InputStream body) implements AutoCloseable {
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
    }

    /** The length of the body that follows, where the server says. */
    public OptionalLong length() {
        try {
            return header("content-length")
                    .map(Long::parseLong)
                    .map(OptionalLong::of)
                    .orElseGet(OptionalLong::empty);
        } catch (NumberFormatException _) {
            return OptionalLong.empty();
        }
    }

    public boolean found() {
        return status == 200 || status == 206;
    }

    /** Why there is no body worth reading, in words for the person who must act. */
    public Unavailable refusal() {
        String who = Web.shown(uri);
        return switch (status) {
            case 401 -> Unavailable.lasting(who + " wants credentials (401)");
            case 403 -> Unavailable.lasting(who + " is forbidden (403)");
            case 404 -> Unavailable.lasting(who + " does not exist (404)");
            case 407 ->
                Unavailable.lasting(
                        "the proxy wants credentials (407): write them into its address, as http://user:password@host:port");
            case 410 -> Unavailable.lasting(who + " is gone (410)");
            case 429 -> Unavailable.passing(who + " was asked too often (429)");
            case 451 -> Unavailable.lasting(who + " is withheld for legal reasons (451)");
            default ->
                status >= 500
                        ? Unavailable.passing(who + " has a fault of its own (" + status + ")")
                        : Unavailable.lasting(who + " answered " + status);
        };
    }

    @Override
    public void close() {
        try {
            body.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
