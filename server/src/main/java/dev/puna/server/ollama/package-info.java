/**
 * Ollama's wire API, as its clients speak it.
 *
 * <p>Read first: {@link dev.puna.server.ollama.Ollama}, the routes, and {@code OllamaShapes} and {@code OllamaOptions},
 * every field that a request may have. {@code OllamaTalk} answers, {@code OllamaModels} lists, shows and fetches.
 *
 * <p>Each field is honoured or refused by its name; which is which stands beside the field. Nothing of a prompt is ever
 * cut: one that is longer than the context is refused.
 *
 * <p>This package must not know how models are opened or sockets written.
 */
@NullMarked
package dev.puna.server.ollama;

import org.jspecify.annotations.NullMarked;
