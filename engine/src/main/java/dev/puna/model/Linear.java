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

    /** Maps of one input, with their weights apart: made once, so that a pass makes no lists. */
    record Group(List<Linear> maps, List<Tensor> weights) {
        static Group of(Linear... maps) {
            List<Tensor> weights = new ArrayList<>(maps.length);
            for (Linear map : maps) {
                switch (map) {
                    case Plain plain -> weights.add(plain.weight());
                }
            }
            return new Group(List.of(maps), List.copyOf(weights));
        }

        /** {@code ys[i] = maps[i](x)}; {@code next} is what comes after it. */
        void apply(Kernels kernels, Tensor x, List<Tensor> ys, Group next) {
            kernels.matmul(x, weights, ys, next.weights);
            for (int i = 0; i < ys.size(); i++) {
                switch (maps.get(i)) {
                    case Plain plain -> {
                        if (plain.bias().isPresent()) {
                            kernels.add(plain.bias().get(), ys.get(i));
                        }
                    }
                }
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
