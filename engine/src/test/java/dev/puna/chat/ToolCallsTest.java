package dev.puna.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.file.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ToolCallsTest {
    static final Path SHOWN = Path.of("tool-calls.json");

    static final List<Tool> TOOLS = List.of(
            tool("get_weather", "city"),
            tool("now"),
            tool("put", "value", "flag"),
            tool("math.add", "a", "b"),
            tool("brave_search", "query"),
            tool("wolfram_alpha", "query"),
            tool("code_interpreter", "code"));

    /** Marks that are control tokens of the models that know them. */
    static final Pattern MARKS = Pattern.compile("<\\|python_tag\\|>|\\[TOOL_CALLS\\]|\\[ARGS\\]");

    static Tool tool(String name, String... parameters) {
        Map<String, Object> properties = new LinkedHashMap<>();
        Stream.of(parameters).forEach(p -> properties.put(p, Map.of()));
        return new Tool(name, "", Map.of("type", "object", "properties", properties));
    }

    /** A text, and what a reader must make of it. */
    record Case(String why, CallForm form, String text, List<Object> calls, String content) {
        @Override
        public String toString() {
            return form + ": " + why;
        }
    }

    /** What a reader made of a text: name and arguments of each call. */
    record Read(List<Object> calls, String content, List<Delta> deltas) {}

    static List<Case> cases() {
        try (InputStream in = ToolCallsTest.class.getResourceAsStream("tool-calls.json")) {
            List<Case> cases = new ArrayList<>();
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (Object one : (List<?>) Json.parse(text, SHOWN)) {
                Map<String, Object> map = Json.object(one, SHOWN, "a case");
                cases.add(new Case(
                        (String) map.get("why"),
                        CallForm.valueOf(((String) map.get("form")).toUpperCase(Locale.ROOT)),
                        (String) map.get("text"),
                        new ArrayList<>((List<?>) map.get("calls")),
                        (String) map.get("content")));
            }
            return cases;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads a text that comes in pieces which end at these places. */
    static Read read(CallForm form, String text, boolean eager, boolean parallel, int... ends) {
        List<Delta> deltas = new ArrayList<>();
        var ids = IntStream.iterate(0, i -> i + 1).iterator();
        var reader = new ToolCalls(TOOLS, form, parallel, eager, () -> "call" + ids.next(), deltas::add);
        int at = 0;
        for (int end : IntStream.concat(IntStream.of(ends), IntStream.of(text.length()))
                .toArray()) {
            Matcher mark = MARKS.matcher(text.substring(at, end));
            int from = 0;
            while (mark.find()) {
                reader.text(text.substring(at, end).substring(from, mark.start()));
                reader.control(mark.group());
                from = mark.end();
            }
            reader.text(text.substring(at + from, end));
            at = end;
        }
        reader.end(false);
        return put(deltas);
    }

    static Read put(List<Delta> deltas) {
        List<Object> calls = new ArrayList<>();
        var content = new StringBuilder();
        var arguments = new StringBuilder();
        String name = null;
        for (Delta delta : deltas) {
            switch (delta) {
                case Delta.Text text -> {
                    assertThat(text.text()).isNotEmpty();
                    content.append(text.text());
                }
                case Delta.Reasoning _ -> throw new AssertionError("nobody thinks here");
                case Delta.CallStart start -> {
                    assertThat(start.index()).isEqualTo(calls.size());
                    assertThat(start.id()).isEqualTo("call" + calls.size());
                    assertThat(name).isNull();
                    name = start.name();
                    arguments.setLength(0);
                }
                case Delta.CallArguments more -> {
                    assertThat(more.index()).isEqualTo(calls.size());
                    assertThat(more.json()).isNotEmpty();
                    arguments.append(more.json());
                }
                case Delta.CallEnd end -> {
                    assertThat(end.index()).isEqualTo(calls.size());
                    calls.add(List.of(name, Json.parse(arguments.toString(), SHOWN)));
                    name = null;
                }
            }
        }
        return new Read(calls, content.toString(), deltas);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyShapeIsReadWhereverItIsCut(Case one) {
        assertRead(one, read(one.form, one.text, false, true));
        int[] marks = MARKS.matcher(one.text)
                .results()
                .flatMapToInt(m -> IntStream.range(m.start() + 1, m.end()))
                .toArray();
        int[] everywhere = IntStream.range(1, one.text.length())
                .filter(i -> IntStream.of(marks).noneMatch(m -> m == i))
                .toArray();
        assertRead(one, read(one.form, one.text, false, true, everywhere));
        for (int cut : everywhere) {
            assertRead(one, read(one.form, one.text, false, true, cut));
        }
    }

    private static void assertRead(Case one, Read read) {
        assertThat(read.calls).isEqualTo(one.calls);
        assertThat(read.content).isEqualTo(one.content);
    }
}
