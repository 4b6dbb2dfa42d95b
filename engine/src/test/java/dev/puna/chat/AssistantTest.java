package dev.puna.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.ChainModel;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.text.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AssistantTest {
    @TempDir
    static Path folder;

    static Path model;

    /** Room for more than a caller may leave unread: an answer without end then waits for its reader. */
    static final int LONG = 2_000;

    @BeforeAll
    static void write() throws IOException {
        model = ChainModel.write(folder.resolve("model"), "Pr🙂is.");
    }

    @Test
    void anAnswerComesInWholeCharacters() {
        try (var llama = Assistant.load(model)) {
            List<String> pieces = new ArrayList<>();
            Reply reply = llama.chat("Where?", pieces::add);
            assertThat(pieces).containsExactly("P", "r", "🙂", "i", "s", ".");
            assertThat(reply.text()).isEqualTo("Pr🙂is.");
            assertThat(reply.ids()).hasSize(10).endsWith(ChainModel.END);
            assertThat(reply.finish()).isEqualTo(Ending.STOP);
            assertThat(reply.usage().newTokens()).isEqualTo(10);
        }
    }

    @Test
    void thePromptIsTheTemplatesAndTheBeginningIsNotDoubled() {
        try (var llama = Assistant.load(model)) {
            assertThat(llama.prompt(List.of(Message.system("s"), Message.user("<|end|>"))))
                    .containsExactly(
                            ChainModel.BEGIN,
                            ChainModel.SYSTEM,
                            's',
                            ChainModel.END,
                            ChainModel.USER,
                            '<',
                            '|',
                            'e',
                            'n',
                            'd',
                            '|',
                            '>',
                            ChainModel.END,
                            ChainModel.ASSISTANT);
            assertThat(llama.tokens("a", false)).containsExactly(ChainModel.BEGIN, 'a');
            assertThat(llama.tokens("<|begin|>a", true)).containsExactly(ChainModel.BEGIN, 'a');
            assertThat(llama.tokens("<|begin|>", false)).hasSize(10).startsWith(ChainModel.BEGIN, '<');
        }
    }

    @Test
    void aStopStringEndsTheTextAndLeavesNothingOfItself() {
        try (var llama = Assistant.load(model)) {
            List<String> pieces = new ArrayList<>();
            var sampling = Sampling.GREEDY.with(s -> s.stop = List.of("is.", "🙂is!"));
            Reply reply = llama.chat(List.of(Message.user("x")), sampling, pieces::add);
            assertThat(pieces).containsExactly("P", "r", "🙂");
            assertThat(reply.text()).isEqualTo("Pr🙂");
            assertThat(reply.finish()).isEqualTo(Ending.STOP);
            assertThat(reply.ids()).hasSize(9).endsWith((int) '.');
            assertThat(reply.usage().newTokens()).isEqualTo(9);
            // The text ended before it was clear that this is no stop string.
            var unfinished = Sampling.GREEDY.with(s -> s.stop = List.of("s.x"));
            assertThat(llama.chat(List.of(Message.user("x")), unfinished, _ -> {})
                            .text())
                    .isEqualTo("Pr🙂is.");
        }
    }

    @Test
    void aCancelledAnswerKeepsWhatItHas() {
        try (var llama = Assistant.load(model, longContext())) {
            Answer answer = llama.complete(llama.tokens("z", false), Sampling.GREEDY);
            assertThat(answer.next()).contains("z");
            answer.cancel();
            Reply reply = answer.reply();
            assertThat(reply.finish()).isEqualTo(Ending.CANCELLED);
            assertThat(reply.text()).startsWith("z").hasSizeLessThan(LONG);
            assertThat(answer.next()).isEmpty();
            assertThat(llama.chat("Where?", _ -> {}).text()).isEqualTo("Pr🙂is.");
        }
    }

    @Test
    void anInterruptedReaderCancelsAndStaysInterrupted() {
        try (var llama = Assistant.load(model, longContext())) {
            Answer answer = llama.complete(llama.tokens("z", false), Sampling.GREEDY);
            Thread.currentThread().interrupt();
            Reply reply = answer.reply();
            assertThat(Thread.interrupted()).isTrue();
            assertThat(reply.finish()).isEqualTo(Ending.CANCELLED);
        }
    }

    @Test
    void manyCallersAreAnsweredAtOnce() throws Exception {
        try (var llama = Assistant.load(model);
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<String>> calls = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                String question = "Question " + i;
                calls.add(() -> llama.chat(question, _ -> {}).text());
            }
            for (var answer : callers.invokeAll(calls)) {
                assertThat(answer.get()).isEqualTo("Pr🙂is.");
            }
        }
    }

    @Test
    void aTalkComputesEachTurnOnce() {
        try (var llama = Assistant.load(model)) {
            Talk talk = llama.talk();
            talk.system("s");
            assertThat(talk.say("a", Sampling.GREEDY).reply().usage().cachedTokens())
                    .isZero();
            Reply second = talk.say("b", Sampling.GREEDY).reply();
            // All of the first turn but its end token, which was chosen and never computed.
            assertThat(second.usage().promptTokens()).isEqualTo(8 + 10 + 4);
            assertThat(second.usage().cachedTokens()).isEqualTo(8 + 9);
            assertThat(talk.messages())
                    .containsExactly(
                            Message.system("s"),
                            Message.user("a"),
                            Message.assistant("Pr🙂is."),
                            Message.user("b"),
                            Message.assistant("Pr🙂is."));
            talk.clear();
            assertThat(talk.messages()).containsExactly(Message.system("s"));
            assertThat(talk.system()).contains("s");
            talk.system("");
            assertThat(talk.messages()).isEmpty();
        }
    }

    @Test
    void aTurnWithoutAnyAnswerIsNoPartOfTheTalk() {
        try (var llama = Assistant.load(model)) {
            Talk talk = llama.talk();
            Answer answer = talk.say("a", Sampling.GREEDY);
            answer.cancel();
            Reply reply = answer.reply();
            assertThat(talk.messages()).hasSize(reply.text().isEmpty() ? 0 : 2);
            assertThatThrownBy(() -> talk.say("x".repeat(300), Sampling.GREEDY)).isInstanceOf(BadRequest.class);
            assertThat(talk.messages()).hasSize(reply.text().isEmpty() ? 0 : 2);
        }
    }

    @Test
    void maxTokensEndTheAnswer() {
        try (var llama = Assistant.load(model)) {
            var sampling = Sampling.GREEDY.with(s -> s.maxTokens = OptionalInt.of(2));
            Reply reply = llama.chat(List.of(Message.user("x")), sampling, _ -> {});
            assertThat(reply.text()).isEqualTo("Pr");
            assertThat(reply.finish()).isEqualTo(Ending.LENGTH);
        }
    }

    @Test
    void endlessRepetitionEndsAnAnswerThatNobodyEnds() throws IOException {
        var script = new ChainModel.Script(List.of("on ", "and "), true, LONG, ChainModel.TEMPLATE);
        Path endless = ChainModel.write(folder.resolve("endless"), script);
        try (var llama = Assistant.load(endless)) {
            Reply reply = llama.chat("x", _ -> {});
            assertThat(reply.finish()).isEqualTo(Ending.LOOP);
            assertThat(reply.text()).isEqualTo("on and ".repeat(Loops.TOKENS / 2));
            var asked = Sampling.GREEDY.with(s -> s.maxTokens = OptionalInt.of(700));
            assertThat(llama.chat(List.of(Message.user("x")), asked, _ -> {}).text())
                    .isEqualTo("on and ".repeat(350));
            Answer raw = llama.complete(new int[] {ChainModel.ASSISTANT}, Sampling.GREEDY);
            assertThat(raw.reply().finish()).isEqualTo(Ending.LENGTH);
            assertThat(raw.reply().ids()).hasSize(LONG - 1);
        }
    }

    @Test
    void whatTheMakersAdviseIsTheDefault() throws IOException {
        Path advised = ChainModel.write(folder.resolve("advised"), "abc");
        Files.writeString(
                advised.resolve("generation_config.json"),
                "{\"do_sample\":true,\"temperature\":0.6,\"top_p\":0.9,\"top_k\":20,\"repetition_penalty\":1.1}");
        try (var llama = Assistant.load(advised)) {
            assertThat(llama.defaults()).isEqualTo(Sampling.GREEDY.with(s -> {
                s.temperature = 0.6;
                s.topP = 0.9;
                s.topK = 20;
                s.repeatPenalty = 1.1;
            }));
        }
        Files.writeString(advised.resolve("generation_config.json"), "{\"do_sample\":false,\"temperature\":0.6}");
        try (var llama = Assistant.load(advised)) {
            assertThat(llama.defaults().greedy()).isTrue();
        }
        Files.writeString(advised.resolve("generation_config.json"), "{\"do_sample\":true,\"top_p\":1.6}");
        try (var llama = Assistant.load(advised)) { // what is out of range is no advice, the rest is
            assertThat(llama.defaults()).isEqualTo(Sampling.GREEDY.with(s -> s.temperature = 1));
        }
    }

    @Test
    void withoutATokenizerOnlyIdsCanBeContinued() throws IOException {
        Path bare = ChainModel.write(folder.resolve("bare"), "abc");
        Files.delete(bare.resolve("tokenizer.json"));
        try (var llama = Assistant.load(bare)) {
            Reply reply = llama.complete(new int[] {'a'}, Sampling.GREEDY).reply();
            assertThat(reply.ids()).containsExactly((int) 'b', (int) 'c', ChainModel.END);
            assertThat(reply.text()).isEmpty();
            assertThatThrownBy(() -> llama.chat("x", _ -> {})).hasMessageContaining("has no tokenizer");
            assertThatThrownBy(() -> llama.complete(new int[] {'a'}, Sampling.GREEDY.with(s -> s.stop = List.of("c"))))
                    .hasMessageContaining("stop cannot be found without a tokenizer");
        }
    }

    @Test
    void whatAFormLeavesNoChoiceOfTakesNoPass() {
        try (var llama = Assistant.load(model)) {
            Constraint form = llama.form(llama.grammars().jsonSchema("{\"const\":{\"name\":\"abcdefghij\"}}"));
            var question = new Question(List.of(Message.user("Where?")), Sampling.GREEDY);
            Reply reply = llama.answer(question.with(Optional.of(form))).await(_ -> {});
            assertThat(reply.text()).isEqualTo("{\"name\":\"abcdefghij\"}");
            assertThat(reply.usage().newTokens()).isGreaterThan(15);
            assertThat(llama.statistics().steps()).isLessThan(3);
        }
    }

    @Test
    void closingEndsWhatGrows() {
        var llama = Assistant.load(model);
        Answer answer = llama.complete(llama.tokens("z", false), Sampling.GREEDY);
        answer.next();
        llama.close();
        llama.close();
        assertThatThrownBy(answer::reply).hasMessage("the engine was closed");
    }

    private static Assistant.Options longContext() {
        var usual = Assistant.Options.DEFAULT;
        return new Assistant.Options(
                usual.tier(), usual.threads(), OptionalInt.of(LONG), usual.cache(), usual.users(), usual.queue());
    }
}
