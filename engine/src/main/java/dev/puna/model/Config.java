package dev.puna.model;

import dev.puna.kernel.Reach;
import java.util.List;

/**
 * What one dense Llama is: everything about it but its weights.
 *
 * @param architecture the family's name as its file gives it, for people
 * @param vocab number of token ids
 * @param width of the residual stream
 * @param context positions it was made for
 * @param normEpsilon added to the mean square in every norm
 * @param tied whether the embedding is the output matrix too
 * @param rope how positions turn queries and keys
 * @param blocks the layers, first to last
 */
public record Config(
        String architecture,
        int vocab,
        int width,
        int context,
        float normEpsilon,
        boolean tied,
        Rope rope,
        List<Block> blocks) {

    /** One layer. */
    public record Block(Attention attention, Ffn ffn) {}

    /**
     * Attention of one layer.
     *
     * @param heads query heads
     * @param kvHeads heads of keys and values, a divisor of {@code heads}
     * @param positions whether queries and keys are turned by their position
     * @param reach how far back a query sees
     * @param headNorm whether each head of queries and keys is normed
     * @param inputBias whether q, k and v have biases
     * @param outputBias whether o has one
     */
    public record Attention(
            int heads,
            int kvHeads,
            int headSize,
            boolean positions,
            Reach reach,
            boolean headNorm,
            boolean inputBias,
            boolean outputBias) {}

    /** The second half of a layer. */
    public sealed interface Ffn {
        /**
         * {@code down(silu(gate(x)) · up(x))}.
         *
         * @param bias whether the three have biases
         */
        record Dense(int width, boolean bias) implements Ffn {}
    }

    public Config {
        blocks = List.copyOf(blocks);
    }
}
