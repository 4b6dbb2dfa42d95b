package dev.puna.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.file.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Small templates of our own, one corner of the language each: every filter, method and test with odd arguments, format
 * strings, scopes, loops, macros, white space, slices, JSON. What they make was computed by Jinja2 3.1.6 in the sandbox
 * that Hugging Face's library (5.23.0) sets up, with {@code append} and {@code pop} of lists allowed and noon of 10 July
 * 2025 as the present time. In the file, {@code error} stands where Python raises an exception of any kind.
 */
class OwnTemplatesTest {
    private static final String FILE = "jinja-own-cases.json";
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2025-07-10T12:00:00Z"), ZoneOffset.UTC);

    @Test
    void everyCaseRendersAsInPython() throws IOException {
        var wrong = new ArrayList<String>();
        var cases = cases();
        for (Map<String, Object> one : cases) {
            String expected = one.containsKey("error") ? "an error" : "«" + one.get("expected") + "»";
            String result = result(one);
            if (!result.equals(expected)) {
                wrong.add(one.get("template") + "\n  expected " + expected + "\n  got      " + result);
            }
        }
        assertThat(cases).hasSizeGreaterThan(1000);
        assertThat(wrong).as("of %d", cases.size()).isEmpty();
    }

    @SuppressWarnings("unchecked")
    private static String result(Map<String, Object> one) {
        var variables = (Map<String, Object>) one.getOrDefault("context", Map.of());
        try {
            return "«"
                    + ChatTemplate.of((String) one.get("template"), "case")
                            .render(variables, Map.of(), CLOCK)
                            .text()
                    + "»";
        } catch (TemplateError _) {
            return "an error";
        }
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> cases() throws IOException {
        try (InputStream in = OwnTemplatesTest.class.getResourceAsStream(FILE)) {
            assertThat(in).as(FILE).isNotNull();
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return (List<Map<String, Object>>) Json.parse(text, Path.of(FILE));
        }
    }
}
