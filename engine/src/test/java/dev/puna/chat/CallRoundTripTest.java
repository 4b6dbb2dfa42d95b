package dev.puna.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.SharedData;
import dev.puna.file.Json;
import dev.puna.sample.Sampling;
import dev.puna.text.BuiltInTemplates;
import dev.puna.text.ChatTemplate;
import dev.puna.text.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls that a model's template writes are read back as they were: random calls, cut at random places. */
class CallRoundTripTest {
    static final Map<String, String> SPECIAL = Map.of("bos_token", "<s>", "eos_token", "</s>");
    static final int ROUNDS = 60;
    static final String[] TEXTS = {
        "Paris",
        "",
        " ",
        "a \"b\" 'c'",
        "back\\slash\\n",
        "two\nlines\ttab\r",
        "é مرحبا 🙂 漢字",
        "{\"a\": [1, }",
        ")],(=",
        "</tool_call>",
        "</function>",
        "<function=put>{}",
        "[put(value=1)]",
        "None",
        "\u0001\u007f",
        "{\"name\": \"now\"}",
        "\"\"\"",
        "'''",
        "<|eot_id|>",
        "`code` ```fence```"
    };

    static Template template(String name) throws IOException {
        ChatTemplate template;
        if (name.endsWith(".jinja")) {
            String source = Files.readString(SharedData.require("templates/jinja/" + name));
            template = ChatTemplate.of(source, name);
        } else {
            template = BuiltInTemplates.valueOf(name).template();
        }
        return new Template(template, SPECIAL);
    }

    @ParameterizedTest
    @CsvSource({
        "LLAMA_2, GENERIC",
        "LLAMA_3, GENERIC",
        "LLAMA_3_1, JSON",
        "LLAMA_3_2, PYTHON",
        "LLAMA_4, PYTHON",
        "CHATML, GENERIC",
    })
    void ourTemplatesAreReadBack(String name, CallForm form) throws IOException {
        aTemplateIsReadBack(name, form);
    }

    @ParameterizedTest
    @CsvSource({
        "meta-llama-Llama-3.1-8B-Instruct.jinja, JSON",
        "meta-llama-Llama-3.2-3B-Instruct.jinja, JSON",
        "meta-llama-Llama-3.3-70B-Instruct.jinja, JSON",
        "meetkai-functionary-medium-v3.1.jinja, FUNCTION",
        "Qwen-Qwen2.5-7B-Instruct.jinja, TAGGED",
        "Qwen-Qwen3-0.6B.jinja, TAGGED",
        "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use.jinja, TAGGED",
        "NousResearch-Hermes-3-Llama-3.1-8B-tool_use.jinja, TAGGED",
        "mistralai-Mistral-Nemo-Instruct-2407.jinja, MISTRAL",
        "HuggingFaceTB-SmolLM3-3B.jinja, GENERIC",
        "microsoft-Phi-3.5-mini-instruct.jinja, GENERIC",
        "google-gemma-2-2b-it.jinja, GENERIC",
    })
    void othersTemplatesAreReadBack(String name, CallForm form) throws IOException {
        aTemplateIsReadBack(name, form);
    }

    private static void aTemplateIsReadBack(String name, CallForm form) throws IOException {
        Template template = template(name);
        assertThat(template.form()).isEqualTo(form);
        var random = new Random(name.hashCode());
        for (int round = 0; round < ROUNDS; round++) {
            List<Message.ToolCall> calls = new ArrayList<>();
            int count = 1 + random.nextInt(3);
            for (int i = 0; i < (form == CallForm.JSON ? 1 : count); i++) {
                calls.add(call(random));
            }
            String written = written(template, calls);
            int[] ends = IntStream.range(0, random.nextInt(8))
                    .map(_ -> random.nextInt(written.length() + 1))
                    .filter(at -> !inMark(written, at))
                    .sorted()
                    .toArray();
            List<Object> expected = new ArrayList<>();
            calls.forEach(c -> expected.add(List.of(c.name(), plain(c.arguments()))));
            for (boolean eager : new boolean[] {false, true}) {
                var read = ToolCallsTest.read(form, written, eager, true, ends);
                assertThat(read.calls())
                        .as("%s, round %d, cut at %s: %s", name, round, Arrays.toString(ends), written)
                        .isEqualTo(expected);
                assertThat(read.content()).isEmpty();
            }
        }
    }

