/**
 * OpenAI's API: chat completions, completions, responses, embeddings, models and what belongs to them.
 *
 * <p>Read first: {@link dev.puna.server.openai.OpenAi}, the routes, then {@link dev.puna.server.openai.ChatShapes}, the
 * fields of a chat request, and {@link dev.puna.server.openai.Chat}, their meaning. The classes here translate between
 * the wire and {@link dev.puna.chat.Question}; they decide nothing about
 * models and know nothing of the other APIs.
 */
@NullMarked
package dev.puna.server.openai;

import org.jspecify.annotations.NullMarked;
