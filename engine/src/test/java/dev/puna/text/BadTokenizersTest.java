package dev.puna.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.puna.file.BadFile;
import dev.puna.file.GgufWriter;
import dev.puna.file.Metadata;
import dev.puna.text.TinyFiles.Piece;
import dev.puna.text.TinyFiles.Says;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a tokenizer file must not be, and that the error says so. */
class BadTokenizersTest {
    @TempDir
    Path folder;

    private void assertRefused(byte[] bytes, String name, String... words) {
        Path file = folder.resolve(name);
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        assertThatExceptionOfType(BadFile.class)
                .isThrownBy(() -> Tokenizers.open(file))
                .satisfies(e -> {
                    assertThat(e.getMessage()).contains(name).doesNotContain("\n");
                    assertThat(words)
                            .allSatisfy(word -> assertThat(e.getMessage()).contains(word));
                });
    }

    private void assertJsonRefused(Consumer<Map<String, Object>> change, String... words) {
        Map<String, Object> file = TinyFiles.byteLevelJson();
        change.accept(file);
        assertRefused(TinyFiles.json(file), "tokenizer.json", words);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> model(Map<String, Object> file) {
        return (Map<String, Object>) file.get("model");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> vocabulary(Map<String, Object> file) {
        return (Map<String, Object>) model(file).get("vocab");
    }

    @SuppressWarnings("unchecked")
    private static List<Object> merges(Map<String, Object> file) {
        return (List<Object>) model(file).get("merges");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"model\": 3}", "{\"model\": {\"type\": \"BPE\"}}", "nonsense", "IQ== 0x"})
    void filesThatAreNoTokenizerAreRefused(String content) {
        assertRefused(content.getBytes(StandardCharsets.UTF_8), "tokenizer.json");
        assertRefused(content.getBytes(StandardCharsets.UTF_8), "tokenizer.model");
    }

    @Test
    void componentsThatAreNotKnownAreRefusedByName() {
        assertJsonRefused(file -> model(file).put("type", "Unigram"), "Unigram");
        assertJsonRefused(file -> file.put("normalizer", TinyFiles.component("Nmt")), "normalizer", "Nmt");
        assertJsonRefused(file -> file.put("pre_tokenizer", TinyFiles.component("UnicodeScripts")), "UnicodeScripts");
        assertJsonRefused(file -> file.put("decoder", TinyFiles.component("CTC")), "decoder", "CTC");
        assertJsonRefused(file -> file.put("post_processor", TinyFiles.component("Fancy")), "Fancy");
        assertJsonRefused(
                file -> file.put(
                        "pre_tokenizer",
                        TinyFiles.component(
                                "Sequence",
                                "pretokenizers",
                                List.of(TinyFiles.component("ByteLevel"), TinyFiles.component("ByteLevel")))),
                "byte level");
        assertJsonRefused(
                file -> file.put(
                        "pre_tokenizer",
                        TinyFiles.component("Split", "pattern", Map.of("String", "a"), "behavior", "Sideways")),
                "Sideways");
        assertJsonRefused(
                file -> file.put(
                        "pre_tokenizer",
                        TinyFiles.component("Split", "pattern", Map.of("Regex", "(a"), "behavior", "Isolated")),
                "(a");
        assertJsonRefused(file -> model(file).put("end_of_word_suffix", "</w>"), "end_of_word_suffix");
        assertJsonRefused(file -> model(file).put("dropout", 0.1), "dropout");
    }

    @Test
    void vocabulariesThatContradictThemselvesAreRefused() {
        assertJsonRefused(file -> vocabulary(file).put("zz", 3L), "token 3", "zz");
        assertJsonRefused(file -> vocabulary(file).put("zz", -1L), "zz", "out of range");
        assertJsonRefused(file -> vocabulary(file).put("zz", 2_000_000_000L), "zz", "out of range");
        assertJsonRefused(file -> vocabulary(file).put("zz", "3"), "zz");
        assertJsonRefused(file -> vocabulary(file).put("zz", 3.5), "zz");
        assertJsonRefused(file -> vocabulary(file).clear(), "no tokens");
        assertJsonRefused(file -> merges(file).add("q zz"), "zz", "no token");
        assertJsonRefused(file -> merges(file).add("q u"), "qu", "no token");
        assertJsonRefused(file -> merges(file).add("q"), "not two pieces");
        assertJsonRefused(file -> merges(file).add("q u u"), "not two pieces");
        assertJsonRefused(file -> merges(file).add(List.of("q")), "not two pieces");
        assertJsonRefused(file -> merges(file).add(3L), "not two pieces");
        assertJsonRefused(file -> merges(file).add(merges(file).getFirst()), "twice");
        assertJsonRefused(file -> model(file).put("unk_token", "<unk>"), "<unk>");
        assertJsonRefused(file -> TinyFiles.add(file, "x".repeat(5000)), "longer");
        assertJsonRefused(
                file -> file.put("added_tokens", List.of(Map.of("id", 5L, "content", "a"))), "added token", "\"a\"");
        assertJsonRefused(file -> file.put("added_tokens", List.of(Map.of("content", "a"))), "id");
    }

    @Test
    void gapsInTheIdsAreNoTokens() throws IOException {
        Map<String, Object> file = TinyFiles.byteLevelJson();
        vocabulary(file).put("zz", 1000L);
        Tokenizer tokenizer = Tokenizers.open(Files.write(folder.resolve("tokenizer.json"), TinyFiles.json(file)));
        assertThat(tokenizer.vocabSize()).isEqualTo(1001);
        assertThat(tokenizer.kind(999)).isEqualTo(Kind.UNUSED);
        assertThat(tokenizer.decode(999, 1000)).isEqualTo("zz");
    }

    @Test
    void rankFilesOutOfOrderAreRefused() {
        String ranks = TinyFiles.ranks();
        for (String bad : List.of(
                ranks.replace("AQ== 1\n", ""),
                ranks.replace("AQ== 1\n", "AQ== 1\nAQ== 1\n"),
                ranks.replace("AQ== 1\n", "AA== 1\n"),
                ranks.replace("AQ== 1\n", "AQ== 99999999999\n"),
                ranks.replace("AQ== 1\n", "A? 1\n"),
                ranks.replace("AQ== 1\n", "AQ==1\n"),
                ranks.replace("AQ== 1\n", "AQ== -1\n"),
                ranks.replace("AQ== 1\n", "AQ== 1 1\n"),
                "AA== 0\n")) {
            assertRefused(bad.getBytes(StandardCharsets.US_ASCII), "tokenizer.model");
        }
        assertRefused(
                ranks.replace("Ag== 2\n", "Ag== 3\n").getBytes(StandardCharsets.US_ASCII),
                "tokenizer.model",
                "at byte 14");
    }

    @Test
    void sentencePieceModelsOfOtherKindsAreRefusedByName() {
        List<Piece> pieces = TinyFiles.sentencePieces();
        assertRefused(
                TinyFiles.sentencePiece(pieces, new Says(true, false, true, 1, "")), "tokenizer.model", "unigram");
        assertRefused(
                TinyFiles.sentencePiece(pieces, new Says(true, false, true, 2, "map")),
                "tokenizer.model",
                "test_rules");
    }

    @Test
    void sentencePieceModelsThatContradictThemselvesAreRefused() {
        List<Piece> pieces = TinyFiles.sentencePieces();
        byte[] whole = TinyFiles.sentencePiece(pieces, Says.LLAMA);
        assertRefused(Arrays.copyOf(whole, whole.length - 3), "tokenizer.model", "at byte");
        assertRefused(Arrays.copyOf(whole, 33), "tokenizer.model", "at byte");
        for (List<Piece> bad : List.of(
                with(pieces, new Piece("ab", 0, Kind.NORMAL)),
                with(pieces, new Piece("", 0, Kind.NORMAL)),
                with(pieces, new Piece("zz", Float.NaN, Kind.NORMAL)),
                with(pieces, new Piece("<unk2>", 0, Kind.UNKNOWN)),
                with(pieces, new Piece("zz", 0, Kind.BYTE)),
                pieces.stream().filter(piece -> !piece.text().equals("<0x7F>")).toList(),
                List.<Piece>of())) {
            assertRefused(TinyFiles.sentencePiece(bad, Says.LLAMA), "tokenizer.model");
        }
    }

    private static List<Piece> with(List<Piece> pieces, Piece last) {
        var all = new java.util.ArrayList<>(pieces);
        all.add(last);
        return all;
    }

    private static Metadata.Builder gguf() {
        return Metadata.builder()
                .string("tokenizer.ggml.model", "gpt2")
                .string("tokenizer.ggml.pre", "llama-bpe")
                .strings("tokenizer.ggml.tokens", List.of("a", "b", "ab", "<|eot_id|>"))
                .ints("tokenizer.ggml.token_type", 1, 1, 1, 3)
                .strings("tokenizer.ggml.merges", List.of("a b"));
    }

    private void assertGgufRefused(Metadata.Builder metadata, String... words) throws IOException {
        Path file = folder.resolve("bad.gguf");
        GgufWriter.write(file, metadata.build(), Map.of());
        assertRefused(Files.readAllBytes(file), "bad.gguf", words);
    }

    @Test
    void vocabulariesOfGgufFilesAreChecked() throws IOException {
        Path good = folder.resolve("good.gguf");
        GgufWriter.write(
                good,
                gguf().u32("tokenizer.ggml.padding_token_id", 0xFFFF_FFFFL).build(),
                Map.of());
        Tokenizer tokenizer = Tokenizers.open(good);
        assertThat(tokenizer.encode("ab")).containsExactly(2);
        assertThat(tokenizer.pad()).isEmpty();
        assertThat(tokenizer.addBos()).isTrue();
        assertThat(tokenizer.endOfGeneration()).containsExactly(3);
        assertGgufRefused(gguf().string("tokenizer.ggml.pre", "no-such-name"), "pre-tokenizer", "no-such-name");
        assertGgufRefused(gguf().remove("tokenizer.ggml.pre"), "tokenizer.ggml.pre");
        assertGgufRefused(gguf().string("tokenizer.ggml.model", "rwkv"), "rwkv");
        assertGgufRefused(gguf().remove("tokenizer.ggml.tokens"), "tokenizer.ggml.tokens");
        assertGgufRefused(gguf().remove("tokenizer.ggml.merges"), "tokenizer.ggml.merges");
        assertGgufRefused(gguf().remove("tokenizer.ggml.model"), "no tokenizer");
        assertGgufRefused(gguf().ints("tokenizer.ggml.token_type", 1, 1), "2 token types for 4");
        assertGgufRefused(gguf().ints("tokenizer.ggml.token_type", 1, 1, 1, 9), "type 9");
        assertGgufRefused(gguf().strings("tokenizer.ggml.merges", List.of("a c")), "\"c\"");
        assertGgufRefused(gguf().strings("tokenizer.ggml.merges", List.of("a b", "a b")), "twice");
        assertGgufRefused(gguf().strings("tokenizer.ggml.merges", List.of("ab")), "not two pieces");
        assertGgufRefused(
                gguf().strings("tokenizer.ggml.tokens", List.of("a", "b", "ab", "b"))
                        .ints("tokenizer.ggml.token_type", 1, 1, 1, 1),
                "\"b\"");
        assertGgufRefused(gguf().u32("tokenizer.ggml.eos_token_id", 4), "eos_token_id", "only 4 tokens");
        assertGgufRefused(gguf().string("tokenizer.ggml.eos_token_id", "x"), "eos_token_id");
        assertGgufRefused(
                gguf().string("tokenizer.ggml.model", "llama").floats("tokenizer.ggml.scores", 1, 2), "2 scores for 4");
        assertGgufRefused(
                gguf().string("tokenizer.ggml.model", "llama").floats("tokenizer.ggml.scores", 1, 2, Float.NaN, 3),
                "token 2");
        assertGgufRefused(
                gguf().string("tokenizer.ggml.model", "llama")
                        .strings("tokenizer.ggml.tokens", List.of("a", "b", "ab", "<0x00>"))
                        .ints("tokenizer.ggml.token_type", 1, 1, 1, 6),
                "<0x01>");
    }
}
