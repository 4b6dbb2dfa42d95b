package dev.puna.model;

import dev.puna.kernel.Kernels;
import dev.puna.tensor.Tensor;
import java.util.List;

/**
 * The weights of one Llama and its forward pass. Immutable; many threads may run passes at once, each with a cache and a
 * workspace of its own.
 */
public final class Llama {
    private final Config config;
    private final Tensor embedding;
    private final List<Layer> layers;
    private final Tensor norm;
    private final Linear output;

    /**
     * @param embedding {@code [vocab, width]}
     * @param norm {@code [width]}, F32
     * @param output {@code [vocab, width]}; the embedding where they are tied
     */
    public Llama(Config config, Tensor embedding, List<Layer> layers, Tensor norm, Linear output) {
        this.config = config;
        this.embedding = embedding;
        this.layers = List.copyOf(layers);
        this.norm = norm;
        this.output = output;
    }

    public Config config() {
        return config;
    }

    /**
     * One pass over a batch: writes its keys and values to the cache and returns the logits of the tokens that want them.
     *
     * <p>A sequence's logits are the same bits alone and in company, in one span and in many, for any number of threads.
     *
     * @return {@code [outputs, vocab]}, F32, in the order of the batch; valid until the workspace is used again
     */
    public Tensor forward(Kernels kernels, Batch batch, KvCache cache, Workspace work) {
        throw new UnsupportedOperationException("not yet");
    }
}
