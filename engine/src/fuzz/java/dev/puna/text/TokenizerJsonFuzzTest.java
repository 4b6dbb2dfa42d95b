package dev.puna.text;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.puna.Fuzzed;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("fuzz")
class TokenizerJsonFuzzTest {
    static Stream<byte[]> valid() {
        return TokenizersForFuzzing.json().stream();
    }

    @MethodSource("valid")
    @FuzzTest(maxDuration = Fuzzed.DURATION)
    void tokenizerJsonIsReadOrRefused(byte[] bytes) {
        Fuzzed.onlyBadFileComesOut(bytes, "tokenizer.json", TokenizersForFuzzing::read);
    }
}
