package dev.puna.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.SharedData;
import dev.puna.file.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encoding and decoding lose nothing. */
class RoundTripTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama2-tokenizer.model",
                "llama3-tokenizer.model",
                "llamacpp-vocab/ggml-vocab-deepseek-coder.gguf"
            })
    void everyTextComesBackFromItsIds(String name) throws IOException {
        Tokenizer tokenizer = Tokenizers.open(SharedData.require("tokenizers/" + name));
        for (Path file : files("text")) {
            assertComesBack(tokenizer, Files.readString(file), file.toString());
        }
        for (String text : arabic()) {
            assertComesBack(tokenizer, text, text);
        }
    }

    @Test
    void everyTextComesBackInTheVocabularyOfSmolLm2() throws IOException {
        Tokenizer tokenizer = Tokenizers.open(SharedData.smollm2());
        for (Path file : files("text")) {
            assertComesBack(tokenizer, Files.readString(file), file.toString());
        }
        for (String text : arabic()) {
            assertComesBack(tokenizer, text, text);
        }
    }

    private static void assertComesBack(Tokenizer tokenizer, String text, String what) {
        assertThat(tokenizer.decode(tokenizer.encode(text)).equals(text))
                .as(what)
                .isTrue();
    }

    private static List<Path> files(String folder) throws IOException {
        try (Stream<Path> files = Files.list(SharedData.require(folder))) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** The strings of the JSON files, the lines of the others, whole files too. */
    private static List<String> arabic() throws IOException {
        List<String> texts = new ArrayList<>();
        for (Path file : files("arabic")) {
            String whole = Files.readString(file);
            texts.add(whole);
            if (file.toString().endsWith(".json")) {
                strings(Json.parse(file), texts);
            } else {
                whole.lines().forEach(texts::add);
            }
        }
        return texts;
    }

    private static void strings(Object value, List<String> into) {
        switch (value) {
            case String text -> into.add(text);
            case List<?> list -> list.forEach(member -> strings(member, into));
            case Map<?, ?> map -> map.values().forEach(member -> strings(member, into));
            case null, default -> {}
        }
    }
}
