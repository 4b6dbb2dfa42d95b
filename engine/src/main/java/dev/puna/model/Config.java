package dev.puna.model;

import dev.puna.kernel.Reach;
import dev.puna.tensor.DType;
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
            boolean outputBias) {
        public Attention {
            if (heads < 1 || kvHeads < 1 || headSize < 1 || heads % kvHeads != 0) {
                throw new IllegalArgumentException(
                        "%d heads of %d numbers share %d heads of keys".formatted(heads, headSize, kvHeads));
            }
        }

        /** Width of the queries. */
        public int queryWidth() {
            return heads * headSize;
        }

        /** Width of the keys, and of the values. */
        public int keyWidth() {
            return kvHeads * headSize;
        }

        /** Weights, biases and norms. */
        long parameters(long width) {
            long maps = 2 * width * (queryWidth() + (long) keyWidth());
            long biases = (inputBias ? queryWidth() + 2L * keyWidth() : 0) + (outputBias ? width : 0);
            return maps + biases + (headNorm ? 2L * headSize : 0);
        }
    }

    /** The second half of a layer. */
    public sealed interface Ffn {
        /** Weights and biases. */
        long parameters(long width);

        /**
         * {@code down(silu(gate(x)) · up(x))}.
         *
         * @param inner how many gates there are
         * @param bias whether the three have biases
         */
        record Dense(int inner, boolean bias) implements Ffn {
            @Override
            public long parameters(long width) {
                return 3 * width * inner + (bias ? 2L * inner + width : 0);
            }
        }
    }

    public Config {
        blocks = List.copyOf(blocks);
        if (vocab < 1 || width < 1 || context < 1 || blocks.isEmpty()) {
            throw new IllegalArgumentException(
                    "%d ids, width %d, %d layers, %d positions".formatted(vocab, width, blocks.size(), context));
        }
        for (Block block : blocks) {
            if (rope.dimensions() > block.attention().headSize()) {
                throw new IllegalArgumentException("%d numbers of a head of %d are turned"
                        .formatted(rope.dimensions(), block.attention().headSize()));
            }
        }
    }

    /** How many numbers the weights are. */
    public long parameters() {
        long sum = (tied ? 1L : 2L) * vocab * width + width;
        for (Block block : blocks) {
            sum += block.attention().parameters(width) + block.ffn().parameters(width) + 2L * width;
        }
        return sum;
    }

    /** Memory that the keys and values of one token take in a cache of that type. */
    public long cacheBytesPerToken(DType type) {
        return blocks.stream()
                .map(Block::attention)
                .mapToLong(a -> 2L
                        * a.kvHeads()
                        * type.bytes((long) Math.ceilDiv(a.headSize(), type.blockSize()) * type.blockSize()))
                .sum();
    }
}
