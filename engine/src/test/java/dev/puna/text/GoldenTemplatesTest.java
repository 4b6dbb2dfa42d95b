package dev.puna.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.SharedData;
import dev.puna.file.Json;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Templates with the text that Python's Jinja makes of them. */
class GoldenTemplatesTest {
    static final Clock CLOCK = Clock.fixed(Instant.parse("2025-07-10T12:00:00Z"), ZoneOffset.UTC);

    @Test
    void chatTemplatesRenderAsInPython() {
        check("templates/chat-templates.json", "data");
    }

    @Test
    void casesRenderAsInPython() {
        check("templates/jinja-cases.json", "context");
    }

    @SuppressWarnings("unchecked")
    private static void check(String file, String variables) {
        var cases = (List<Map<String, Object>>) Json.parse(SharedData.require(file));
        var wrong = new ArrayList<String>();
        for (Map<String, Object> one : cases) {
            String name = (String) one.get("name");
            String result;
            try {
                result = ChatTemplate.of((String) one.get("template"), name)
                        .render((Map<String, Object>) one.get(variables), Map.of(), CLOCK)
                        .text();
            } catch (TemplateError error) {
                result = "error: " + error.getMessage();
            }
            boolean right = one.containsKey("error")
                    ? result.startsWith("error: ") || result.equals(one.get("expected_js"))
                    : result.equals(one.get("expected"));
            if (!right) {
                wrong.add(name + "\n  expected " + one.getOrDefault("expected", one.get("error")) + "\n  got      "
                        + result);
            }
        }
        assertThat(wrong).as("of %d", cases.size()).isEmpty();
    }
}
