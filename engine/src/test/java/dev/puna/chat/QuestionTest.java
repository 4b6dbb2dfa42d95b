package dev.puna.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.ChainModel;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Sampling;
import dev.puna.text.BuiltInTemplates;
import dev.puna.text.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole turns with tools and reasoning, by models that say what they are told to. */
class QuestionTest {
    static final Tools TOOLS = Tools.auto(ToolCallsTest.tool("get_weather", "city"), ToolCallsTest.tool("now"));

    @TempDir
    static Path folder;

    private static Assistant saying(String template, String... pieces) throws IOException {
        Path model = folder.resolve(Integer.toString(List.of(pieces).hashCode(), 36));
        return Assistant.load(ChainModel.write(model, new ChainModel.Script(List.of(pieces), false, 4000, template)));
    }

    private static String llama() {
        return BuiltInTemplates.LLAMA_3_1.template().source() + "<|assistant|>";
    }

    private static List<Delta> deltas(Answer answer) {
        List<Delta> all = new ArrayList<>();
        for (var delta = answer.delta(); delta.isPresent(); delta = answer.delta()) {
            all.add(delta.get());
        }
        return all;
    }

    private static Question question(Tools tools) {
        return new Question(List.of(Message.user("x")), tools, Sampling.GREEDY);
    }

