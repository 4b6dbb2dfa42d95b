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
    private final List<Groups> groups = new ArrayList<>();
    private final Linear.Group head;
    private final float[] frequencies;

    /** The maps of a layer that share an input. */
    private record Groups(Linear.Group qkv, Linear.Group o, Linear.Group gateUp, Linear.Group down) {
        static Groups of(Layer layer) {
            Layer.Attention attention = layer.attention();
            return switch (layer.ffn()) {
                case Layer.Ffn.Dense(Linear gate, Linear up, Linear down) ->
                    new Groups(
                            Linear.Group.of(attention.q(), attention.k(), attention.v()),
                            Linear.Group.of(attention.o()),
                            Linear.Group.of(gate, up),
                            Linear.Group.of(down));
            };
        }
    }

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
        layers.forEach(layer -> groups.add(Groups.of(layer)));
        head = Linear.Group.of(output);
        frequencies = config.rope().frequencies();
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
        Tensor states = states(kernels, batch, cache, work);
        Tensor logits = work.take(states.rows(), config.vocab());
        if (states.rows() > 0) {
            head.apply(kernels, states, work.last(1), groups.getFirst().qkv());
            List<Adapter.Rows> adapted = batch.adapted(true);
            if (!adapted.isEmpty()) {
                Adapter.adapt(kernels, adapted, Adapter::output, states, logits, work);
            }
        }
        return logits;
    }

    /**
     * As {@link #forward}, up to what the output matrix is multiplied with: the states after the last norm.
     *
     * @return {@code [outputs, width]}
     */
    public Tensor states(Kernels kernels, Batch batch, KvCache cache, Workspace work) {
        batch.check(config.vocab());
        cache.reserve(kernels, batch);
        work.release(0);
        Rotation rotation = config.rope().at(frequencies, batch.positions(), work);
        Tensor x = work.take(batch.tokens(), config.width()); // the residual stream [tokens, width]
        kernels.gather(embedding, batch.ids(), x);
        List<Adapter.Rows> adapted = batch.adapted(false);
        int mark = work.mark();
        for (int i = 0; i < layers.size(); i++) {
            work.release(mark); // what follows the last layer has places of its own, and the same for every token
            Layer layer = layers.get(i);
            Tensor h = normed(kernels, x, layer.attentionNorm(), work);
            kernels.add(attention(kernels, i, h, batch, adapted, cache.layer(i), rotation, work), x);
            h = normed(kernels, x, layer.ffnNorm(), work);
            kernels.add(ffn(kernels, i, h, adapted, work), x);
        }
        int[] outputs = batch.outputs();
        Tensor last = work.take(outputs.length, config.width());
        kernels.gather(x, outputs, last);
        return outputs.length == 0 ? last : normed(kernels, last, norm, work);
    }

    private Tensor normed(Kernels kernels, Tensor x, Tensor weight, Workspace work) {
        Tensor h = work.take(x.rows(), x.columns());
        kernels.rmsNorm(x, weight, config.normEpsilon(), h);
        return h;
    }

    private Tensor attention(
            Kernels kernels,
            int i,
            Tensor h,
            Batch batch,
            List<Adapter.Rows> adapted,
            Pages pages,
            Rotation rotation,
            Workspace work) {
        Config.Attention shape = config.blocks().get(i).attention();
        Layer.Attention weights = layers.get(i).attention();
        Tensor q = work.take(batch.tokens(), shape.queryWidth());
        Tensor k = work.take(batch.tokens(), shape.keyWidth());
        Tensor v = work.take(batch.tokens(), shape.keyWidth());
        groups.get(i).qkv().apply(kernels, h, work.last(3), groups.get(i).o());
        if (!adapted.isEmpty()) {
            Adapter.adapt(kernels, adapted, adapter -> adapter.layer(i).q(), h, q, work);
            Adapter.adapt(kernels, adapted, adapter -> adapter.layer(i).k(), h, k, work);
            Adapter.adapt(kernels, adapted, adapter -> adapter.layer(i).v(), h, v, work);
        }
        if (weights.qNorm().isPresent()) {
            kernels.rmsNorm(q, weights.qNorm().get(), config.normEpsilon(), q);
        }
        if (weights.kNorm().isPresent()) {
            kernels.rmsNorm(k, weights.kNorm().get(), config.normEpsilon(), k);
        }
        if (shape.positions()) {
            kernels.rotate(rotation, shape.headSize(), q);
            kernels.rotate(rotation, shape.headSize(), k);
        }
        kernels.store(k, v, batch.spans(), pages);
        Tensor seen = work.take(batch.tokens(), shape.queryWidth());
        float scale = (float) (1 / Math.sqrt(shape.headSize()));
        kernels.attention(q, batch.spans(), pages, shape.reach(), scale, seen);
        Tensor y = work.take(batch.tokens(), config.width());
        groups.get(i).o().apply(kernels, seen, work.last(1), groups.get(i).gateUp());
        if (!adapted.isEmpty()) {
            Adapter.adapt(kernels, adapted, adapter -> adapter.layer(i).o(), seen, y, work);
        }
        return y;
    }

    private Tensor ffn(Kernels kernels, int i, Tensor h, List<Adapter.Rows> adapted, Workspace work) {
        return switch (layers.get(i).ffn()) {
            case Layer.Ffn.Dense(Linear gate, Linear up, Linear _) -> {
                Tensor gated = work.take(h.rows(), gate.rows());
                Tensor inner = work.take(h.rows(), up.rows());
                groups.get(i)
                        .gateUp()
                        .apply(kernels, h, work.last(2), groups.get(i).down());
                if (!adapted.isEmpty()) {
                    Adapter.adapt(kernels, adapted, adapter -> adapter.layer(i).gate(), h, gated, work);
                    Adapter.adapt(kernels, adapted, adapter -> adapter.layer(i).up(), h, inner, work);
                }
                kernels.swiGlu(gated, inner, inner);
                Tensor y = work.take(h.rows(), config.width());
                Linear.Group next = i + 1 < groups.size() ? groups.get(i + 1).qkv() : head;
                groups.get(i).down().apply(kernels, inner, work.last(1), next);
                if (!adapted.isEmpty()) {
                    Adapter.adapt(kernels, adapted, adapter -> adapter.layer(i).down(), inner, y, work);
                }
                yield y;
            }
        };
    }
}
