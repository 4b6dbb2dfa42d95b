package dev.puna.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.SharedData;
import dev.puna.kernel.AvailableTiers;
import dev.puna.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A trained model of 260,000 weights, in two formats with two orders of rotated numbers. */
class StoriesTest {

    @ParameterizedTest
    @ValueSource(strings = {"weights/stories260K.gguf", "weights/stories260K-hf"})
    void idsAndLogitsAreThoseOfTheTrainersRun(String model) throws IOException {
        Path values = SharedData.require("reference/stories260k-train-golden.npz");
        int[] greedy = Arrays.stream(Npz.read(values, "greedy_ids"))
                .mapToInt(id -> (int) id)
                .toArray();
        double[] logits = Npz.read(values, "logits_row0"); // of all greedy ids but the last
        float[] wanted = new float[logits.length];
        IntStream.range(0, wanted.length).forEach(i -> wanted[i] = (float) logits[i]);
        int[] input = Arrays.copyOf(greedy, greedy.length - 1);
        int[] next = {greedy[greedy.length - 1]};
        try (Checkpoint checkpoint = Checkpoint.open(SharedData.require(model))) {
            var whole = new Golden(input, IntStream.range(0, input.length).toArray(), wanted, next);
            for (String tier : AvailableTiers.names().toList()) {
                assertThat(whole.error(checkpoint, tier, DType.F32, 64))
                        .as(tier)
                        .isLessThan(2e-5);
            }
            int[] followers = Arrays.copyOfRange(greedy, 1, greedy.length);
            var first = new Golden(new int[] {greedy[0]}, new int[] {0}, wanted, followers);
            assertThat(first.error(checkpoint, "reference", DType.F32, 1)).isLessThan(2e-5);
        }
    }
}
