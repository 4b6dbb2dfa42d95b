/**
 * A server of language models, inside an application or by {@code puna serve}.
 *
 * <p>Read first: {@link dev.puna.server.PunaServer}, which puts the pieces together, then {@link
 * dev.puna.server.http.Frame}, the way of a request, and {@link dev.puna.server.openai.OpenAi}, one of the APIs. Packages
 * in their order, each knowing only those before it: {@code wire} (JSON, shapes, failures), {@code http} (sockets, routes,
 * keys), {@code core} (models, answers), one package for each API, and this one.
 */
@NullMarked
package dev.puna.server;

import org.jspecify.annotations.NullMarked;
