package dev.puna.model;

import dev.puna.kernel.Kernels;
import dev.puna.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A linear map. */
public sealed interface Linear {

    /** How many numbers come out. */
    long rows();

    /** How many numbers go in. */
    long columns();

    /** Applies maps of one input: {@code ys[i] = maps[i](x)}. */
    static void apply(Kernels kernels, Tensor x, List<Linear> maps, List<Tensor> ys) {
        List<Tensor> weights = new ArrayList<>(maps.size());
        for (Linear map : maps) {
            switch (map) {
                case Plain plain -> weights.add(plain.weight());
            }
        }
        kernels.matmul(x, weights, ys);
        for (int i = 0; i < ys.size(); i++) {
            Tensor y = ys.get(i);
            switch (maps.get(i)) {
                case Plain plain -> plain.bias().ifPresent(bias -> kernels.add(bias, y));
            }
        }
    }

    /**
     * {@code y = weight · x + bias}.
     *
     * @param weight {@code [rows, columns]}
     * @param bias {@code [rows]}, F32
     */
    record Plain(Tensor weight, Optional<Tensor> bias) implements Linear {
        @Override
        public long rows() {
            return weight.rows();
        }

        @Override
        public long columns() {
            return weight.columns();
        }
    }
}
