/**
 * Gemini's wire API, as Google's clients speak it.
 *
 * <p>Read first: {@link dev.puna.server.gemini.Gemini}, the routes, and {@code GeminiShapes}, every field that a request
 * may have. {@code ContentReader} turns contents and declarations into messages and tools, {@code GoogleSchema} Google's
 * way to write schemas into JSON Schema, and {@code GeminiJson} answers into candidates.
 *
 * <p>Each field is honoured or refused by its name; which is which stands beside the field. Names are taken in camel case
 * and in snake case.
 *
 * <p>This package must not know how models are opened or sockets written.
 */
@NullMarked
package dev.puna.server.gemini;

import org.jspecify.annotations.NullMarked;
