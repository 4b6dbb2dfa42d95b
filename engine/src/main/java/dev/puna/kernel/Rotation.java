package dev.puna.kernel;

import dev.puna.tensor.Tensor;

/**
 * The angles by which a batch's tokens are turned.
 *
 * @param cos {@code [tokens, pairs]}, the amplitude of scaled positions multiplied in
 * @param sin {@code [tokens, pairs]}, likewise
 * @param interleaved whether a pair is two neighbours, or two numbers half the turned part of a head apart
 */
public record Rotation(Tensor cos, Tensor sin, boolean interleaved) {
    public int pairs() {
        return (int) cos.columns();
    }
}
