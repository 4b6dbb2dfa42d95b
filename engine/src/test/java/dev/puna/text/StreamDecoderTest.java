package dev.puna.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamDecoderTest {
    @TempDir
    Path folder;

    private Tokenizer bytes;
    private Tokenizer llama;

    @BeforeEach
    void open() throws IOException {
        bytes = Tokenizers.open(Files.writeString(folder.resolve("ranks"), TinyFiles.ranks()));
        llama = Tokenizers.open(Files.write(
                folder.resolve("llama"), TinyFiles.sentencePiece(TinyFiles.sentencePieces(), TinyFiles.Says.LLAMA)));
    }

    @Test
    void anIdBeyondTheVocabularyHasNoText() {
        var decoder = new StreamDecoder(bytes);
        assertThat(decoder.accept(bytes.vocabSize())).isEmpty();
        assertThat(decoder.accept(bytes.encode("a")[0]) + decoder.finish()).isEqualTo("a");
    }

    @Test
    void partsTogetherAreTheWholeForTokensInAnyOrder() {
        var random = new Random(9);
        for (Tokenizer tokenizer : new Tokenizer[] {bytes, llama}) {
            for (int i = 0; i < 5_000; i++) {
                int[] ids = i % 2 == 0
                        ? tokenizer.encode(Fuzz.text(random))
                        : random.ints(random.nextInt(30), 0, tokenizer.vocabSize())
                                .toArray();
                var decoder = new StreamDecoder(tokenizer);
                var text = new StringBuilder();
                for (int id : ids) {
                    String part = decoder.accept(id);
                    assertThat(Utf8.sound(part)).as("whole characters").isEqualTo(part);
                    text.append(part);
                }
                assertThat(text.append(decoder.finish())).hasToString(tokenizer.decode(ids));
            }
        }
    }

    @Test
    void bytesThatAreNotUtf8BecomeWhatAWholeDecodeMakesOfThem() {
        var random = new Random(10);
        for (int i = 0; i < 20_000; i++) {
            byte[] text = new byte[random.nextInt(9)];
            for (int at = 0; at < text.length; at++) {
                int[] likely = {
                    0x41, 0x80, 0xBF, 0xC3, 0xE0, 0xA0, 0xED, 0x9F, 0xE2, 0xF0, 0x90, 0xF4, 0x8F, 0xFF, 0xC0, 0xF5
                };
                text[at] = (byte) likely[random.nextInt(likely.length)];
            }
            var decoder = new StreamDecoder(bytes);
            var all = new StringBuilder();
            for (byte b : text) {
                all.append(decoder.accept(b & 0xFF));
            }
            String whole = Utf8.decode(text, 0, text.length);
            assertThat(all.append(decoder.finish())).hasToString(whole);
            if (!whole.contains("\uFFFD")) {
                assertThat(whole).isEqualTo(new String(text, StandardCharsets.UTF_8));
            }
        }
        assertThat(Utf8.decode(new byte[] {(byte) 0xE2, (byte) 0x82, 'a', (byte) 0xED, (byte) 0xA0, (byte) 0x80}, 0, 6))
                .isEqualTo("\uFFFDa\uFFFD\uFFFD\uFFFD");
    }

    @Test
    void allCharactersSurviveByteByByte() {
        var out = new ByteArrayOutputStream();
        var text = new StringBuilder();
        for (int c = 0; c <= Character.MAX_CODE_POINT; c += c < 0x3000 ? 1 : 97) {
            if (c < 0xD800 || c > 0xDFFF) {
                text.appendCodePoint(c);
                out.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        byte[] utf8 = out.toByteArray();
        assertThat(Utf8.encode(text.toString())).isEqualTo(utf8);
        assertThat(Utf8.decode(utf8, 0, utf8.length)).isEqualTo(text.toString());
    }

    @Test
    void theSpaceThatEncodingAddedIsNotPartOfATextButIsBetweenTwo() {
        int[] ids = llama.encode("the the");
        assertThat(llama.decode(ids)).isEqualTo("the the");
        var reply = StreamDecoder.continuing(llama);
        assertThat(reply.accept(ids[0]) + reply.accept(ids[1])).isEqualTo(" the the");
    }

    @Test
    void controlTokensAreNoTextUnlessAskedFor() {
        int bos = llama.bos().orElseThrow();
        int[] ids = {bos, llama.encode("the")[0], bos};
        assertThat(llama.decode(ids)).isEqualTo("the");
        assertThat(llama.decodeSpecial(ids)).isEqualTo("<s> the<s>");
    }
}
