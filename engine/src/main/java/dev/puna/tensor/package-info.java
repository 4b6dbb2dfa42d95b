/**
 * Numbers in native memory and the ways to store them.
 *
 * <p>Read {@link dev.puna.tensor.Tensor} first: a type, a shape with the outermost dimension first, and the bytes, mostly
 * in place in a mapped file. Then {@link dev.puna.tensor.DType}: every way to store a number, from f32 to blocks of
 * 4-bit numbers with shared scales, each with {@code decode} to f32 and {@code encode} from it. There is one class per
 * block format ({@code BlockQ4_K}, ...); its Javadoc says what the bits are.
 *
 * <p>{@code decode} is the truth that every faster kernel is compared with: bit for bit what the format's authors
 * compute. {@code encode} looks for the bits with the least squared error.
 *
 * <p>This package knows nothing of files, models or threads: the lowest layer names no other package of Puna's.
 */
@NullMarked
package dev.puna.tensor;

import org.jspecify.annotations.NullMarked;
