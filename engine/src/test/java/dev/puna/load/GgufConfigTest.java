package dev.puna.load;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.puna.file.BadFile;
import dev.puna.file.GgufWriter;
import dev.puna.file.Metadata;
import dev.puna.kernel.Reach;
import dev.puna.model.Config;
import dev.puna.model.Rope.Scaling;
import dev.puna.tensor.DType;
import dev.puna.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a GGUF file's metadata and tensors make of a model. */
class GgufConfigTest {
    private static final int WIDTH = 32;
    private static final int INNER = 64;
    private static final int VOCAB = 50;

    @TempDir
    Path folder;

    /** A model on its way to a file, whose pairs and tensors a test may change. */
    private static final class Draft {
        final String architecture;
        final Metadata.Builder metadata = Metadata.builder();
        final Map<String, Tensor> tensors = new LinkedHashMap<>();

        Draft(String architecture, int layers) {
            this.architecture = architecture;
            metadata.string("general.architecture", architecture);
            u32("block_count", layers);
            u32("context_length", 256);
            u32("embedding_length", WIDTH);
            u32("feed_forward_length", INNER);
            u32("attention.head_count", 4);
            u32("attention.head_count_kv", 2);
            f32("attention.layer_norm_rms_epsilon", 1e-5f);
            put("token_embd.weight", VOCAB, WIDTH);
            put("output_norm.weight", WIDTH);
            for (int i = 0; i < layers; i++) {
                String layer = "blk." + i + ".";
                put(layer + "attn_norm.weight", WIDTH);
                put(layer + "ffn_norm.weight", WIDTH);
                put(layer + "attn_q.weight", WIDTH, WIDTH);
                put(layer + "attn_k.weight", 16, WIDTH);
                put(layer + "attn_v.weight", 16, WIDTH);
                put(layer + "attn_output.weight", WIDTH, WIDTH);
                put(layer + "ffn_gate.weight", INNER, WIDTH);
                put(layer + "ffn_up.weight", INNER, WIDTH);
                put(layer + "ffn_down.weight", WIDTH, INNER);
            }
        }

        void u32(String key, int value) {
            metadata.u32(architecture + "." + key, value);
        }

        void f32(String key, float value) {
            metadata.f32(architecture + "." + key, value);
        }

        void string(String key, String value) {
            metadata.string(architecture + "." + key, value);
        }

