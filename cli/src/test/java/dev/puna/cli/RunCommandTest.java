package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.ChainModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {
    @TempDir
    static Path folder;

    static Path model;

    @BeforeAll
    static void write() throws IOException {
        model = ChainModel.write(folder.resolve("model"), "Paris.");
    }

    @Test
    void theAnswerAloneIsOnStandardOutput() {
        assertThat(Ran.puna("run", model, "Where?")).isEqualTo(new Ran(0, "Paris.\n", ""));
    }

    @Test
    void aPipeIsAPrompt() {
        assertThat(Ran.fed("Where?\n", "run", model)).isEqualTo(new Ran(0, "Paris.\n", ""));
        assertThat(Ran.fed("Where?\n", "run", model, "-")).isEqualTo(new Ran(0, "Paris.\n", ""));
    }

    @Test
    void aPipeFollowsThePrompt() {
        // 256, user, "Say:" + "\n\n" + "it", end, assistant
        Ran ran = Ran.fed("it\n", "run", model, "Say:", "--stats");
        assertThat(ran.out()).isEqualTo("Paris.\n");
        assertThat(ran.err()).startsWith("12 prompt tokens");
    }

    @Test
    void whatIsCutIsSaid() throws IOException {
        List<String> words = List.of("again ", "and ");
        Path endless = ChainModel.write(
                folder.resolve("endless"), new ChainModel.Script(words, true, 2000, ChainModel.TEMPLATE));
        String twice = "again and ".repeat(256);
        assertThat(Ran.puna("run", endless, "x"))
                .isEqualTo(new Ran(
                        0,
                        twice + "\n",
                        "the answer is cut: it repeated itself without end (--max-tokens N lets it go on)\n"));
        Ran longer = Ran.puna("run", endless, "x", "--max-tokens", "600");
        assertThat(longer).isEqualTo(new Ran(0, "again and ".repeat(300) + "\n", ""));
        assertThat(Ran.puna("run", endless, "x", "--json").out()).contains("\"finish\":\"loop\"");
        Ran full = Ran.puna("run", endless, "x", "--context", "100");
        assertThat(full.err()).isEqualTo("the answer is cut: the context of 100 tokens is full\n");
        // Raw texts are continued as they come.
        Ran raw = Ran.puna("complete", endless, "<|assistant|>", "--special");
        assertThat(raw.err()).isEqualTo("the answer is cut: the context of 2000 tokens is full\n");
    }

    @Test
    void anEmptyPipeIsNoPrompt() {
        Ran ran = Ran.fed("\n", "run", model);
        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("puna: there is no prompt").hasLineCount(1);
        assertThat(Ran.fed("", "run", model, "Where?", "--stats").err()).startsWith("10 prompt tokens");
        assertThat(Ran.puna("run", model, "").err()).isEqualTo("puna: the prompt is empty\n");
    }

    @Test
    void aPipeThatNeverEndsDoesNotHoldAPromptUp() throws Exception {
        var never = new CountDownLatch(1);
        var input = new InputStream() {
            @Override
            public int read() throws IOException {
                try {
                    never.await();
                    return -1;
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        };
        Ran ran = Ran.run(input, false, "run", model, "Where?");
        never.countDown();
        assertThat(ran.out()).isEqualTo("Paris.\n");
        assertThat(ran.err()).startsWith("puna: nothing came on standard input");
    }

    @Test
    void theSystemsMessageComesFirst() {
        Ran ran = Ran.puna("run", model, "Where?", "--system", "Be brief.", "--stats");
        assertThat(ran.err()).startsWith("21 prompt tokens");
    }

    @Test
    void theJsonIsThatOfComplete() {
        assertThat(Ran.puna("run", model, "Where?", "--json").json())
                .containsExactly(
                        Map.entry("ids", CompleteCommandTest.longs('P', 'a', 'r', 'i', 's', '.', ChainModel.END)),
                        Map.entry("text", "Paris."),
                        Map.entry("finish", "stop"));
        assertThat(Ran.puna("run", model, "Where?", "--json", "--stop", "ri").json())
                .containsEntry("text", "Pa")
                .containsEntry("finish", "stop");
    }

    @Test
    void controlTokensThatAUserTypesAreText() {
        // "<|end|>" is seven ids of its own.
        assertThat(Ran.puna("run", model, "<|end|>", "--stats").err()).startsWith("11 prompt tokens");
    }

    @Test
    void aPromptWithoutQuotesIsExplained() {
        assertThat(Ran.puna("run", model, "Where", "is", "it?").err()).contains("put the prompt in quotes");
    }

    @Test
    void aModelWithoutATemplateSaysWhatItCanDo() throws IOException {
        Path bare = ChainModel.write(folder.resolve("bare"), "Paris.");
        Files.writeString(
                bare.resolve("tokenizer_config.json"), "{\"bos_token\":\"<|begin|>\",\"eos_token\":\"<|end|>\"}");
        Ran ran = Ran.puna("run", bare, "Where?");
        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.err()).isEqualTo("puna: the model has no chat template: it can only continue a raw text\n");
    }

    @Test
    void onATerminalControlCharactersAreSpeltOut() throws IOException {
        Path sly = ChainModel.write(folder.resolve("sly"), "a\u001b[2J");
        assertThat(Ran.onTerminal("run", sly, "x").out()).endsWith("a\\u001b[2J\n");
        assertThat(Ran.puna("run", sly, "x").out()).isEqualTo("a\u001b[2J\n");
    }
}
