package dev.puna.file;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.puna.Fuzzed;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("fuzz")
class SafetensorsFuzzTest {
    static Stream<byte[]> valid() throws IOException {
        return FilesForFuzzing.safetensors(Fuzzed.folder()).stream();
    }

    @MethodSource("valid")
    @FuzzTest(maxDuration = Fuzzed.DURATION)
    void safetensorsAreReadOrRefused(byte[] bytes) {
        Fuzzed.onlyBadFileComesOut(bytes, "fuzzed.safetensors", FilesForFuzzing::readSafetensors);
    }
}
