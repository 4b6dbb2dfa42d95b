package dev.puna.text;

import dev.puna.Mutations;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MutatedTokenizersTest {
    private static final int COUNT = 2000;

    @TempDir
    Path folder;

    @Test
    void mutatedTokenizerJsonIsReadOrRefused() throws IOException {
        Mutations.onlyBadFileComesOut(
                11, COUNT, TokenizersForFuzzing.json(), folder.resolve("tokenizer.json"), TokenizersForFuzzing::read);
    }

    @Test
    void mutatedTokenizerModelIsReadOrRefused() throws IOException {
        Mutations.onlyBadFileComesOut(
                12, COUNT, TokenizersForFuzzing.model(), folder.resolve("tokenizer.model"), TokenizersForFuzzing::read);
    }

    @Test
    void mutatedVocabulariesAreReadOrRefused() throws IOException {
        Mutations.onlyBadFileComesOut(
                13, COUNT, TokenizersForFuzzing.gguf(folder), folder.resolve("m.gguf"), TokenizersForFuzzing::read);
    }
}
