package dev.puna.model;

import dev.puna.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * What adapts the weights of a {@link Llama} without changing them: to some of its linear maps a product of two narrow
 * matrices is added (LoRA). Each sequence of a batch may have another adapter or none. Two adapters are the same only if
 * they are the same object.
 */
public final class Adapter {
    private final String name;
    private final List<Layer> layers;
    private final Optional<LowRank> output;

    /**
     * {@code y += scale · b · (a · x)}.
     *
     * @param a {@code [rank, columns]}
     * @param b {@code [rows, rank]}
     */
    public record LowRank(Tensor a, Tensor b, float scale) {}

    /** What is added to the maps of one layer. */
    public record Layer(
            Optional<LowRank> q,
            Optional<LowRank> k,
            Optional<LowRank> v,
            Optional<LowRank> o,
            Optional<LowRank> gate,
            Optional<LowRank> up,
            Optional<LowRank> down) {}

    /**
     * @param layers as many as the model has
     * @param output added to the output matrix
     */
    public Adapter(String name, List<Layer> layers, Optional<LowRank> output) {
        this.name = name;
        this.layers = List.copyOf(layers);
        this.output = output;
    }

    /** For people. */
    public String name() {
        return name;
    }

    List<Layer> layers() {
        return layers;
    }

    Optional<LowRank> output() {
        return output;
    }
}
