package dev.puna.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.puna.SharedData;
import dev.puna.file.BadFile;
import dev.puna.kernel.AvailableTiers;
import dev.puna.tensor.DType;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind of Llama gives the logits that another implementation gives it. */
class GoldenTest {
    private static final List<String> KINDS = List.of(
            "llama1",
            "llama2-gqa",
            "llama-mqa",
            "codellama",
            "llama3",
            "llama31",
            "llama32",
            "rope-linear",
            "rope-yarn",
            "llama-bias",
            "qwen2",
            "qwen3",
            "smollm2",
            "smollm3",
            "mistral-window");

    static Stream<String> kinds() {
        return KINDS.stream();
    }

    /** Those of fewer than 8,000 tokens. */
    static Stream<String> shortKinds() {
        return kinds().filter(kind -> !kind.matches("llama3[12]"));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void folderGivesGoldenLogits(String kind) {
        Path folder = SharedData.require("golden/" + kind);
        assertThat(error(folder, folder, "reference")).isLessThan(2e-5);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void ggufGivesGoldenLogits(String kind) {
        Path folder = SharedData.require("golden/" + kind);
        Path gguf = folder.resolve(kind + ".gguf");
        assumeTrue(Files.exists(gguf), "GGUF cannot say " + kind);
        assertThat(error(folder, gguf, "reference")).isLessThan(2e-5);
    }

    @ParameterizedTest
    @MethodSource("shortKinds")
    void everyFastTierGivesGoldenLogits(String kind) {
        Path folder = SharedData.require("golden/" + kind);
        for (String tier : AvailableTiers.fast().toList()) {
            assertThat(error(folder, folder, tier)).as(tier).isLessThan(2e-5);
        }
    }

    /** Models with random weights and unusual sizes and options, which lie with the tests. */
    static Stream<Path> variants() throws IOException, URISyntaxException {
        Path folder = Path.of(GoldenTest.class.getResource("/golden").toURI());
        try (Stream<Path> folders = Files.list(folder)) {
            return folders.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("variants")
    void variantGivesGoldenLogitsOnEveryTier(Path folder) {
        for (String tier : AvailableTiers.names().toList()) {
            assertThat(error(folder, folder, tier)).as(tier).isLessThan(5e-6);
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"llama31", "llama32"})
    void everyFastTierGivesGoldenLogitsBeyondPosition8192(String kind) {
        everyFastTierGivesGoldenLogits(kind);
    }

    private static double error(Path folder, Path model, String tier) {
        Golden golden = Golden.read(folder.resolve("expected.safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(model)) {
            return golden.error(checkpoint, tier, DType.F32, 512);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mixtral", "llama4-text", "llama4-text-dense-moe"})
    void mixturesOfExpertsAreRefusedByName(String kind) {
        Path folder = SharedData.require("golden/" + kind);
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining(kind.startsWith("llama4") ? "llama4_text" : "mixtral")
                .hasMessageContaining("not supported");
    }
}
