/**
 * From logits to the next token.
 *
 * <p>Read first: {@link dev.puna.sample.Sampling}, everything a caller may ask for, checked where it is made; then
 * {@link dev.puna.sample.Sampler}, which turns one row of logits into one token id by these wishes, in the order that
 * its documentation lists.
 *
 * <p>The choice is a pure function of the logits, the wishes, the tokens so far and the seed. So a text can be made
 * again, alone or among others, today or after its sequence was evicted and computed anew.
 *
 * <p>This package knows token ids only. It must not know text (stop strings are carried here but matched where text
 * is), threads, caches or models.
 */
@NullMarked
package dev.puna.sample;

import org.jspecify.annotations.NullMarked;
