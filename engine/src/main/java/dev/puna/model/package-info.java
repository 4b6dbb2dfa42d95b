/**
 * A Llama: weights and the forward pass from token ids to logits.
 *
 * <p>Read {@link dev.puna.model.Llama} first: its forward pass is one page. Then {@link dev.puna.model.Config}, which
 * says what one member of the family is. What varies between members is data in sealed records and optional parts;
 * there is one class for all of them, and none per format: a quantised weight is a tensor with another type.
 *
 * <p>A batch of spans is the only case. One sequence is a batch of one; prefill, decode and both at once differ only in
 * their spans. Keys and values live in a {@link dev.puna.model.KvCache} of blocks, which the caller hands out to
 * sequences. Kernels, cache and workspace are passed in; nothing here holds state or starts threads.
 *
 * <p>This package must not know files, names of tensors in files, text, sampling or who asks.
 */
@NullMarked
package dev.puna.model;

import org.jspecify.annotations.NullMarked;
