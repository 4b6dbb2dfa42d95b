/**
 * What all wire APIs share: which models there are, and answers by them.
 *
 * <p>Read first: {@link dev.puna.server.core.Models}, which opens models when they are asked for and closes those that
 * have not been for longest, and {@link dev.puna.server.core.Completions}, which turns a question into answers that end
 * when their client leaves.
 *
 * <p>An API translates its requests to {@link dev.puna.chat.Question}s and answers back, and decides nothing about models.
 * This package must not know any one API's fields.
 */
@NullMarked
package dev.puna.server.core;

import org.jspecify.annotations.NullMarked;
