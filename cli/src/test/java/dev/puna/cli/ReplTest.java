package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.ChainModel;
import dev.puna.chat.Assistant;
import dev.puna.sample.Sampling;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplTest {
    private static final String CTRL_C = "^C";
    private static final String TYPED_CTRL_C = "x^C";
    private static final String BUSY_CTRL_C = "busy^C";

    @TempDir
    static Path folder;

    static Path model;

    @BeforeAll
    static void write() throws IOException {
        model = ChainModel.write(folder.resolve("model"), "Paris.");
    }

    @Test
    void eachTurnKnowsThoseBefore() {
        Shown shown = chat(true, "Where?", "And why?");
        assertThat(shown.out).contains("Paris.\n\nParis.\n");
        // begin user Where? end assistant; then Paris. end user And why? end assistant, of which 16 are known
        assertThat(shown.err).contains("10 prompt tokens at").contains("28 prompt tokens (16 known)");
    }

    @Test
    void aSystemsMessageHoldsForTheTurnsAfterIt() {
        Shown shown = chat(true, "/system Be brief.", "/system", "Where?", "/system \"\"", "/clear", "Where?");
        assertThat(shown.out).contains("Be brief.\n");
        assertThat(shown.err).contains("21 prompt tokens").contains("10 prompt tokens");
    }

    @Test
    void clearBeginsANewConversation() {
        Shown shown = chat(true, "Where?", "/clear", "Where?");
        assertThat(shown.err).contains("A new conversation.").containsOnlyOnce("10 prompt tokens (9 known)");
    }

    @Test
    void aConversationIsSavedAndLoaded() throws IOException {
        Path file = folder.resolve("talk.json");
        chat(false, "أين؟", "/save " + file);
        assertThat(file)
                .hasContent("{\"model\":\"model\",\"messages\":[{\"role\":\"user\",\"content\":\"أين؟\"},"
                        + "{\"role\":\"assistant\",\"content\":\"Paris.\"}]}\n");
        Shown shown = chat(true, "/load " + file, "Why?", "/save " + file);
        assertThat(shown.err)
                .contains("2 messages loaded.")
                .contains("26 prompt tokens")
                .contains("4 messages saved.");
    }

    @Test
    void whatIsNoConversationIsNeitherLoadedNorReplaced() throws IOException {
        Path file = Files.writeString(folder.resolve("letter.txt"), "Dear all");
        Shown shown =
                chat(false, "/save " + file, "/load " + file, "/load " + folder.resolve("none"), "/save", "Where?");
        assertThat(file).hasContent("Dear all");
        assertThat(shown.err)
                .contains(file + ": exists and is no saved conversation")
                .contains("letter.txt: at byte 0")
                .contains("none: no such file")
                .contains("/save needs the name of a file");
        assertThat(shown.out).contains("Paris.\n");
    }

    @Test
    void anUnknownCommandIsNotSentToTheModel() {
        Shown shown = chat(false, "/claer", " /claer");
        assertThat(shown.err).contains("there is no command /claer (did you mean /clear?)");
        assertThat(shown.out).containsOnlyOnce("Paris.");
    }

    @Test
    void ctrlCStopsTheAnswerAndNotTheChat() {
        // z repeats itself until the context is full, so only Ctrl-C ends it early.
        Shown shown = chat(false, BUSY_CTRL_C, "Where?");
        assertThat(shown.err).contains("(stopped)");
        assertThat(shown.out).endsWith("Paris.\n\n");
        assertThat(shown.exit).isZero();
    }

    @Test
    void ctrlCAtThePromptLeavesTheSecondTime() {
        assertThat(chat(false, CTRL_C, CTRL_C, "Where?").out)
                .contains("Ctrl-C again")
                .doesNotContain("Paris");
        assertThat(chat(false, CTRL_C, "Where?", CTRL_C, "Where?").out).contains("Paris.\n\n");
        assertThat(chat(false, TYPED_CTRL_C, TYPED_CTRL_C, "Where?").out)
                .contains("Paris.")
                .doesNotContain("again");
    }

    @Test
    void exitLeaves() {
        for (String exit : List.of("/exit", "/quit", "/bye")) {
            assertThat(chat(false, exit, "Where?").out).doesNotContain("Paris");
        }
    }

    @Test
    void aConversationThatDoesNotFitIsRefusedWithBothNumbersAndAWayOut() {
        Shown shown = chat(false, "x".repeat(300), "Where?");
        assertThat(shown.err)
                .contains("the prompt has 304 tokens")
                .contains("holds 200")
                .contains("/clear begins a new conversation");
        assertThat(shown.out).contains("Paris.\n");
    }

    @Test
    void linesGoOnAfterABackslashAndBetweenQuotes() {
        assertThat(Repl.unfinished("a")).isFalse();
        assertThat(Repl.unfinished("a\\")).isTrue();
        assertThat(Repl.unfinished("a\\\\")).isFalse();
        assertThat(Repl.unfinished("\"\"\"")).isTrue();
        assertThat(Repl.unfinished("\"\"\"a\nb")).isTrue();
        assertThat(Repl.unfinished("\"\"\"a\nb\"\"\"")).isFalse();
        assertThat(Repl.message("a\\\nb")).isEqualTo("a\nb");
        assertThat(Repl.message("\"\"\"\na\nb\n\"\"\"")).isEqualTo("a\nb");
        assertThat(Repl.message("plain \"quoted\" text")).isEqualTo("plain \"quoted\" text");
    }

    private record Shown(int exit, String out, String err) {}

    private static Shown chat(boolean stats, String... lines) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var output = new Output(out, false, err, false, true);
        try (Assistant assistant = Assistant.load(model)) {
            var repl = new Repl(output, new Script(lines), assistant, Sampling.GREEDY, stats);
            int exit = repl.run();
            return new Shown(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        }
    }

    /** Types these lines, then Ctrl-D. */
    private static final class Script implements Repl.Lines {
        private final Deque<String> lines;
        private boolean busy;

        Script(String... lines) {
            this.lines = new ArrayDeque<>(List.of(lines));
        }

        @Override
        public String read(String prompt) throws Repl.Interrupted, Repl.Ended {
            String line = lines.poll();
            busy = false;
            switch (line) {
                case null -> throw new Repl.Ended();
                case CTRL_C -> throw new Repl.Interrupted(false);
                case TYPED_CTRL_C -> throw new Repl.Interrupted(true);
                case BUSY_CTRL_C -> {
                    busy = true;
                    return "a question";
                }
                default -> {
                    return line;
                }
            }
        }

        @Override
        public void whileBusy(Runnable onInterrupt, Runnable work) {
            if (!busy) {
                work.run();
                return;
            }
            var pressing = Thread.ofVirtual().start(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    onInterrupt.run();
                    Thread.onSpinWait();
                }
            });
            work.run();
            pressing.interrupt();
        }
    }
}
