/**
 * What measures Puna, and what it is measured on. Nothing here is part of the product.
 *
 * <p>Read {@link dev.puna.bench.MakeModel} first: it makes the files that the measurements run on, with random weights,
 * so that no download decides what can be measured. Then {@link dev.puna.bench.Compare}, which runs the {@code puna}
 * command and other engines in turn on one file and writes down the ratios. Both start processes as a user would; what
 * is timed in them is timed by the engines' own benchmarks.
 *
 * <p>Kernels one by one are timed by JMH, each compared with its scalar twin first.
 *
 * <p>Programs of other projects are given by path. Nothing of them is here, and without one there is no ratio.
 */
@NullMarked
package dev.puna.bench;

import org.jspecify.annotations.NullMarked;
