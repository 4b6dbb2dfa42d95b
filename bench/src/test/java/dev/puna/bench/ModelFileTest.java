package dev.puna.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.file.Gguf;
import dev.puna.kernel.Span;
import dev.puna.kernel.Tiers;
import dev.puna.kernel.Workers;
import dev.puna.load.Checkpoint;
import dev.puna.model.Batch;
import dev.puna.model.KvCache;
import dev.puna.model.Workspace;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFileTest {
    /** Rows of 512 and 768: whole blocks of every type. */
    private static final String SMALL = "llama32-1b,layers=2,width=512,heads=8,kv=2,inner=768,vocab=600";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource
    void everyMixtureIsAModelWithFiniteLogits(Mixture mixture) throws IOException {
        Path path = written(SMALL, mixture);
        try (Checkpoint checkpoint = Checkpoint.open(path);
                Workers workers = new Workers(1);
                Workspace work = new Workspace();
                KvCache cache = new KvCache(checkpoint.llama().config(), DType.F32, 1, 32)) {
            int[] ids = checkpoint.tokenizer().orElseThrow().encode("Hello, the world of llamas");
            assertThat(ids).hasSizeBetween(5, 26);
            Span span = new Span(new int[] {0}, 0, ids.length, Span.Outputs.EVERY);
            Tensor logits = checkpoint
                    .llama()
                    .forward(
                            Tiers.choose(Optional.empty()).kernels(workers),
                            new Batch(ids, List.of(span)),
                            cache,
                            work);
            float largest = 0;
            for (long i = 0; i < logits.elements(); i++) {
                float logit = logits.data().getAtIndex(JAVA_FLOAT, i);
                assertThat(logit).isFinite();
                largest = Math.max(largest, Math.abs(logit));
            }
            assertThat(largest).isBetween(1f, 20f);
        }
    }

    @Test
    void theSameAskedForTwiceIsTheSameFile() throws IOException {
        byte[] once = Files.readAllBytes(written(SMALL, Mixture.Q4_K_M));
        assertThat(Files.readAllBytes(written(SMALL, Mixture.Q4_K_M))).isEqualTo(once);
    }

    @Test
    void aModelOf4BitsHasAHeadOf6() throws IOException {
        Map<String, DType> types = types(SMALL, Mixture.Q4_0);
        assertThat(types).containsEntry("token_embd.weight", DType.Q6_K);
        assertThat(types).containsEntry("blk.0.attn_v.weight", DType.Q4_0);
        assertThat(types).containsKey("rope_freqs.weight");
        assertThat(types(SMALL + ",tied=0", Mixture.Q4_0))
                .containsEntry("token_embd.weight", DType.Q4_0)
                .containsEntry("output.weight", DType.Q6_K);
    }

    /** As llama-quantize does with 576 columns, of which 256 is no divisor. */
    @Test
    void typesThatDoNotFitHaveAReplacement() throws IOException {
        Map<String, DType> types = types("smollm2-135m,vocab=600", Mixture.Q4_K_M);
        assertThat(types)
                .containsEntry("token_embd.weight", DType.Q8_0)
                .containsEntry("blk.0.attn_q.weight", DType.Q5_0)
                .containsEntry("blk.0.attn_v.weight", DType.Q8_0)
                .containsEntry("blk.0.ffn_down.weight", DType.Q6_K)
                .containsEntry("blk.3.ffn_down.weight", DType.Q4_K)
                .doesNotContainKey("rope_freqs.weight");
        assertThat(types.values().stream().filter(DType.Q6_K::equals)).hasSize(14);
        assertThat(types("smollm2-135m,layers=1,vocab=600", Mixture.IQ4_XS))
                .containsEntry("blk.0.attn_q.weight", DType.IQ4_NL)
                .containsEntry("blk.0.ffn_down.weight", DType.IQ4_XS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama31-8b", "llama32-1b", "smollm2-135m"})
    void aBuiltInShapeHasTheRealNumberOfTokens(String name) {
        assertThat(Shape.of(name).vocabulary().size()).isEqualTo(name.startsWith("smollm") ? 49_152 : 128_256);
    }

    @Test
    void whatDoesNotExistIsRefusedWithWhatDoes() {
        assertThatThrownBy(() -> Shape.of("llama9"))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("'llama9'")
                .hasMessageContaining("smollm2-135m");
        assertThatThrownBy(() -> Shape.of("smollm2-135m,depth=3"))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("layers");
        assertThatThrownBy(() -> Shape.of("smollm2-135m,kv=2")).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> Mixture.of("Q9")).isInstanceOf(Refused.class).hasMessageContaining("Q4_K_M");
    }

    private Path written(String shape, Mixture mixture) throws IOException {
        Path path = folder.resolve("model.gguf");
        ModelFile.write(path, Shape.of(shape), mixture);
        return path;
    }

    private Map<String, DType> types(String shape, Mixture mixture) throws IOException {
        try (Gguf file = Gguf.open(written(shape, mixture))) {
            return file.tensors().entrySet().stream()
                    .collect(Collectors.toMap(
                            Map.Entry::getKey, entry -> entry.getValue().type()));
        }
    }
}
