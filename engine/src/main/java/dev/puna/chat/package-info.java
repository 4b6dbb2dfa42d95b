/**
 * Talking to a model: messages in, text out as it comes.
 *
 * <p>Read first: {@link dev.puna.chat.Assistant}, which loads a model and answers, and {@link dev.puna.chat.Answer},
 * one answer while it grows. A turn goes template, token ids, engine, characters, stop strings.
 *
 * <p>All meaning of a talk is here, so that the command line, a server or any application only translates to and from
 * it. This package must not know wire formats, terminals or users.
 */
@NullMarked
package dev.puna.chat;

import org.jspecify.annotations.NullMarked;