    @Test
    void callsAreToldInPieces() throws IOException {
        try (var llama = saying(
                llama(),
                "Let me",
                " see.\n",
                "{\"name\"",
                ": \"get_",
                "weather\", \"parameters",
                "\": {\"ci",
                "ty\": \"Par",
                "is\"}}",
                "; {\"name\": \"now\"}")) {
            Answer answer = llama.answer(question(TOOLS));
            List<Delta> deltas = deltas(answer);
            Reply reply = answer.reply();
            assertThat(reply.text()).as("%s", reply).isEqualTo("Let me see.");
            assertThat(reply.finish()).as("%s", reply.calls()).isEqualTo(Ending.CALLS);
            assertThat(reply.calls())
                    .extracting(Call::name, Call::arguments)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple("get_weather", "{\"city\":\"Paris\"}"),
                            org.assertj.core.groups.Tuple.tuple("now", "{}"));
            assertThat(reply.calls())
                    .extracting(Call::id)
                    .doesNotHaveDuplicates()
                    .allMatch(id -> id.length() > 8);
            assertThat(deltas).filteredOn(d -> d instanceof Delta.CallEnd).hasSize(2);
            assertThat(reply.calls().getFirst().message().arguments()).isEqualTo(Map.of("city", "Paris"));
            // Without tools all of it is text.
            Reply plain = llama.answer(question(Tools.NONE)).reply();
            assertThat(plain.text()).startsWith("Let me see.\n{").endsWith("now\"}");
            assertThat(plain.finish()).isEqualTo(Ending.STOP);
        }
    }

    @Test
    void aModelThatKnowsNoToolsCallsInOurForm() throws IOException {
        try (var llama = saying(
                ChainModel.TEMPLATE,
                "<tool_call>[{\"name\": \"get_weat",
                "her\", \"arguments\": {\"city\": \"Hi",
                "lo\"}}]</tool_call>")) {
            Reply reply = llama.answer(question(TOOLS)).reply();
            assertThat(reply.text()).isEmpty();
            assertThat(reply.calls()).extracting(Call::arguments).containsExactly("{\"city\":\"Hilo\"}");
        }
    }

    @Test
    void controlTokensBeginCallsAndAreNoText() throws IOException {
        try (var llama = saying(llama(), "<|python_tag|>", "brave_search", ".call(query=", "\"x\")")) {
            var tools = Tools.auto(ToolCallsTest.tool("brave_search", "query"));
            Reply reply = llama.answer(question(tools)).reply();
            assertThat(reply.calls()).extracting(Call::arguments).containsExactly("{\"query\":\"x\"}");
            assertThat(reply.text()).isEmpty();
            assertThat(llama.answer(question(TOOLS)).reply().text()).isEqualTo("brave_search.call(query=\"x\")");
        }
    }

    @Test
    void oneCallIsEnoughWhereOneIsAllowed() throws IOException {
        try (var llama = saying(llama(), "{\"name\": \"now\"}", "\n{\"name\":", " \"get_weather\"}")) {
            var one = new Tools(TOOLS.declared(), TOOLS.choice(), false);
            Reply reply = llama.answer(question(one)).reply();
            assertThat(reply.calls()).extracting(Call::name).containsExactly("now");
            assertThat(reply.finish()).isEqualTo(Ending.CALLS);
            assertThat(reply.text()).isEmpty();
        }
    }

    @Test
    void whatIsNotWrittenToItsEndIsTextAndStops() throws IOException {
        try (var llama = saying(llama(), "{\"name\":  \"now\", ", "\"parameters\": {\"a", "\": oops}}")) {
            Reply reply = llama.answer(question(TOOLS)).reply();
            assertThat(reply.text()).isEqualTo("{\"name\":  \"now\", \"parameters\": {\"a\": oops}}");
            assertThat(reply.calls()).isEmpty();
            assertThat(reply.finish()).isEqualTo(Ending.STOP);
        }
    }

    @Test
    void thinkingIsToldFromTheAnswer() throws IOException {
        String knows = ChainModel.TEMPLATE + "{# </think> #}";
        try (var llama = saying(knows, "<th", "ink>", "hm, ", "well", "</th", "ink>\n\n", "Paris", " it is")) {
            Reply reply = llama.answer(question(TOOLS)).reply();
            assertThat(reply.reasoning()).isEqualTo("hm, well");
            assertThat(reply.text()).isEqualTo("Paris it is");
            assertThat(llama.chat("x", _ -> {}).text()).isEqualTo("<think>hm, well</think>\n\nParis it is");
            var few = new Question(
                    List.of(Message.user("x")), Tools.NONE, Sampling.GREEDY.with(s -> s.maxTokens = OptionalInt.of(3)));
            assertThat(llama.answer(few).reply().reasoning()).isEqualTo("hm, ");
        }
    }

    @Test
    void demandedCallsComeAfterTheThinkingThatThePromptBegins() throws IOException {
        String begins = ChainModel.TEMPLATE + "{# </think> #}<think>\n\n";
        var now = List.of(new Tool("now", "", Call.arguments("{\"additionalProperties\":false}")));
        var must = new Tools(now, new Tools.Choice.Required(), false);
        try (var llama = saying(begins, "I should", " look", "</thi", "nk>")) {
            Reply reply = llama.answer(question(must)).reply();
            assertThat(reply.reasoning()).isEqualTo("I should look");
            assertThat(reply.calls()).extracting(Call::name).containsExactly("now");
            assertThat(reply.text()).isEmpty();
            assertThat(reply.finish()).isEqualTo(Ending.CALLS);
        }
    }

    @Test
    void tokensComeWithTheTextThatTheyMake() throws IOException {
        try (var llama = saying(ChainModel.TEMPLATE, "one ", "two ", "three ", "four")) {
            var sampling = Sampling.GREEDY.with(s -> {
                s.logprobs = OptionalInt.of(1);
                s.stop = List.of("three f");
            });
            Answer answer = llama.answer(new Question(List.of(Message.user("x")), sampling));
            assertThat(answer.next()).contains("one ");
            assertThat(answer.spoken()).hasSize(1).allMatch(token -> new String(token.bytes()).equals("one "));
            assertThat(answer.next()).contains("two ");
            assertThat(answer.spoken())
                    .hasSize(1)
                    .allMatch(token -> token.logprobs().isPresent());
            assertThat(answer.next()).isEmpty();
            assertThat(answer.spoken()).isEmpty(); // cut off
            assertThat(answer.reply().stop()).contains("three f");
            assertThat(answer.reply().text()).isEqualTo("one two ");
        }
    }

    @Test
    void theNumberOfTokensIsThePromptsBeforeAndAfter() throws IOException {
        try (var llama = saying(llama(), "yes")) {
            int count = llama.prompt(question(TOOLS)).length;
            assertThat(llama.answer(question(TOOLS)).reply().usage().promptTokens())
                    .isEqualTo(count);
        }
    }

    @Test
    void whatCannotBeAskedIsRefusedByName() {
        var tool = ToolCallsTest.tool("now");
        assertThatThrownBy(() -> new Tools(List.of(tool, tool), new Tools.Choice.Auto(), true))
                .isInstanceOf(BadRequest.class)
                .hasMessage("tools declares now twice");
        assertThatThrownBy(() -> new Tools(List.of(), new Tools.Choice.Required(), true))
                .hasMessageStartingWith("toolChoice demands a call");
        assertThatThrownBy(() -> new Tools(List.of(tool), new Tools.Choice.Named("then"), true))
                .hasMessage("toolChoice names a function that is not among the tools: then");
        assertThatThrownBy(() -> new Tool("a b", "", Map.of())).hasMessageContaining("a b");
        assertThatThrownBy(() -> new Tool("a", "", Map.of("type", "array"))).hasMessageContaining("array");
        assertThatThrownBy(() -> new Question(
                        List.of(),
                        Tools.NONE,
                        Sampling.GREEDY,
                        Optional.empty(),
                        Map.of("tokenize", true),
                        true,
                        Caller.ANYONE))
                .hasMessageStartingWith("variables has tokenize");
        assertThatThrownBy(() -> Call.arguments("[]")).hasMessage("arguments of a tool call are no JSON object");
    }
}
