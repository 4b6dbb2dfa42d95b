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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ids that other implementations give. */
class GoldenTokensTest {
    private static final String VOCABULARIES = "tokenizers/llamacpp-vocab/ggml-vocab-";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "deepseek-coder",
                "deepseek-llm",
                "falcon",
                "gpt-2",
                "llama-spm",
                "mpt",
                "qwen2",
                "refact",
                "starcoder"
            })
    void vocabulariesGiveTheExpectedIds(String name) throws IOException {
        Tokenizer tokenizer = Tokenizers.open(SharedData.require(VOCABULARIES + name + ".gguf"));
        String[] texts = Files.readString(SharedData.require(VOCABULARIES + name + ".gguf.inp"))
                .split("\n__ggml_vocab_test__\n", -1);
        List<String> expected = Files.readAllLines(SharedData.require(VOCABULARIES + name + ".gguf.out"));
        List<String> actual = new ArrayList<>();
        for (String text : texts) {
            StringBuilder line = new StringBuilder();
            for (int id : tokenizer.encode(text)) {
                line.append(' ').append(id);
            }
            actual.add(line.toString());
        }
        assertThat(actual.subList(0, expected.size())).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-bpe", "phi-3"})
    void vocabulariesWithoutExpectationsOpen(String name) {
        Tokenizer tokenizer = Tokenizers.open(SharedData.require(VOCABULARIES + name + ".gguf"));
        assertThat(tokenizer.decode(tokenizer.encode("Hello, wörld!"))).isEqualTo("Hello, wörld!");
    }

    @Test
    void theControlTokensOfPhi3TakeTheWhiteSpaceAfterThemAlong() {
        Tokenizer tokenizer = Tokenizers.open(SharedData.require(VOCABULARIES + "phi-3.gguf"));
        int[] turn = tokenizer.encodeSpecial("<|user|>\nHello<|end|>\n<|assistant|>\n");
        int[] stripped = tokenizer.encodeSpecial("<|user|>Hello<|end|><|assistant|>");
        assertThat(turn).isEqualTo(stripped);
        assertThat(tokenizer.decodeSpecial(turn)).doesNotContain("\n");
        assertThat(tokenizer.encodeSpecial("<s>\nHello")).isNotEqualTo(tokenizer.encodeSpecial("<s>Hello"));
    }

    @ParameterizedTest
    @CsvSource({
        "llama2.json, tokenizers/llama2-tokenizer.model",
        "llama2.json, tokenizers/llamacpp-vocab/ggml-vocab-llama-spm.gguf",
        "llama3.json, tokenizers/llama3-tokenizer.model",
        "llama3.json, tokenizers/llama3-hf",
        "llama3.json, tokenizers/llama3-hf/tokenizer.json",
        "llama3.json, tokenizers/llamacpp-vocab/ggml-vocab-llama-bpe.gguf"
    })
    void everySourceOfAVocabularyGivesTheGoldenIds(String golden, String source) {
        Tokenizer tokenizer = Tokenizers.open(SharedData.require(source));
        for (Object row : (List<?>) Json.parse(SharedData.require("golden/tokens/" + golden))) {
            String text = (String) ((Map<?, ?>) row).get("text");
            assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids(((Map<?, ?>) row).get("ids")));
            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
        }
    }

    @Test
    void smolLm2GivesTheGoldenIds() throws IOException {
        Path model = SharedData.smollm2();
        Tokenizer tokenizer = Tokenizers.open(model);
        Map<?, ?> expected = (Map<?, ?>) Json.parse(SharedData.require("golden/smollm2-135m/expected.json"));
        for (Object prompt : ((Map<?, ?>) expected.get("prompts")).values()) {
            Map<?, ?> row = (Map<?, ?>) prompt;
            assertThat(tokenizer.encodeSpecial((String) row.get("text"))).isEqualTo(ids(row.get("ids")));
            assertThat(tokenizer.decodeSpecial(ids(row.get("greedy")))).isEqualTo(row.get("greedy_text"));
        }
    }

    static int[] ids(Object list) {
        return Stream.of(((List<?>) list).toArray())
                .mapToInt(id -> (int) (long) (Long) id)
                .toArray();
    }
}
