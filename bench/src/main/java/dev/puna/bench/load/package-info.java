/**
 * Many clients of a server at once: how much it answers, how soon, and what it does with bad ones.
 *
 * <p>Read {@link dev.puna.bench.load.Load} first, which has the options, then {@link dev.puna.bench.load.Client}, which
 * is one of the many. They speak HTTP/1.1 and OpenAI's chat completions over plain sockets: a client must be able to
 * leave in the middle, to read slowly and to send what is no request, and it shares its processors with the server that
 * it measures.
 *
 * <p>Nothing here knows of Puna's engine or server, so that any server is measured by the same means. Everything is
 * bounded: requests, time, and what is kept of them.
 */
@NullMarked
package dev.puna.bench.load;

import org.jspecify.annotations.NullMarked;
