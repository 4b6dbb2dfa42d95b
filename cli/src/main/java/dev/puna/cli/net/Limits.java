package dev.puna.cli.net;

import java.time.Duration;

/**
 * How long to wait for whom, and how much to take.
 *
 * @param connect until a connection stands; short, since a blocked address often answers nothing at all
 * @param answer until the first byte of an answer
 * @param silence between two pieces of a body
 * @param trickle the time over which at least {@code trickleBytes} must come
 * @param trickleBytes the least that must come in that time
 * @param page for a whole page of an index, however slowly it comes
 * @param pageBytes the largest page of an index
 * @param retries how often a broken download is taken up again without any byte coming in between
 * @param pause before the first of them; each further one waits twice as long
 */
public record Limits(
        Duration connect,
        Duration answer,
        Duration silence,
        Duration trickle,
        long trickleBytes,
        Duration page,
        int pageBytes,
        int retries,
        Duration pause) {

    public static final Limits USUAL = new Limits(
            Duration.ofSeconds(5),
            Duration.ofSeconds(20),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            16 << 10,
            Duration.ofSeconds(90),
            64 << 20,
            3,
            Duration.ofMillis(500));
}
