package dev.puna.model;

import dev.puna.tensor.Tensor;
import java.util.Optional;

/** A linear map. */
public sealed interface Linear {

    /**
     * {@code y = weight · x + bias}.
     *
     * @param weight {@code [rows, columns]}
     * @param bias {@code [rows]}, F32
     */
    record Plain(Tensor weight, Optional<Tensor> bias) implements Linear {}
}
