package dev.puna.model;

import dev.puna.tensor.Tensor;
import java.util.Optional;

/**
 * The weights of one layer.
 *
 * @param attentionNorm {@code [width]}, F32 like every norm
 * @param ffnNorm {@code [width]}
 */
public record Layer(Tensor attentionNorm, Attention attention, Tensor ffnNorm, Ffn ffn) {

    /**
     * The weights of its attention.
     *
     * @param q {@code [heads · headSize, width]}
     * @param k {@code [kvHeads · headSize, width]}
     * @param v {@code [kvHeads · headSize, width]}
     * @param o {@code [width, heads · headSize]}
     * @param qNorm {@code [headSize]}
     * @param kNorm {@code [headSize]}
     */
    public record Attention(Linear q, Linear k, Linear v, Linear o, Optional<Tensor> qNorm, Optional<Tensor> kNorm) {}

    /** The second half of a layer. */
    public sealed interface Ffn {
        /**
         * One for every token.
         *
         * @param gate {@code [inner, width]}
         * @param up {@code [inner, width]}
         * @param down {@code [width, inner]}
         */
        record Dense(Linear gate, Linear up, Linear down) implements Ffn {}
    }
}
