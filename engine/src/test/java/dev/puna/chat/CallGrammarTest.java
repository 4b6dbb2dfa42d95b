package dev.puna.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.puna.ChainModel;
import dev.puna.SharedData;
import dev.puna.file.Json;
import dev.puna.load.Checkpoint;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.sample.grammar.TokenTrie;
import dev.puna.text.Message;
import dev.puna.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CallGrammarTest {
    static final Tool WEATHER = new Tool(
            "get_weather",
            "",
            object("{\"type\":\"object\",\"properties\":{\"city\":{\"enum\":[\"Paris\",\"Rome\"]},"
                    + "\"days\":{\"$ref\":\"#/$defs/few\"}},\"required\":[\"city\"],\"additionalProperties\":false,"
                    + "\"$defs\":{\"few\":{\"enum\":[1,2,true,null]}}}"));
    static final Tool NOW = new Tool("now", "", object("{\"type\":\"object\",\"additionalProperties\":false}"));

    @TempDir
    static Path folder;

    /** Bytes, and some pieces that go across the edges of what is fixed. */
    static Tokenizer tokenizer;

    static TokenTrie trie;

    @BeforeAll
    static void open() throws IOException {
        var pieces = List.of(
                "<|python_tag|>",
                "[TOOL_CALLS]",
                "{\"",
                "\": ",
                ": {\"",
                "\"}",
                "}}",
                "name",
                "par",
                "<tool_",
                "call>[",
                ")]",
                "(c",
                ", ",
                "[get",
                "=\"P",
                "hello ",
                " {",
                "l>[{\"");
        Path model = ChainModel.write(
                folder.resolve("model"), new ChainModel.Script(pieces, false, 100, ChainModel.TEMPLATE));
        tokenizer = Checkpoint.open(model).tokenizer().orElseThrow();
        trie = new TokenTrie(tokenizer);
    }

    static Map<String, Object> object(String json) {
        return Call.arguments(json);
    }

    static List<Integer> allowed(Constraint constraint) {
        List<Integer> ids = ids(constraint);
        for (int id = 0; id < tokenizer.vocabSize(); id++) {
            assertThat(constraint.allows(id)).as("token %d", id).isEqualTo(ids.contains(id));
        }
        return ids;
    }

    private static List<Integer> ids(Constraint constraint) {
        long[] mask = new long[(tokenizer.vocabSize() + 63) / 64];
        constraint.allowed(mask);
        return IntStream.range(0, tokenizer.vocabSize())
                .filter(id -> (mask[id >> 6] >> id & 1) == 1)
                .boxed()
                .toList();
    }

    static Constraint constraint(CallForm form, Tools tools) {
        return new CallGrammars(form, tokenizer, trie)
                .constraint(tools, Optional.empty())
                .orElseThrow();
    }

    /** An answer by chance, within what is allowed. */
    static List<Integer> walk(Constraint constraint, Random random) {
        return walk(constraint, random, true);
    }

    private static List<Integer> walk(Constraint constraint, Random random, boolean checked) {
        List<Integer> ids = new ArrayList<>();
        while (!constraint.complete() && !(constraint.mayEnd() && random.nextInt(3) == 0)) {
            List<Integer> choices = checked ? allowed(constraint) : ids(constraint);
            assertThat(choices).isNotEmpty();
            int id = choices.get(random.nextInt(choices.size()));
            constraint.accept(id);
            ids.add(id);
        }
        return ids;
    }

    /** The same as text that comes in pieces which end anywhere. */
    private static ToolCallsTest.Read read(CallForm form, Tools tools, List<Integer> ids, Random random) {
        List<Delta> deltas = new ArrayList<>();
        int[] count = new int[1];
        var reader = new ToolCalls(tools.declared(), form, true, true, () -> "call" + count[0]++, deltas::add);
        var bytes = new ByteArrayOutputStream();
        for (int id : ids) {
            if (tokenizer.isControl(id)) {
                reader.control(tokenizer.piece(id));
            } else {
                bytes.writeBytes(tokenizer.bytes(id));
            }
        }
        String text = bytes.toString(StandardCharsets.UTF_8);
        for (int at = 0; at < text.length(); ) {
            int end = Math.min(text.length(), at + 1 + random.nextInt(9));
            reader.text(text.substring(at, end));
            at = end;
        }
        reader.end(false);
        return ToolCallsTest.put(deltas);
    }

    static ToolCallsTest.Read read(CallForm form, Tools tools, List<Integer> ids) {
        List<Delta> deltas = new ArrayList<>();
        int[] count = new int[1];
        var reader = new ToolCalls(tools.declared(), form, true, true, () -> "call" + count[0]++, deltas::add);
        for (int id : ids) {
            if (tokenizer.isControl(id)) {
                reader.control(tokenizer.piece(id));
            } else {
                reader.text(new String(tokenizer.bytes(id), StandardCharsets.ISO_8859_1));
            }
        }
        reader.end(false);
        return ToolCallsTest.put(deltas);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsDemandedIsCalledAndNothingElse(CallForm form) {
        var random = new Random(7);
        boolean several = false;
        for (int i = 0; i < 60; i++) {
            boolean parallel = i % 2 == 0;
            Tools.Choice choice = i % 3 == 0 ? new Tools.Choice.Named("get_weather") : new Tools.Choice.Required();
            var tools = new Tools(List.of(WEATHER, NOW), choice, parallel);
            List<Integer> ids = walk(constraint(form, tools), random);
            var read = read(form, tools, ids);
            assertThat(read.content()).isEmpty();
            assertThat(read.calls()).isNotEmpty();
            several |= read.calls().size() > 1;
            for (Object one : read.calls()) {
                var call = (List<?>) one;
                if (call.getFirst().equals("now")) {
                    assertThat(i % 3).isNotZero();
                    assertThat(call.getLast()).isEqualTo(Map.of());
                } else {
                    var arguments = (Map<?, ?>) call.getLast();
                    assertThat(arguments.get("city")).isIn("Paris", "Rome");
                    Object days = arguments.get("days"); // 2 may be written 2.0
                    assertThat(days instanceof Number n ? (Object) n.longValue() : days)
                            .isIn(1L, 2L, true, null);
                }
            }
            assertThat(parallel || read.calls().size() == 1).isTrue();
        }
        assertThat(several).isTrue();
    }

    /** Texts of all kinds, numbers and what is nested, under a name of 64 characters; another program judges. */
    @ParameterizedTest
    @EnumSource
    void whatIsWrittenByChanceIsReadBackAndValid(CallForm form) {
        var schema = object("""
                {"type":"object","properties":{
                  "text":{"type":"string","maxLength":9},
                  "word":{"type":"string","enum":["yes","no \\"x\\"","}\\n<","مرحبا"]},
                  "count":{"type":"integer","minimum":-5,"maximum":500},
                  "flag":{"type":"boolean"},
                  "list":{"type":"array","items":{"type":"string","maxLength":4},"maxItems":3},
                  "inner":{"type":"object","properties":{"a":{"type":"string","maxLength":5},"b":{"type":["integer","null"]}},
                    "required":["a"],"additionalProperties":false}},
                 "required":["text","inner"],"additionalProperties":false}""");
        var tool = new Tool("n".repeat(64), "", schema);
        var judge = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(Json.write(schema), InputFormat.JSON);
        var random = new Random(form.ordinal());
        for (int i = 0; i < 40; i++) {
            var tools = new Tools(List.of(tool, NOW), new Tools.Choice.Required(), true);
            var read = read(form, tools, walk(constraint(form, tools), random, false), random);
            assertThat(read.content()).isEmpty();
            assertThat(read.calls()).isNotEmpty();
            for (Object one : read.calls()) {
                if (((List<?>) one).getFirst().equals(tool.name())) {
                    assertThat(judge.validate(Json.write(((List<?>) one).getLast()), InputFormat.JSON))
                            .as("%s", one)
                            .isEmpty();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = "MISTRAL", mode = EnumSource.Mode.EXCLUDE)
    void aCallThatHasBegunComesToAGoodEnd(CallForm form) {
        String opening = switch (form) {
            case JSON -> "Well: {\"name\": \"get_weather\", \"parameters\": ";
            case PYTHON -> "Well: [get_weather(";
            case FUNCTION -> "Well: <function=get_weather>";
            case PARAMETERS -> "Well: <tool_call>\n<function=get_weather>";
            case TAGGED, GENERIC, MISTRAL -> "Well: <tool_call>";
        };
        var tools = Tools.auto(WEATHER, NOW);
        var random = new Random(8);
        for (int i = 0; i < 20; i++) {
            Constraint constraint = constraint(form, tools);
            assertThat(constraint.mayEnd()).isTrue();
            List<Integer> ids = new ArrayList<>();
            for (byte b : opening.getBytes(StandardCharsets.UTF_8)) {
                assertThat(allowed(constraint)).contains((int) b);
                constraint.accept(b);
                ids.add((int) b);
            }
            assertThat(constraint.mayEnd()).isFalse();
            Constraint other = constraint.fork();
            while (!constraint.mayEnd()) {
                // White space is allowed without end: it gets thinner.
                List<Integer> choices = allowed(constraint);
                List<Integer> dense = choices.stream().filter(id -> id > ' ').toList();
                int id = (dense.isEmpty() ? choices : dense)
                        .get(random.nextInt(Math.max(1, dense.isEmpty() ? choices.size() : dense.size())));
                constraint.accept(id);
                ids.add(id);
            }
            assertThat(other.mayEnd()).isFalse();
            assertThat(read(form, tools, ids).calls()).isNotEmpty();
            assertThat(allowed(constraint)).hasSize(tokenizer.vocabSize()); // text again
        }
    }

    @Test
    void aTokenMayReachIntoACallOnlyWhereItSuits() {
        Constraint constraint = constraint(CallForm.GENERIC, Tools.auto(WEATHER));
        int open = tokenizer.id("<tool_").orElseThrow();
        constraint.accept(open);
        List<Integer> next = allowed(constraint);
        assertThat(next).contains(tokenizer.id("call>[").orElseThrow(), (int) 'c', (int) 'x');
        for (byte b : "cal".getBytes(StandardCharsets.UTF_8)) {
            constraint.accept(b);
        }
        assertThat(constraint.allows(tokenizer.id("l>[{\"").orElseThrow())).isTrue();
        Constraint function = constraint(CallForm.FUNCTION, Tools.auto(NOW));
        for (byte b : "<function=now>".getBytes(StandardCharsets.UTF_8)) {
            function.accept(b);
        }
        assertThat(function.allows(tokenizer.id("{\"").orElseThrow())).isFalse();
        assertThat(function.allows('{')).isTrue();
    }

    @Test
    void aFormForTextsLeavesCallsPossible() {
        var text = dev.puna.sample.grammar.Grammar.jsonSchema("{\"enum\":[\"yes\",\"no\"]}")
                .constraint(trie);
        Constraint either = new CallGrammars(CallForm.GENERIC, tokenizer, trie)
                .constraint(Tools.auto(NOW), Optional.of(text))
                .orElseThrow();
        assertThat(allowed(either)).contains((int) '"', (int) '<').doesNotContain((int) 'x');
        Constraint other = either.fork();
        for (byte b : "\"no\"".getBytes(StandardCharsets.UTF_8)) {
            either.accept(b);
        }
        assertThat(either.complete()).isTrue();
        other.accept('<');
        assertThat(other.mayEnd()).isFalse();
        assertThat(other.forced()).isNotEmpty();
    }

    @Test
    void whatCannotBeEnforcedIsRefusedWhereItMustBe() {
        var odd = object("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"pattern\":\"(\"}}}");
        var loose = new Tool("odd", "", odd);
        var strict = new Tool("odd", "", odd, true);
        assertThat(constraint(CallForm.JSON, Tools.auto(loose))).isNotNull();
        assertThatThrownBy(() -> constraint(CallForm.JSON, Tools.auto(strict)))
                .isInstanceOf(BadRequest.class)
                .hasMessageStartingWith("tools declares odd with parameters that cannot be enforced: ");
        var named = new Tools(List.of(loose), new Tools.Choice.Named("odd"), true);
        assertThatThrownBy(() -> constraint(CallForm.PYTHON, named)).isInstanceOf(BadRequest.class);
    }

    @Test
    void aModelThatKnowsNoToolsCallsThem() {
        var tools = new Tools(
                List.of(new Tool(
                        "get_weather",
                        "The weather of a city",
                        object("{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"},"
                                + "\"days\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9}},"
                                + "\"required\":[\"city\",\"days\"],\"additionalProperties\":false}"))),
                new Tools.Choice.Required(),
                false);
        var sampling = Sampling.GREEDY.with(s -> s.maxTokens = OptionalInt.of(100));
        try (var llama = Assistant.load(SharedData.smollm2())) {
            List<Message> talk =
                    new ArrayList<>(List.of(Message.user("What is the weather in Paris in the next 3 days?")));
            Reply reply = llama.answer(new Question(talk, tools, sampling)).reply();
            assertThat(reply.finish()).isEqualTo(Ending.CALLS);
            assertThat(reply.text()).isEmpty();
            assertThat(reply.calls()).hasSize(1);
            Call call = reply.calls().getFirst();
            Map<String, Object> arguments = Call.arguments(call.arguments());
            assertThat(arguments).containsOnlyKeys("city", "days");
            assertThat((String) arguments.get("city")).contains("Paris");
            assertThat((Long) arguments.get("days")).isBetween(1L, 9L);
            assertThat(call.arguments()).isEqualTo(Json.write(arguments));
            talk.add(Message.calls(null, List.of(call.message())));
            talk.add(Message.tool(call.id(), call.name(), "{\"weather\":\"sunny\"}"));
            var after = new Tools(tools.declared(), new Tools.Choice.None(), true);
            Reply said = llama.answer(new Question(talk, after, sampling)).reply();
            assertThat(said.calls()).isEmpty();
            assertThat(said.text()).isNotBlank();
        }
    }
}
