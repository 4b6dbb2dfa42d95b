package dev.puna.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.puna.kernel.Reach;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** A whole Llama with random weights, small enough for any test. The same seed gives the same weights. */
public final class TinyLlama {
    private TinyLlama() {}

    /** 320 ids (room for all bytes and some control tokens), width 64, 2 layers, 4 heads on 2, 512 positions. */
    public static Llama of(long seed) {
        return of(seed, config(2));
    }

    /** The configuration that {@link #of(long)} has, with so many layers. */
    public static Config config(int layers) {
        var attention = new Config.Attention(4, 2, 16, true, new Reach.All(), false, false, false);
        return config(attention, new Config.Ffn.Dense(96, false), layers);
    }

    /** A configuration with layers of that kind. */
    public static Config config(Config.Attention attention, Config.Ffn ffn, int layers) {
        return new Config(
                "llama",
                320,
                64,
                512,
                1e-5f,
                false,
                new Rope(10_000, Math.min(16, attention.headSize()), true, new Rope.Scaling.None()),
                Collections.nCopies(layers, new Config.Block(attention, ffn)));
    }

    /** Random F32 weights for that configuration. They live until nobody holds the result. */
    public static Llama of(long seed, Config config) {
        var random = new SplittableRandom(seed);
        List<Layer> layers = new ArrayList<>();
        for (Config.Block block : config.blocks()) {
            Config.Attention a = block.attention();
            int width = config.width();
            var attention = new Layer.Attention(
                    linear(random, a.queryWidth(), width, a.inputBias()),
                    linear(random, a.keyWidth(), width, a.inputBias()),
                    linear(random, a.keyWidth(), width, a.inputBias()),
                    linear(random, width, a.queryWidth(), a.outputBias()),
                    a.headNorm() ? Optional.of(norm(random, a.headSize())) : Optional.empty(),
                    a.headNorm() ? Optional.of(norm(random, a.headSize())) : Optional.empty());
            var ffn = switch (block.ffn()) {
                case Config.Ffn.Dense dense ->
                    new Layer.Ffn.Dense(
                            linear(random, dense.inner(), width, dense.bias()),
                            linear(random, dense.inner(), width, dense.bias()),
                            linear(random, width, dense.inner(), dense.bias()));
            };
            layers.add(new Layer(norm(random, width), attention, norm(random, width), ffn));
        }
        Tensor embedding = tensor(random, 0, 1, config.vocab(), config.width());
        return new Llama(
                config,
                embedding,
                layers,
                norm(random, config.width()),
                config.tied()
                        ? new Linear.Plain(embedding, Optional.empty())
                        : linear(random, config.vocab(), config.width(), false));
    }

    private static Linear linear(SplittableRandom random, int rows, int columns, boolean bias) {
        return new Linear.Plain(
                tensor(random, 0, 1.5 / Math.sqrt(columns), rows, columns),
                bias ? Optional.of(tensor(random, 0, 0.2, rows)) : Optional.empty());
    }

    private static Tensor norm(SplittableRandom random, int width) {
        return tensor(random, 1, 0.2, width);
    }

    private static Tensor tensor(SplittableRandom random, double mean, double deviation, long... shape) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, shape);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.data().setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian(mean, deviation));
        }
        return tensor;
    }
}
