package dev.puna.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.puna.text.TinyFiles.Piece;
import dev.puna.text.TinyFiles.Says;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
    @TempDir
    Path folder;

    private Tokenizer open(String name, byte[] bytes) {
        try {
            return Tokenizers.open(Files.write(folder.resolve(name), bytes));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Tokenizer json(Map<String, Object> file) {
        return open("tokenizer.json", TinyFiles.json(file));
    }

    private Tokenizer ranks() {
        return open("tokenizer.model", TinyFiles.ranks().getBytes(StandardCharsets.US_ASCII));
    }

    private Tokenizer sentencePiece(List<Piece> pieces, Says says) {
        return open("tokenizer.model", TinyFiles.sentencePiece(pieces, says));
    }

    private Tokenizer sentencePiece() {
        return sentencePiece(TinyFiles.sentencePieces(), Says.LLAMA);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> model(Map<String, Object> file) {
        return (Map<String, Object>) file.get("model");
    }

    /** A byte-level file in which control tokens are pieces, results of merges and whole words as well. */
    @SuppressWarnings("unchecked")
    private static Map<String, Object> treacherousJson() {
        Map<String, Object> file = TinyFiles.byteLevelJson();
        model(file).put("ignore_merges", true);
        file.put("pre_tokenizer", TinyFiles.component("ByteLevel", "add_prefix_space", false, "use_regex", false));
        var vocabulary = (Map<String, Object>) model(file).get("vocab");
        for (String piece : List.of("<s", "<s>", "endx", "\u0120endx")) {
            vocabulary.put(piece, (long) vocabulary.size());
        }
        var merges = (List<Object>) model(file).get("merges");
        merges.addAll(List.of("< s", List.of("<s", ">")));
        TinyFiles.add(file, "<s>", "special");
        TinyFiles.add(file, "endx", "special");
        TinyFiles.add(file, "<|eot_id|>", "special");
        TinyFiles.add(file, "<tool>");
        return file;
    }

    private List<Tokenizer> all() {
        return List.of(json(TinyFiles.byteLevelJson()), json(treacherousJson()), ranks(), sentencePiece());
    }

    private static List<String> pieces(Tokenizer tokenizer, int... ids) {
        List<String> pieces = new ArrayList<>();
        for (int id : ids) {
            pieces.add(tokenizer.piece(id));
        }
        return pieces;
    }

    private static long controls(Tokenizer tokenizer, int[] ids) {
        return IntStream.of(ids).filter(tokenizer::isControl).count();
    }

    @Test
    void userTextNeverBecomesAControlToken() {
        for (Tokenizer tokenizer : all()) {
            List<String> controls = new ArrayList<>();
            for (int id = 0; id < tokenizer.vocabSize(); id++) {
                if (tokenizer.isControl(id)) {
                    controls.add(tokenizer.piece(id));
                }
            }
            var random = new Random(5);
            for (int i = 0; i < 3_000; i++) {
                String text = Fuzz.text(random);
                if (!controls.isEmpty()) {
                    text += controls.get(random.nextInt(controls.size())) + (i % 2 == 0 ? "" : Fuzz.text(random));
                    text = i % 3 == 0 ? controls.get(random.nextInt(controls.size())) + text : text;
                }
                assertThat(controls(tokenizer, tokenizer.encode(text))).isZero();
                assertThat(tokenizer.encode(MarkedText.input(text))).isEqualTo(tokenizer.encode(text));
            }
        }
    }

    @Test
    void controlTokensComeWhereTheyAreAskedFor() {
        Tokenizer tokenizer = json(treacherousJson());
        assertThat(pieces(tokenizer, tokenizer.encodeSpecial("<s>ab<|eot_id|>endx")))
                .containsExactly("<s>", "ab", "<|eot_id|>", "endx");
        assertThat(pieces(tokenizer, tokenizer.encode("<s>ab"))).containsExactly("<s", ">", "ab");
        Tokenizer llama = sentencePiece();
        assertThat(pieces(llama, llama.encodeSpecial("<s>ab</s>a")))
                .containsExactly("<s>", "\u2581", "ab", "</s>", "\u2581a");
        assertThat(pieces(llama, llama.encode("<s>x"))).containsExactly("\u2581", "<s", ">", "x");
    }

    @Test
    void tokensOfTheModelsMakerMatchInPlainText() {
        Tokenizer tokenizer = json(treacherousJson());
        assertThat(pieces(tokenizer, tokenizer.encode("ab<tool>ab"))).containsExactly("ab", "<tool>", "ab");
        List<Piece> pieces = TinyFiles.sentencePieces();
        pieces.add(new Piece("<tool>", 0, Kind.USER_DEFINED));
        pieces.add(new Piece("<tool>\u2581a", 0, Kind.USER_DEFINED));
        Tokenizer llama = sentencePiece(pieces, Says.LLAMA);
        assertThat(pieces(llama, llama.encode("ab<tool>ab"))).containsExactly("\u2581", "ab", "<tool>", "ab");
        assertThat(pieces(llama, llama.encode("<tool> ab"))).containsExactly("\u2581", "<tool>\u2581a", "b");
    }

    @Test
    void controlTokensOfATemplateNeedAllTheirCharactersUnmarked() {
        Tokenizer tokenizer = json(treacherousJson());
        String text = "<s>a<s>b<|eot_id|>";
        for (int from = 0; from < text.length(); from++) {
            for (int to = from + 1; to <= text.length(); to++) {
                var marks = new BitSet();
                marks.set(from, to);
                int[] ids = tokenizer.encode(new MarkedText(text, marks));
                int expected = (from < 3 ? 0 : 1) + (from < 7 && to > 4 ? 0 : 1) + (to > 8 ? 0 : 1);
                assertThat(controls(tokenizer, ids)).isEqualTo(expected);
                assertThat(tokenizer.decodeSpecial(ids)).isEqualTo(text);
            }
        }
    }

    @Test
    void marksCutNothing() {
        for (Tokenizer tokenizer : all()) {
            var random = new Random(6);
            for (int i = 0; i < 2_000; i++) {
                String text = Fuzz.text(random).replace("<", "");
                var marks = new BitSet();
                random.ints(4, 0, text.length() + 1)
                        .filter(at -> at < text.length())
                        .forEach(marks::set);
                assertThat(tokenizer.encode(new MarkedText(text, marks))).isEqualTo(tokenizer.encode(text));
            }
        }
    }

    @Test
    void marksFollowTheirCharactersThroughNormalization() {
        Map<String, Object> file = treacherousJson();
        file.put(
                "normalizer",
                TinyFiles.component(
                        "Sequence",
                        "normalizers",
                        List.of(
                                TinyFiles.component("Prepend", "prepend", "\u00E9\u00E9\u00E9"),
                                TinyFiles.component("NFC"),
                                TinyFiles.component("Replace", "pattern", Map.of("String", "zz"), "content", "<s>"),
                                TinyFiles.component("Strip", "strip_left", false, "strip_right", true))));
        TinyFiles.add(file, "<x>", "special", "normalized");
        Tokenizer tokenizer = json(file);
        String text = "e\u0301e\u0301zz<|eot_id|>zze\u0301<s> <s>zz  ";
        int fromInput = text.lastIndexOf("<s>");
        var marks = new BitSet();
        marks.set(fromInput, fromInput + 3);
        int[] ids = tokenizer.encode(new MarkedText(text, marks));
        assertThat(controls(tokenizer, ids)).isEqualTo(2); // what a replacement makes is text
        assertThat(controls(tokenizer, tokenizer.encodeSpecial(text))).isEqualTo(3);
        assertThat(controls(tokenizer, tokenizer.encode(MarkedText.input(text))))
                .isZero();
    }

    @Test
    void addedTokensHonourTheirFlags() {
        Map<String, Object> file = TinyFiles.byteLevelJson();
        TinyFiles.add(file, "<l>", "lstrip");
        TinyFiles.add(file, "<r>", "rstrip");
        TinyFiles.add(file, "<w>", "single_word");
        TinyFiles.add(file, "<long>");
        TinyFiles.add(file, "<lo");
        Tokenizer tokenizer = json(file);
        assertThat(pieces(tokenizer, tokenizer.encode("ab \n<l>ab"))).containsExactly("ab", "<l>", "ab");
        assertThat(pieces(tokenizer, tokenizer.encode("ab<r> \u00A0ab"))).containsExactly("ab", "<r>", "ab");
        assertThat(pieces(tokenizer, tokenizer.encode("<w> <w>"))).containsExactly("<w>", "\u0120", "<w>");
        assertThat(pieces(tokenizer, tokenizer.encode("1<w>"))).containsExactly("1", "<", "w", ">");
        assertThat(pieces(tokenizer, tokenizer.encode("<long><lo>"))).containsExactly("<long>", "<lo", ">");
    }

    @Test
    void decodingGivesTheTextBack() {
        for (Tokenizer tokenizer : all()) {
            var random = new Random(7);
            for (int i = 0; i < 3_000; i++) {
                String text = Fuzz.text(random).replace("\u2581", "");
                assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
            }
        }
    }

    @Test
    void surrogatesWithoutTheirPartnersBecomeReplacements() {
        for (Tokenizer tokenizer : all()) {
            assertThat(tokenizer.decode(tokenizer.encode("a\uD83Db\uDE42\uD83D")))
                    .isEqualTo("a\uFFFDb\uFFFD\uFFFD");
        }
    }

    @Test
    void everyTokenIsFoundByItsSpelling() {
        for (Tokenizer tokenizer : all()) {
            for (int id = 0; id < tokenizer.vocabSize(); id++) {
                assertThat(tokenizer.id(tokenizer.piece(id))).hasValue(id);
            }
            assertThat(tokenizer.id("no such token")).isEmpty();
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> tokenizer.piece(-1));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> tokenizer.bytes(tokenizer.vocabSize()));
        }
    }

    @Test
    void allSourcesOfAVocabularyGiveTheSameIds() throws IOException {
        Map<String, Object> file = TinyFiles.byteLevelJson();
        model(file).put("ignore_merges", true);
        file.put(
                "pre_tokenizer",
                TinyFiles.component(
                        "Sequence",
                        "pretokenizers",
                        List.of(
                                TinyFiles.component(
                                        "Split",
                                        "pattern",
                                        Map.of("Regex", Words.LLAMA3.regex()),
                                        "behavior",
                                        "Isolated",
                                        "invert",
                                        false),
                                TinyFiles.component("ByteLevel", "add_prefix_space", false, "use_regex", false))));
        Tokenizer json = json(file);
        Tokenizer ranks = ranks();
        var random = new Random(8);
        for (int i = 0; i < 5_000; i++) {
            String text = Fuzz.text(random);
            assertThat(ranks.encode(text)).isEqualTo(json.encode(text));
        }
        assertThat(Tokenizers.fromFolder(folder)).isPresent();
        assertThat(Tokenizers.fromFolder(Files.createDirectory(folder.resolve("empty"))))
                .isEmpty();
    }

    @Test
    void rankFilesNameTheControlTokensOfLlama3() {
        Tokenizer tokenizer = ranks();
        int first = TinyFiles.pieces().size();
        assertThat(tokenizer.vocabSize()).isEqualTo(first + 256);
        assertThat(tokenizer.bos()).hasValue(first);
        assertThat(tokenizer.id("<|start_header_id|>")).hasValue(first + 6);
        assertThat(tokenizer.id("<|reserved_special_token_245|>")).hasValue(first + 255);
        assertThat(tokenizer.endOfGeneration()).containsExactly(first + 1, first + 8, first + 9);
        assertThat(tokenizer.addBos()).isTrue();
    }

    @Test
    void sentencePieceTreatsSpacesAsItsModelSays() {
        Tokenizer llama = sentencePiece();
        assertThat(llama.encode("")).isEmpty();
        assertThat(pieces(llama, llama.encode(" the"))).containsExactly("\u2581", "\u2581the");
        Tokenizer collapsing = sentencePiece(TinyFiles.sentencePieces(), new Says(true, true, true, 2, ""));
        assertThat(pieces(collapsing, collapsing.encode("  the   the  "))).containsExactly("\u2581the", "\u2581the");
        assertThat(collapsing.encode("   ")).isEmpty();
        Tokenizer bare = sentencePiece(TinyFiles.sentencePieces(), new Says(false, false, true, 2, ""));
        assertThat(pieces(bare, bare.encode("the"))).containsExactly("t", "he");
        assertThat(bare.decode(bare.encode(" the"))).isEqualTo(" the");
    }

    @Test
    void unknownCharactersBecomeBytesOrOneUnknownToken() {
        Tokenizer llama = sentencePiece();
        assertThat(pieces(llama, llama.encode("a\u00E9"))).containsExactly("\u2581a", "<0xC3>", "<0xA9>");
        Tokenizer without = sentencePiece(TinyFiles.sentencePieces(), new Says(true, false, false, 2, ""));
        int[] ids = without.encode("a\u00E9\u00E9a\u00E9");
        assertThat(pieces(without, ids)).containsExactly("\u2581a", "<unk>", "a", "<unk>");
        assertThat(without.decode(ids)).isEqualTo("a \u2047 a \u2047 ");
    }

    @Test
    void unusedPiecesHelpOthersButStayOutOfTheResult() {
        List<Piece> pieces = TinyFiles.sentencePieces();
        pieces.replaceAll(
                piece -> piece.text().equals("\u2581th") || piece.text().equals("ing")
                        ? new Piece(piece.text(), piece.score(), Kind.UNUSED)
                        : piece);
        Tokenizer tokenizer = sentencePiece(pieces, Says.LLAMA);
        assertThat(pieces(tokenizer, tokenizer.encode("the thing")))
                .containsExactly("\u2581the", "\u2581t", "h", "in", "g");
    }

    @Test
    void equalScoresMergeFromTheLeft() {
        List<Piece> pieces = TinyFiles.sentencePieces();
        pieces.replaceAll(piece -> new Piece(piece.text(), 0, piece.kind()));
        Tokenizer tokenizer = sentencePiece(pieces, new Says(false, false, true, 2, ""));
        assertThat(pieces(tokenizer, tokenizer.encode("aaaaa"))).containsExactly("aaaa", "a");
        assertThat(pieces(tokenizer, tokenizer.encode("aab"))).containsExactly("aa", "b");
    }

    @Test
    void rolesComeFromWhateverNamesThem() throws IOException {
        Map<String, Object> file = treacherousJson();
        Map<String, Object> bos = new LinkedHashMap<>();
        bos.put("SpecialToken", Map.of("id", "<s>", "type_id", 0L));
        file.put(
                "post_processor",
                TinyFiles.component(
                        "TemplateProcessing",
                        "single",
                        List.of(bos, Map.of("Sequence", Map.of("id", "A", "type_id", 0L)))));
        Tokenizer template = json(file);
        assertThat(template.addBos()).isTrue();
        assertThat(template.addEos()).isFalse();
        assertThat(template.bos()).isEqualTo(template.id("<s>"));
        assertThat(template.endOfGeneration())
                .containsExactly(template.id("<|eot_id|>").orElseThrow());
        Files.writeString(folder.resolve("tokenizer_config.json"), """
                {"bos_token": {"content": "endx"}, "eos_token": "<s>", "add_bos_token": false, "model_max_length": 1e30}
                """);
        Tokenizer configured = Tokenizers.open(folder);
        assertThat(configured.bos()).isEqualTo(configured.id("endx"));
        assertThat(configured.eos()).isEqualTo(configured.id("<s>"));
        assertThat(configured.addBos()).isFalse();
        assertThat(configured.endOfGeneration()).hasSize(2);
    }
}
