package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.ChainModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizeCommandTest {
    @TempDir
    static Path folder;

    static Path model;

    @BeforeAll
    static void write() throws IOException {
        model = ChainModel.write(folder.resolve("model"), "abc");
    }

    @Test
    void theJsonHasIdsAndPieces() {
        Ran ran = Ran.puna("tokenize", model, "a b\n", "--json");
        assertThat(ran).isEqualTo(new Ran(0, "{\"ids\":[97,32,98,10],\"pieces\":[\"a\",\" \",\"b\",\"\\n\"]}\n", ""));
    }

    @Test
    void aPieceThatIsNoWholeCharacterIsItsBytes() {
        assertThat(Ran.puna("tokenize", model, "é", "--json").out())
                .isEqualTo("{\"ids\":[195,169],\"pieces\":[[195],[169]]}\n");
        assertThat(Ran.puna("tokenize", model, "é").out()).isEqualTo("195\t<c3>\n169\t<a9>\n");
        assertThat(Ran.puna("tokenize", model, "<c3>").out()).startsWith("60\t\"<\"\n");
    }

    @Test
    void theTextIsPlainAndBeginsWithItself() {
        assertThat(Ran.puna("tokenize", model, "<|end|>").out().lines()).hasSize(7);
        assertThat(Ran.puna("tokenize", model, "<|end|>a", "--special", "--bos", "--json")
                        .out())
                .isEqualTo("{\"ids\":[256,257,97],\"pieces\":[\"<|begin|>\",\"<|end|>\",\"a\"]}\n");
    }

    @Test
    void aTokenizerFileWillDo() throws IOException {
        Path text = Files.writeString(folder.resolve("text"), "ab\r\n");
        assertThat(Ran.puna("tokenize", model.resolve("tokenizer.json"), "--file", text, "--json")
                        .out())
                .isEqualTo("{\"ids\":[97,98,13,10],\"pieces\":[\"a\",\"b\",\"\\r\",\"\\n\"]}\n");
        assertThat(Ran.fed("ab", "tokenize", model.resolve("tokenizer.json")).out())
                .isEqualTo("97\t\"a\"\n98\t\"b\"\n");
        assertThat(Ran.puna("tokenize", model, "", "--json").out()).isEqualTo("{\"ids\":[],\"pieces\":[]}\n");
    }

    @Test
    void onATerminalColoursShowTheBounds() {
        Ran ran = Ran.onTerminal("tokenize", model, "ab\u001b");
        assertThat(ran.out())
                .isEqualTo("\u001b[36ma\u001b[0m\u001b[33mb\u001b[0m\u001b[36m\\u001b\u001b[0m\n"
                        + "\u001b[36m97\u001b[0m \u001b[33m98\u001b[0m \u001b[36m27\u001b[0m\n");
        assertThat(ran.err()).isEqualTo("3 tokens\n");
        assertThat(Ran.onTerminal("tokenize", model, "ab", "--color", "never").out())
                .isEqualTo("97\t\"a\"\n98\t\"b\"\n");
    }

    @Test
    void whatIsNoTokenizerIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("none.json"), "{}");
        Ran ran = Ran.puna("tokenize", file, "a");
        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.err()).startsWith("puna: " + file).hasLineCount(1);
    }
}
