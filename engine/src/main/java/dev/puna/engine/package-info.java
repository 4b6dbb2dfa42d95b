/**
 * Many requests, one model.
 *
 * <p>Read first: {@link dev.puna.engine.Engine}, the one thread that touches the model's state, and
 * {@code Scheduler}, which decides without any thread what each step computes: prompts in chunks mixed with answers
 * that grow by one token.
 *
 * <p>Whatever else is in a step, a sequence's tokens are those it would have alone. That holds because the forward
 * pass gives each sequence the same logits in any company, and because the choice of a token depends on them, the
 * sequence's own tokens and its seed only. So a sequence may also lose its place in the cache and be computed again, and
 * start from what another one computed for the same beginning ({@code PrefixTree}).
 *
 * <p>This package knows token ids, blocks and steps. It must not know text, messages or files: they are for the
 * packages below (which made the model) and above (which talks).
 */
@NullMarked
package dev.puna.engine;

import org.jspecify.annotations.NullMarked;