        void put(String name, long... shape) {
            Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, shape);
            for (long i = 0; i < tensor.elements(); i++) {
                tensor.data().setAtIndex(JAVA_FLOAT, i, 1 + i % 7);
            }
            tensors.put(name, tensor);
        }
    }

    private Config opened(String architecture, int layers, Consumer<Draft> change) {
        return opened(
                architecture, layers, change, checkpoint -> checkpoint.llama().config());
    }

    private <T> T opened(String architecture, int layers, Consumer<Draft> change, Function<Checkpoint, T> read) {
        Draft draft = new Draft(architecture, layers);
        change.accept(draft);
        Path file = folder.resolve("model.gguf");
        try {
            GgufWriter.write(file, draft.metadata.build(), draft.tensors);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            return read.apply(checkpoint);
        }
    }

    private Config llama(Consumer<Draft> change) {
        return opened("llama", 1, change);
    }

    @Test
    void aPlainLlamaIsTiedInterleavedAndUnscaled() {
        Config config = llama(_ -> {});
        assertThat(config.tied()).isTrue();
        assertThat(config.vocab()).isEqualTo(VOCAB);
        assertThat(config.rope().interleaved()).isTrue();
        assertThat(config.rope().theta()).isEqualTo(10_000);
        assertThat(config.rope().scaling()).isEqualTo(new Scaling.None());
        assertThat(config.blocks().getFirst().attention())
                .isEqualTo(new Config.Attention(4, 2, 8, true, new Reach.All(), false, false, false));
    }

    @Test
    void aContextBeyondTheLimitIsCutToIt() {
        assertThat(llama(draft -> draft.u32("context_length", Integer.MAX_VALUE))
                        .context())
                .isEqualTo(HfConfig.MOST_POSITIONS);
    }

    @Test
    void advisedSamplingIsReadAndOddAdviceIgnored() {
        GenerationDefaults advice = advice(draft -> draft.metadata
                .f32("general.sampling.temp", 0.5f)
                .i32("general.sampling.top_k", -1)
                .f32("general.sampling.top_p", 0.75f)
                .string("general.sampling.min_p", "some"));
        assertThat(advice.sample()).isTrue();
        assertThat(advice.temperature()).hasValue(0.5);
        assertThat(advice.topK()).hasValue(0);
        assertThat(advice.topP()).hasValue(0.75);
        assertThat(advice.minP()).isEmpty();
        assertThat(advice(draft -> draft.metadata.f32("general.sampling.temp", 0))
                        .sample())
                .isFalse();
        assertThat(advice(_ -> {})).isEqualTo(GenerationDefaults.NONE);
    }

    private GenerationDefaults advice(Consumer<Draft> change) {
        return opened("llama", 1, change, Checkpoint::defaults);
    }

    @ParameterizedTest
    @CsvSource({"llama,true", "smollm3,true", "qwen2,false", "qwen3,false", "phi3,false"})
    void eachArchitectureHasItsOrderOfPairs(String architecture, boolean interleaved) {
        assertThat(opened(architecture, 1, _ -> {}).rope().interleaved()).isEqualTo(interleaved);
    }

    @Test
    void everyFourthLayerOfASmolLm3HasNoPositions() {
        assertThat(opened("smollm3", 9, _ -> {}).blocks())
                .extracting(block -> block.attention().positions())
                .containsExactly(true, true, true, false, true, true, true, false, true);
    }

    @Test
    void biasesAndHeadNormsAreThereWhereTheirTensorsAre() {
        Config.Attention attention = llama(draft -> {
                    draft.put("blk.0.attn_q.bias", WIDTH);
                    draft.put("blk.0.attn_k.bias", 16);
                    draft.put("blk.0.attn_v.bias", 16);
                    draft.put("blk.0.attn_output.bias", WIDTH);
                    draft.put("blk.0.attn_q_norm.weight", 8);
                    draft.put("blk.0.attn_k_norm.weight", 8);
                })
                .blocks()
                .getFirst()
                .attention();
        assertThat(attention.inputBias()).isTrue();
        assertThat(attention.outputBias()).isTrue();
        assertThat(attention.headNorm()).isTrue();
        assertThatThrownBy(() -> llama(draft -> draft.put("blk.0.attn_q.bias", WIDTH)))
                .hasMessageContaining("\"blk.0.attn_k.bias\" is missing");
    }

    @Test
    void stackedMatricesAreTakenApart() {
        Config config = opened("phi3", 1, draft -> {
            for (String name : new String[] {"attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up"}) {
                draft.tensors.remove("blk.0." + name + ".weight");
            }
            draft.put("blk.0.attn_qkv.weight", WIDTH + 32, WIDTH);
            draft.put("blk.0.ffn_up.weight", 2 * INNER, WIDTH);
        });
        assertThat(config.blocks()).hasSize(1);
    }

    @Test
    void partOfAHeadMayBeTurned() {
        assertThat(llama(draft -> draft.u32("rope.dimension_count", 4)).rope().dimensions())
                .isEqualTo(4);
        assertThatThrownBy(() -> llama(draft -> draft.u32("rope.dimension_count", 3)))
                .hasMessageContaining("cannot turn 3 of a head of 8");
    }

    @Test
    void scalingsAreRead() {
        assertThat(llama(draft -> {
                            draft.string("rope.scaling.type", "linear");
                            draft.f32("rope.scaling.factor", 4);
                        })
                        .rope()
                        .scaling())
                .isEqualTo(new Scaling.Linear(4));
        assertThat(llama(draft -> draft.f32("rope.scale_linear", 2)).rope().scaling())
                .isEqualTo(new Scaling.Linear(2));
        Scaling yarn = llama(draft -> {
                    draft.string("rope.scaling.type", "yarn");
                    draft.f32("rope.scaling.factor", 4);
                    draft.u32("rope.scaling.original_context_length", 64);
                })
                .rope()
                .scaling();
        assertThat(yarn).isInstanceOfSatisfying(Scaling.Yarn.class, y -> {
            assertThat(y.originalContext()).isEqualTo(64);
            assertThat(y.betaFast()).isEqualTo(32);
            assertThat(y.amplitude()).isCloseTo(1 + 0.1 * Math.log(4), within(1e-12));
        });
        assertThat(llama(draft -> draft.put("rope_freqs.weight", 4)).rope().scaling())
                .isInstanceOfSatisfying(
                        Scaling.Divisors.class,
                        divisors -> assertThat(divisors.divisors()).containsExactly(1, 2, 3, 4));
    }

    @Test
    void aWindowIsRead() {
        assertThat(llama(draft -> draft.u32("attention.sliding_window", 12))
                        .blocks()
                        .getFirst()
                        .attention()
                        .reach())
                .isEqualTo(new Reach.Window(12));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama4", "gemma3", "mamba", "clip"})
    void otherArchitecturesAreRefusedByName(String architecture) {
        assertRefused(() -> opened(architecture, 1, _ -> {}), architecture);
    }

    @Test
    void whatChangesTheArithmeticIsRefusedByName() {
        assertRefused(() -> llama(draft -> draft.u32("expert_count", 8)), "mixture of experts");
        assertRefused(() -> llama(draft -> draft.f32("final_logit_softcapping", 30)), "final_logit_softcapping");
        assertRefused(() -> llama(draft -> draft.f32("attention.scale", 0.5f)), "attention.scale");
        assertRefused(() -> llama(draft -> draft.string("rope.scaling.type", "longrope")), "longrope");
        assertRefused(() -> llama(draft -> draft.put("rope_factors_long.weight", 4)), "longrope");
        assertRefused(
                () -> llama(draft -> {
                    draft.put("rope_freqs.weight", 4);
                    draft.f32("rope.scaling.factor", 2);
                }),
                "rope_freqs.weight");
        assertRefused(() -> llama(draft -> draft.u32("attention.value_length", 16)), "values of 16");
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String name) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        BadFile.class, bad -> assertThat(bad.isUnsupported()).isTrue())
                .hasMessageContaining(name);
    }

    @Test
    void whatIsWrongIsTold() {
        for (Consumer<Draft> change : java.util.List.<Consumer<Draft>>of(
                draft -> draft.u32("block_count", 0),
                draft -> draft.u32("block_count", 2),
                draft -> draft.u32("embedding_length", 33),
                draft -> draft.u32("attention.head_count", 0),
                draft -> draft.u32("attention.head_count_kv", 3),
                draft -> draft.metadata.remove("llama.context_length"),
                draft -> draft.metadata.string("llama.block_count", "one"),
                draft -> draft.tensors.remove("token_embd.weight"),
                draft -> draft.tensors.remove("output_norm.weight"),
                draft -> draft.put("blk.0.surprise.weight", 4),
                draft -> draft.put("rope_freqs.weight", 3),
                draft -> draft.f32("rope.freq_base", -1))) {
            assertThatThrownBy(() -> llama(change))
                    .isInstanceOfSatisfying(
                            BadFile.class,
                            bad -> assertThat(bad.isUnsupported()).isFalse())
                    .hasMessageContaining("model.gguf");
        }
    }
}
