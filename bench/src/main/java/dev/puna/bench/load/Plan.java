package dev.puna.bench.load;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * What is asked, of whom, how often and how badly.
 *
 * @param url of the server, without a path or with {@code /v1}
 * @param requests of each client, one after the other
 * @param words of a prompt
 * @param tokens of an answer
 * @param cancelled share of the requests whose client leaves in the middle
 * @param slow share of the requests that are read slowly
 * @param pauseMillis most, before each line that is read slowly
 * @param malformed share of the requests that are none
 * @param most until everything is broken off
 * @param silence until a server that says nothing has failed
 * @param form a JSON Schema that answers must follow
 */
record Plan(
        URI url,
        String model,
        Optional<String> key,
        int clients,
        int requests,
        int words,
        int tokens,
        double temperature,
        double cancelled,
        double slow,
        int pauseMillis,
        double malformed,
        long seed,
        Duration most,
        Duration silence,
        Optional<Object> form) {

    String path(String endpoint) {
        return url.getPath().replaceFirst("(/v1)?/?$", "") + "/v1/" + endpoint;
    }
}
