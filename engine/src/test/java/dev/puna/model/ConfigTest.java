package dev.puna.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.kernel.Reach;
import dev.puna.tensor.DType;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Counts of real models, worked out from their shapes and equal to what their makers publish. */
class ConfigTest {

    private static Config llama(
            int width, int layers, int heads, int kvHeads, int headSize, int inner, int vocab, boolean tied) {
        var attention = new Config.Attention(heads, kvHeads, headSize, true, new Reach.All(), false, false, false);
        var block = new Config.Block(attention, new Config.Ffn.Dense(inner, false));
        return new Config(
                "llama",
                vocab,
                width,
                8192,
                1e-5f,
                tied,
                new Rope(500_000, headSize, true, new Rope.Scaling.None()),
                Collections.nCopies(layers, block));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "Llama 1 7B,         4096,  32,  32,  32, 128, 11008,  32000, false,   6738415616,  512",
        "Llama 1 13B,        5120,  40,  40,  40, 128, 13824,  32000, false,  13015864320,  800",
        "Llama 1 33B,        6656,  60,  52,  52, 128, 17920,  32000, false,  32528943616, 1560",
        "Llama 1 65B,        8192,  80,  64,  64, 128, 22016,  32000, false,  65285660672, 2560",
        "Llama 2 70B,        8192,  80,  64,   8, 128, 28672,  32000, false,  68976648192,  320",
        "Code Llama 7B,      4096,  32,  32,  32, 128, 11008,  32016, false,   6738546688,  512",
        "Code Llama 34B,     8192,  48,  64,   8, 128, 22016,  32000, false,  33743970304,  192",
        "Llama 3 8B,         4096,  32,  32,   8, 128, 14336, 128256, false,   8030261248,  128",
        "Llama 3 70B,        8192,  80,  64,   8, 128, 28672, 128256, false,  70553706496,  320",
        "Llama 3.1 405B,    16384, 126, 128,   8, 128, 53248, 128256, false, 405853388800,  504",
        "Llama 3.2 1B,       2048,  16,  32,   8,  64,  8192, 128256, true,    1235814400,   32",
        "Llama 3.2 3B,       3072,  28,  24,   8, 128,  8192, 128256, true,    3212749824,  112",
        "Llama Guard 4 12B,  5120,  48,  40,   8, 128,  8192, 202048, false,  11129164800,  192"
    })
    void countsAreThoseOfTheRealModels(
            String name,
            int width,
            int layers,
            int heads,
            int kvHeads,
            int headSize,
            int inner,
            int vocab,
            boolean tied,
            long parameters,
            long cacheKibPerToken) {
        Config config = llama(width, layers, heads, kvHeads, headSize, inner, vocab, tied);
        assertThat(config.parameters()).as(name).isEqualTo(parameters);
        assertThat(config.cacheBytesPerToken(DType.F16)).as(name).isEqualTo(cacheKibPerToken * 1024);
        assertThat(config.cacheBytesPerToken(DType.F32)).as(name).isEqualTo(2 * cacheKibPerToken * 1024);
        assertThat(config.cacheBytesPerToken(DType.Q8_0)).as(name).isEqualTo(cacheKibPerToken * 1024 * 34 / 64);
    }

    @Test
    void theCacheTakesWhatTheConfigurationSays() {
        Config config = TinyLlama.config(3);
        for (DType type : new DType[] {DType.F32, DType.F16, DType.Q8_0}) {
            try (var cache = new KvCache(config, type, 4, 10)) {
                assertThat(cache.blockBytes()).isEqualTo(10 * config.cacheBytesPerToken(type));
            }
        }
        assertThatThrownBy(() -> new KvCache(config, DType.Q4_0, 4, 10)).hasMessageContaining("Q4_0");
        assertThatThrownBy(() -> new KvCache(config, DType.F16, 0, 10)).hasMessageContaining("0 blocks");
    }

    @Test
    void impossibleShapesAreRefused() {
        assertThatThrownBy(() -> llama(64, 1, 3, 2, 16, 8, 10, false)).hasMessageContaining("3 heads");
        assertThatThrownBy(() -> llama(64, 0, 2, 2, 16, 8, 10, false)).hasMessageContaining("0 layers");
        assertThatThrownBy(() -> llama(64, 1, 2, 2, 15, 8, 10, false)).hasMessageContaining("15 numbers");
    }
}
