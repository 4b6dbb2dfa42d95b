package dev.puna.model;

import dev.puna.kernel.Kernels;
import dev.puna.kernel.Pages;
import dev.puna.kernel.Rotation;
import dev.puna.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The weights of one Llama and its forward pass. Immutable; several threads may run passes at once, each with kernels, a
 * cache and a workspace of its own.
 */
public final class Llama {
    private final Config config;
    private final Tensor embedding;
    private final List<Layer> layers;
    private final Tensor norm;
    private final Linear output;

    /**
     * @param embedding {@code [vocab, width]}
     * @param layers as many as the configuration has blocks
     * @param norm {@code [width]}, F32
     * @param output {@code [vocab, width]}; the embedding where they are tied
     */
    public Llama(Config config, Tensor embedding, List<Layer> layers, Tensor norm, Linear output) {
        if (layers.size() != config.blocks().size()) {
            throw new IllegalArgumentException(
                    layers.size() + " layers for " + config.blocks().size());
        }
        this.config = config;
        this.embedding = embedding;
        this.layers = List.copyOf(layers);
        this.norm = norm;
        this.output = output;
    }

    public Config config() {
        return config;
    }

    /** What every token is multiplied with: the maps of all layers, one after another. */
    public List<Linear> maps() {
        List<Linear> maps = new ArrayList<>();
        for (Layer layer : layers) {
            Layer.Attention attention = layer.attention();
            maps.addAll(List.of(attention.q(), attention.k(), attention.v(), attention.o()));
            switch (layer.ffn()) {
                case Layer.Ffn.Dense(Linear gate, Linear up, Linear down) -> maps.addAll(List.of(gate, up, down));
            }
        }
        return maps;
    }

    /** What the tokens whose logits are wanted are multiplied with at the end. */
    public Linear output() {
        return output;
    }

    /**
     * One pass over a batch: writes its keys and values to the cache and returns the logits of the tokens that want them.
     *
     * <p>A sequence's logits are the same bits alone and in company, in one span and in many, and for any number of
     * threads.
     *
     * @return {@code [outputs, vocab]}, F32, in the order of the batch; valid until the workspace is used again
     * @throws IllegalArgumentException if an id is not in the vocabulary, or a span has too few blocks
     */
    public Tensor forward(Kernels kernels, Batch batch, KvCache cache, Workspace work) {
        batch.check(config.vocab());
        cache.reserve(batch);
        work.release(0);
        Rotation rotation = config.rope().at(batch.positions(), work);
        Tensor x = work.take(batch.tokens(), config.width()); // the residual stream [tokens, width]
        kernels.gather(embedding, batch.ids(), x);
        int mark = work.mark();
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            Tensor h = normed(kernels, x, layer.attentionNorm(), work);
            kernels.add(attention(kernels, i, h, batch, cache.layer(i), rotation, work), x);
            h = normed(kernels, x, layer.ffnNorm(), work);
            kernels.add(ffn(kernels, layer.ffn(), h, work), x);
            work.release(mark);
        }
        int[] outputs = batch.outputs();
        Tensor last = work.take(outputs.length, config.width());
        kernels.gather(x, outputs, last);
        Tensor logits = work.take(outputs.length, config.vocab());
        if (outputs.length > 0) {
            Linear.apply(kernels, normed(kernels, last, norm, work), List.of(output), List.of(logits));
        }
        return logits;
    }

    private Tensor normed(Kernels kernels, Tensor x, Tensor weight, Workspace work) {
        Tensor h = work.take(x.rows(), x.columns());
        kernels.rmsNorm(x, weight, config.normEpsilon(), h);
        return h;
    }

    private Tensor attention(
            Kernels kernels, int i, Tensor h, Batch batch, Pages pages, Rotation rotation, Workspace work) {
        Config.Attention shape = config.blocks().get(i).attention();
        Layer.Attention weights = layers.get(i).attention();
        Tensor q = work.take(batch.tokens(), shape.queryWidth());
        Tensor k = work.take(batch.tokens(), shape.keyWidth());
        Tensor v = work.take(batch.tokens(), shape.keyWidth());
        Linear.apply(kernels, h, List.of(weights.q(), weights.k(), weights.v()), List.of(q, k, v));
        weights.qNorm().ifPresent(weight -> kernels.rmsNorm(q, weight, config.normEpsilon(), q));
        weights.kNorm().ifPresent(weight -> kernels.rmsNorm(k, weight, config.normEpsilon(), k));
        if (shape.positions()) {
            kernels.rotate(rotation, shape.headSize(), q);
            kernels.rotate(rotation, shape.headSize(), k);
        }
        kernels.store(k, v, batch.spans(), pages);
        Tensor seen = work.take(batch.tokens(), shape.queryWidth());
        float scale = (float) (1 / Math.sqrt(shape.headSize()));
        kernels.attention(q, batch.spans(), pages, shape.reach(), scale, seen);
        Tensor y = work.take(batch.tokens(), config.width());
        Linear.apply(kernels, seen, List.of(weights.o()), List.of(y));
        return y;
    }

    private Tensor ffn(Kernels kernels, Layer.Ffn ffn, Tensor h, Workspace work) {
        return switch (ffn) {
            case Layer.Ffn.Dense(Linear gate, Linear up, Linear down) -> {
                Tensor gated = work.take(h.rows(), gate.rows());
                Tensor inner = work.take(h.rows(), up.rows());
                Linear.apply(kernels, h, List.of(gate, up), List.of(gated, inner));
                kernels.swiGlu(gated, inner, inner);
                Tensor y = work.take(h.rows(), config.width());
                Linear.apply(kernels, inner, List.of(down), List.of(y));
                yield y;
            }
        };
    }
}
