/**
 * Machine code for x86-64, assembled when the program runs: what C++ libraries do with intrinsics, without a native build.
 *
 * <p>Read {@link dev.puna.kernel.x86.OneToken} first, the kernel that decodes at the speed of memory, then {@link
 * dev.puna.kernel.x86.ManyTokens}, the one that fills the arithmetic units. Both work on strips of rows, one row to a
 * lane. A format ({@link dev.puna.kernel.x86.Format}) only says how its blocks come apart into codes, scales and minima; a
 * level ({@link dev.puna.kernel.x86.Products}) only how codes are multiplied. So formats and levels add up and do not
 * multiply.
 *
 * <p>The order in which one product is summed is the same in every kernel of a level, so a token gets the same bits
 * alone and in company. Codes and activations are whole numbers and their sums exact; these count in f32, run by run
 * along the row.
 *
 * <p>This package must not know what a model is, and nothing outside it sees an instruction. It is one of the two doors
 * to {@code Linker}. Where the system gives no executable memory, {@link dev.puna.kernel.x86.X86Tiers} says so and other
 * tiers take over.
 */
@NullMarked
package dev.puna.kernel.x86;

import org.jspecify.annotations.NullMarked;
