package dev.puna.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.SharedData;
import dev.puna.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class GgufTest {
    @TestFactory
    Stream<DynamicTest> everyBadFileIsRefusedAndEveryGoodOneLoads() {
        Path folder = SharedData.require("gguf/malformed");
        List<?> manifest = (List<?>) Json.parse(folder.resolve("manifest.json"));
        return manifest.stream().map(row -> {
            Map<?, ?> file = (Map<?, ?>) row;
            Path path = folder.resolve((String) file.get("file"));
            return DynamicTest.dynamicTest(path.getFileName() + ": " + file.get("why"), () -> {
                if ((Boolean) file.get("valid")) {
                    try (Gguf gguf = Gguf.open(path)) {
                        assertThat(gguf.tensors()).isNotNull();
                    }
                } else {
                    assertThatThrownBy(() -> Gguf.open(path).close())
                            .isInstanceOf(BadFile.class)
                            .hasMessageContaining(path + ": at byte ");
                }
            });
        });
    }

    @Test
    void everyReadTypeDecodesBitForBit() {
        Path folder = SharedData.require("golden/types");
        try (Gguf gguf = Gguf.open(folder.resolve("types.gguf"));
                Safetensors expected = Safetensors.open(folder.resolve("types-expected.safetensors"))) {
            for (TensorEntry entry : gguf.entries()) {
                if (entry.type().isEmpty()) continue;
                float[] actual = gguf.tensor(entry.name()).orElseThrow().floats();
                Tensor e = expected.tensor(entry.name()).orElseThrow();
                int wrong = 0;
                for (int i = 0; i < actual.length; i++) {
                    if (Float.floatToRawIntBits(actual[i]) != e.data().getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i))
                        wrong++;
                }
                assertThat(wrong).as(entry.name()).isZero();
            }
        }
    }
}
