/**
 * The frame that every wire API stands in: sockets, routes, keys, limits, streams of events.
 *
 * <p>Read first: {@link dev.puna.server.http.Frame}, what happens to a request before and after its handler, and {@link
 * dev.puna.server.http.Exchange}, what a handler is given. An {@link dev.puna.server.http.Api} brings routes and its own
 * form of errors. Each request runs on a virtual thread of its own, which may wait; the event loop never does.
 *
 * <p>This package must not know models, nor what any API's fields mean.
 */
@NullMarked
package dev.puna.server.http;

import org.jspecify.annotations.NullMarked;