    /** Texts stand without quotes there, so a tool must say what it takes. */
    @Test
    void qwen3CodersParametersAreReadBack() throws IOException {
        Template template = template("Qwen3-Coder.jinja");
        assertThat(template.form()).isEqualTo(CallForm.PARAMETERS);
        Map<String, Object> properties = new LinkedHashMap<>();
        for (String type : List.of("string", "object", "array", "number", "boolean")) {
            properties.put(type, Map.of("type", type));
        }
        var tool = new Tool("t".repeat(64), "", Map.of("type", "object", "properties", properties));
        var random = new Random(9);
        for (int round = 0; round < ROUNDS; round++) {
            List<Message.ToolCall> calls = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                Map<String, Object> arguments = new LinkedHashMap<>();
                arguments.put("string", TEXTS[random.nextInt(TEXTS.length)]);
                arguments.put("object", Map.of("a", value(random, 3), "b", "x</parameter>\n</function>\"y"));
                arguments.put("array", List.of(value(random, 2), value(random, 2), "]</parameter>"));
                arguments.put("number", random.nextInt(2000) / 16.0 - 50);
                arguments.put("boolean", random.nextBoolean());
                calls.add(new Message.ToolCall("abcdefghi", tool.name(), arguments));
            }
            String written = written(template, calls);
            List<Object> expected = new ArrayList<>();
            calls.forEach(c -> expected.add(List.of(c.name(), plain(c.arguments()))));
            for (boolean eager : new boolean[] {false, true}) {
                List<Delta> deltas = new ArrayList<>();
                var ids = IntStream.iterate(0, i -> i + 1).iterator();
                var reader = new ToolCalls(
                        List.of(tool), CallForm.PARAMETERS, true, eager, () -> "call" + ids.next(), deltas::add);
                int cut = random.nextInt(written.length());
                reader.text(written.substring(0, cut));
                reader.text(written.substring(cut));
                reader.end(false);
                var read = ToolCallsTest.put(deltas);
                assertThat(read.calls()).as("round %d: %s", round, written).isEqualTo(expected);
                assertThat(read.content()).isEmpty();
            }
        }
    }

    private static boolean inMark(String text, int at) {
        return ToolCallsTest.MARKS.matcher(text).results().anyMatch(m -> m.start() < at && at < m.end());
    }

    /** What the assistant must have said for the talk to look as it does. */
    private static String written(Template template, List<Message.ToolCall> calls) {
        var asked = new Question(List.of(Message.user("a")), Tools.auto(), Sampling.GREEDY);
        var answered =
                new Question(List.of(Message.user("a"), Message.calls(null, calls)), Tools.auto(), Sampling.GREEDY);
        String before = template.render(asked).text();
        String all = template.render(answered, false).text();
        int common = 0;
        while (common < before.length() && before.charAt(common) == all.charAt(common)) {
            common++;
        }
        return all.substring(common)
                .replaceFirst("^<think>\\s*</think>\\s*", "")
                .replaceFirst("((<\\|(eot_id|eom_id|eom|eot|im_end|end)\\|>|</s>|<end_of_turn>)\\s*)+$", "");
    }

    /** As a reader of JSON has it. */
    private static Object plain(Map<String, Object> arguments) {
        return Json.parse(Json.write(arguments), ToolCallsTest.SHOWN);
    }

    private static Message.ToolCall call(Random random) {
        Map<String, Object> arguments = new LinkedHashMap<>();
        Tool tool = ToolCallsTest.TOOLS.get(random.nextInt(4));
        for (Object parameter : ((Map<?, ?>) tool.schema().get("properties")).keySet()) {
            if (random.nextInt(4) > 0) {
                arguments.put((String) parameter, value(random, 3));
            }
        }
        return new Message.ToolCall("abcdefghi", tool.name(), arguments);
    }

    private static Object value(Random random, int depth) {
        return switch (random.nextInt(depth == 0 ? 6 : 8)) {
            case 0, 1 -> TEXTS[random.nextInt(TEXTS.length)];
            case 2 -> random.nextLong() >> random.nextInt(64);
            case 3 -> random.nextInt(2000) / 16.0 - 50;
            case 4 -> random.nextBoolean();
            case 5 -> Math.scalb(random.nextDouble(), random.nextInt(200) - 100);
            case 6 -> {
                List<Object> list = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    list.add(value(random, depth - 1));
                }
                yield list;
            }
            default -> {
                Map<String, Object> map = new LinkedHashMap<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    map.put(TEXTS[random.nextInt(TEXTS.length)], value(random, depth - 1));
                }
                yield map;
            }
        };
    }

    @Test
    void declarationsAndResultsReachEveryModel() throws IOException {
        var tools = new Tools(List.of(ToolCallsTest.tool("lookup_thing", "what")), new Tools.Choice.Auto(), true);
        var call = new Message.ToolCall("call_1", "lookup_thing", Map.of("what", "x17"));
        var second = new Message.ToolCall("call_2", "lookup_thing", Map.of("what", "x18"));
        List<Message> talk = List.of(
                Message.user("Find x17 and x18"),
                Message.calls(null, List.of(call, second)),
                Message.tool("call_1", "lookup_thing", "result of 17"),
                Message.tool("call_2", "lookup_thing", "result of 18"));
        for (var builtIn : BuiltInTemplates.values()) {
            String text = template(builtIn.name())
                    .render(new Question(talk, tools, Sampling.GREEDY))
                    .text();
            assertThat(text)
                    .as(builtIn.name())
                    .contains("Find x17", "x17", "x18")
                    .containsSubsequence("result of 17", "result of 18");
            assertThat(text.indexOf("lookup_thing")).isLessThan(text.indexOf("Find x17"));
            assertThat(text).doesNotContain("null").doesNotContain("None");
        }
    }

    @Test
    void aTemplateForOneCallAtATimeGetsSeveralOneByOne() throws IOException {
        List<Message> talk = List.of(
                Message.user("a"),
                Message.calls(
                        "both",
                        List.of(new Message.ToolCall("1", "f", Map.of()), new Message.ToolCall("2", "g", Map.of()))),
                Message.tool("2", "g", "of g"),
                Message.tool("1", "f", "of f"),
                Message.user("b"));
        assertThat(template("LLAMA_3_1")
                        .render(new Question(talk, Sampling.GREEDY))
                        .text())
                .containsSubsequence("\"f\"", "of f", "\"g\"", "of g", "b<|eot_id|>");
    }

    @Test
    void llamasBuiltInToolsAreDeclaredByName() throws IOException {
        Template template = template("meta-llama-Llama-3.3-70B-Instruct.jinja");
        var tools = Tools.auto(ToolCallsTest.tool("brave_search", "query"), ToolCallsTest.tool("now"));
        var call = new Message.ToolCall("1", "brave_search", Map.of("query", "x"));
        List<Message> talk = List.of(
                Message.user("a"), Message.calls(null, List.of(call)), Message.tool("1", "brave_search", "found"));
        assertThat(template.render(new Question(talk, tools, Sampling.GREEDY)).text())
                .contains(
                        "Environment: ipython\nTools: brave_search\n",
                        "<|python_tag|>brave_search.call(query=\"x\")<|eom_id|>",
                        "<|start_header_id|>ipython<|end_header_id|>\n\n\"found\"<|eot_id|>");
    }

    @Test
    void withoutLeaveToCallToolsAreNotDeclared() throws IOException {
        var none = new Tools(List.of(ToolCallsTest.tool("get_weather")), new Tools.Choice.None(), true);
        for (var builtIn : BuiltInTemplates.values()) {
            assertThat(template(builtIn.name())
                            .render(new Question(List.of(Message.user("a")), none, Sampling.GREEDY))
                            .text())
                    .doesNotContain("get_weather");
        }
    }

    @Test
    void contentInPartsIsOneTextAndNoContentIsNone() throws IOException {
        Template template = template("CHATML");
        var parts = List.of(Map.of("type", "text", "text", "one"), Map.of("type", "text", "text", "two"));
        var user = new Message("user", parts, List.of(), null, null, null);
        var nothing = new Message("assistant", null, List.of(), null, null, null);
        assertThat(template.render(new Question(List.of(user, nothing, Message.user("b")), Sampling.GREEDY))
                        .text())
                .contains("user\none\ntwo<|im_end|>", "assistant\n<|im_end|>");
    }
}
