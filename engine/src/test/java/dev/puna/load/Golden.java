package dev.puna.load;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.file.Safetensors;
import dev.puna.kernel.Kernels;
import dev.puna.kernel.Span;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.model.Batch;
import dev.puna.model.KvCache;
import dev.puna.model.Workspace;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What another implementation says of a model: logits at some positions of an input, and the ids that follow it.
 *
 * @param scored positions whose logits are given
 */
record Golden(int[] ids, int[] scored, float[] logits, int[] greedy) {

    /** Reads an {@code expected.safetensors}. */
    static Golden read(Path file) {
        try (Safetensors expected = Safetensors.open(file)) {
            Map<String, Tensor> tensors = expected.tensors();
            Tensor logits = tensors.get("logits");
            float[] floats = new float[(int) logits.elements()];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = logits.data().getAtIndex(JAVA_FLOAT_UNALIGNED, i);
            }
            return new Golden(
                    ints(tensors.get("input_ids")),
                    ints(tensors.get("positions_scored")),
                    floats,
                    ints(tensors.get("greedy")));
        }
    }

    private static int[] ints(Tensor tensor) {
        return IntStream.range(0, (int) tensor.elements())
                .map(i -> (int) tensor.data().getAtIndex(JAVA_LONG_UNALIGNED, i))
                .toArray();
    }

    /** Runs a model and returns the largest error of a logit as a share of the largest logit; the ids must be equal. */
    double error(Checkpoint checkpoint, String tier, DType cacheType, int piece) {
        var llama = checkpoint.llama();
        int vocab = llama.config().vocab();
        int blockTokens = 16;
        int blocks = Math.ceilDiv(ids.length + greedy.length, blockTokens);
        int[] own = IntStream.range(0, blocks).toArray();
        try (var workers = new Workers(2);
                var cache = new KvCache(llama.config(), cacheType, blocks, blockTokens);
                var work = new Workspace()) {
            Kernels kernels = Tiers.choose(Optional.of(tier)).kernels(workers);
            double error = 0;
            double largest = 0;
            int next = -1;
            int row = 0;
            for (int from = 0; from < ids.length; from += piece) {
                int length = Math.min(piece, ids.length - from);
                var span = new Span(own, from, length, Span.Outputs.EVERY);
                Tensor seen = llama.forward(
                        kernels, new Batch(Arrays.copyOfRange(ids, from, from + length), List.of(span)), cache, work);
                for (; row < scored.length && scored[row] < from + length; row++) {
                    for (int i = 0; i < vocab; i++) {
                        float wanted = logits[row * vocab + i];
                        float got =
                                seen.data().getAtIndex(JAVA_FLOAT_UNALIGNED, (long) (scored[row] - from) * vocab + i);
                        largest = Math.max(largest, Math.abs(wanted));
                        error = Math.max(error, Float.isNaN(got) ? 1e9 : Math.abs(wanted - got));
                    }
                }
                next = best(seen, length - 1);
            }
            int[] followed = new int[greedy.length];
            for (int i = 0; i < greedy.length; i++) {
                followed[i] = next;
                var span = new Span(own, ids.length + i, 1, Span.Outputs.LAST);
                next = best(llama.forward(kernels, new Batch(new int[] {next}, List.of(span)), cache, work), 0);
            }
            assertThat(followed).as("greedy ids").isEqualTo(greedy);
            return error / largest;
        }
    }

    static int best(Tensor logits, long row) {
        int best = 0;
        for (int i = 1; i < logits.columns(); i++) {
            if (logits.data().getAtIndex(JAVA_FLOAT_UNALIGNED, row * logits.columns() + i)
                    > logits.data().getAtIndex(JAVA_FLOAT_UNALIGNED, row * logits.columns() + best)) {
                best = i;
            }
        }
        return best;
    }
}
