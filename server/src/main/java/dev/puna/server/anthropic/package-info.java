/**
 * Anthropic's wire API: messages with their events, tools, and the number of tokens.
 *
 * <p>Read first: {@link dev.puna.server.anthropic.Anthropic}, the routes, and {@code MessageShapes}, every field that a
 * request may have. {@code MessageReader} turns a request into messages and tools, {@code MessageStream} an answer's
 * pieces into events.
 *
 * <p>Each field is honoured or refused by its name; which is which stands beside the field. Prompts are cached by their
 * prefix, asked for or not, so {@code cache_control} asks for what happens anyway.
 *
 * <p>This package must not know how models are opened or sockets written.
 */
@NullMarked
package dev.puna.server.anthropic;

import org.jspecify.annotations.NullMarked;
