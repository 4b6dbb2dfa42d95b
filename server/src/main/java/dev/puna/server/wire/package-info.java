/**
 * What goes over the wire, before anybody knows what it means: JSON, the declared shape of requests, and the ways in which
 * a request can fail.
 *
 * <p>Read first: {@link dev.puna.server.wire.Shape}, the fields that a request may have, and {@link
 * dev.puna.server.wire.Kind}, what a field may hold. A shape reads a body and refuses by its name every field that it
 * does not know, so nothing that a client asks for is silently left out; the same shape describes itself in the OpenAPI
 * document.
 *
 * <p>This package must not know sockets, models or any one API.
 */
@NullMarked
package dev.puna.server.wire;

import org.jspecify.annotations.NullMarked;
