package dev.puna.kernel.x86;

import dev.puna.kernel.Scalar;
import dev.puna.kernel.Workers;
import dev.puna.tensor.Tensor;
import java.util.List;

/** The tiers {@code avx2} and {@code avx512}: machine code assembled for the level, what it has none for inherited. */
final class X86 extends Scalar {
    private final Level level;
    private final Matmul matmul;

    X86(Level level, Workers workers) {
        super(workers);
        this.level = level;
        this.matmul = new Matmul(level.lanes, workers);
    }

    @Override
    public String tier() {
        return level.tier;
    }

    @Override
    public void matmul(Tensor x, List<Tensor> weights, List<Tensor> ys) {
        for (Tensor weight : weights) {
            if (!Plan.has(weight.type())) {
                super.matmul(x, weights, ys);
                return;
            }
        }
        matmul.run(x, weights, ys);
    }
}
