package dev.puna.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.kernel.Kernels;
import dev.puna.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What adapts the weights of a {@link Llama} without changing them: to some of its linear maps a product of two narrow
 * matrices is added (LoRA). Each sequence of a batch may have another adapter or none. Two adapters are the same only if
 * they are the same object.
 */
public final class Adapter {
    private final String name;
    private final Config config;
    private final List<Layer> layers;
    private final Optional<LowRank> output;

    /**
     * {@code y += scale · b · (a · x)}.
     *
     * @param a {@code [rank, columns]}
     * @param b {@code [rows, rank]}
     */
    public record LowRank(Tensor a, Tensor b, float scale) {
        public LowRank {
            if (a.rows() != b.columns()) {
                throw new IllegalArgumentException("ranks of " + a.rows() + " and " + b.columns());
            }
        }

        private void add(Kernels kernels, Tensor x, Tensor y, Workspace work) {
            int mark = work.mark();
            Tensor narrow = work.take(x.rows(), a.rows());
            kernels.matmul(x, a, narrow);
            for (long i = 0; i < narrow.elements(); i++) {
                narrow.data().setAtIndex(JAVA_FLOAT, i, scale * narrow.data().getAtIndex(JAVA_FLOAT, i));
            }
            Tensor wide = work.take(y.rows(), y.columns());
            kernels.matmul(narrow, b, wide);
            kernels.add(wide, y);
            work.release(mark);
        }
    }

    /** What is added to the maps of one layer. */
    public record Layer(
            Optional<LowRank> q,
            Optional<LowRank> k,
            Optional<LowRank> v,
            Optional<LowRank> o,
            Optional<LowRank> gate,
            Optional<LowRank> up,
            Optional<LowRank> down) {
        /** Adds nothing. */
        public static final Layer NONE = new Layer(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /**
     * @param config of the model that it adapts
     * @param layers as many as the model has
     * @param output added to the output matrix
     * @throws IllegalArgumentException if the shapes are not those of the model's maps
     */
    public Adapter(String name, Config config, List<Layer> layers, Optional<LowRank> output) {
        this.name = name;
        this.config = config;
        this.layers = List.copyOf(layers);
        this.output = output;
        if (layers.size() != config.blocks().size()) {
            throw new IllegalArgumentException(
                    layers.size() + " layers for " + config.blocks().size());
        }
        int width = config.width();
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            Config.Attention attention = config.blocks().get(i).attention();
            check(layer.q(), attention.queryWidth(), width);
            check(layer.k(), attention.keyWidth(), width);
            check(layer.v(), attention.keyWidth(), width);
            check(layer.o(), width, attention.queryWidth());
            switch (config.blocks().get(i).ffn()) {
                case Config.Ffn.Dense dense -> {
                    check(layer.gate(), dense.inner(), width);
                    check(layer.up(), dense.inner(), width);
                    check(layer.down(), width, dense.inner());
                }
            }
        }
        check(output, config.vocab(), width);
    }

    private static void check(Optional<LowRank> part, long rows, long columns) {
        part.ifPresent(low -> {
            if (low.b().rows() != rows || low.a().columns() != columns) {
                throw new IllegalArgumentException("a product of %d × %d for a map of %d × %d"
                        .formatted(low.b().rows(), low.a().columns(), rows, columns));
            }
        });
    }

    /** Whether it was made for a model of that configuration. */
    public boolean fits(Config other) {
        return config.equals(other);
    }

    /** For people. */
    public String name() {
        return name;
    }

    /** What is added to the maps of that layer. */
    Layer layer(int layer) {
        return layers.get(layer);
    }

    Optional<LowRank> output() {
        return output;
    }

    /** Adds to the outputs {@code y} of a map what the adapters of these rows add to it for the inputs {@code x}. */
    static void adapt(
            Kernels kernels,
            List<Rows> parts,
            Function<Adapter, Optional<LowRank>> which,
            Tensor x,
            Tensor y,
            Workspace work) {
        for (Rows rows : parts) {
            which.apply(rows.adapter()).ifPresent(low -> low.add(kernels, rows.of(x), rows.of(y), work));
        }
    }

    /** Consecutive rows of a batch, or of its outputs, that have the same adapter. */
    record Rows(Adapter adapter, int from, int count) {
        private Tensor of(Tensor x) {
            return new Tensor(
                    x.type(),
                    new long[] {count, x.columns()},
                    x.data().asSlice(from * x.rowBytes(), count * x.rowBytes()));
        }
    }
}
