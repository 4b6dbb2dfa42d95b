/**
 * The arithmetic of a forward pass: one small interface and its tiers.
 *
 * <p>Read {@link dev.puna.kernel.Kernels} first, whose comments hold the formulas, then {@link
 * dev.puna.kernel.Scalar}, which is those formulas and nothing else. Every faster tier is judged against it.
 *
 * <p>A tier gets native tensors and writes native tensors. It starts no threads of its own: it cuts an operation into
 * strips and hands them to the {@link dev.puna.kernel.Workers} it was made with. The order in which the terms of one
 * sum are added depends on nothing but the length of that sum. So a sequence gets the same bits alone and in company,
 * in one piece and in many, with one thread and with sixteen.
 *
 * <p>This package must not know what a model is: no configuration, no layer, no name of a tensor. It knows a {@link
 * dev.puna.kernel.Span} of tokens and the {@link dev.puna.kernel.Pages} where their keys and values are. {@code
 * jdk.incubator.vector} is named here only, and only by classes that {@link dev.puna.kernel.Tiers} leaves unloaded
 * where that module is absent.
 */
@NullMarked
package dev.puna.kernel;

import org.jspecify.annotations.NullMarked;
