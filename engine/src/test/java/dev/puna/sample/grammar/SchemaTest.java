package dev.puna.sample.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.puna.SharedData;
import dev.puna.file.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@SuppressWarnings("unchecked")
class SchemaTest {
    private static final TokenTrie TRIE = Walk.trie();

    private static List<Map<String, Object>> cases() throws IOException {
        try (var in = SchemaTest.class.getResourceAsStream("schemas.json")) {
            return (List<Map<String, Object>>)
                    Json.parse(new String(in.readAllBytes(), UTF_8), Path.of("schemas.json"));
        }
    }

    @Test
    void whatASchemaAllowsIsAcceptedAndNothingElse() throws IOException {
        for (Map<String, Object> one : cases()) {
            Grammar grammar = Grammar.jsonSchema(one.get("schema"));
            for (Object text : (List<Object>) one.get("valid")) {
                assertThat(grammar.accepts((String) text))
                        .as("%s: %s", one.get("name"), text)
                        .isTrue();
            }
            for (Object text : (List<Object>) one.get("invalid")) {
                assertThat(grammar.accepts((String) text))
                        .as("%s: %s", one.get("name"), text)
                        .isFalse();
            }
        }
    }

    @Test
    void whatIsWrittenUnderASchemaIsValid() throws IOException {
        int texts = 0;
        for (Map<String, Object> one : cases()) {
            texts += writesValid(one.get("name").toString(), one.get("schema"), 20);
        }
        assertThat(texts).isGreaterThan(300);
    }

    @Test
    void whatIsWrittenUnderRealSchemasIsValid() throws IOException {
        int texts = 0;
        List<Path> files = benchmark();
        for (int i = 0; i < files.size(); i += 4) {
            texts += writesValid(files.get(i).toString(), bench(files.get(i)).get("schema"), 1);
        }
        assertThat(texts).isGreaterThan(files.size() / 5);
    }

    /** How many texts a random walk under the schema wrote; each is judged by another program. */
    private static int writesValid(String name, Object schema, int walks) {
        Grammar grammar;
        Schema judge;
        try {
            grammar = Grammar.jsonSchema(schema);
            judge = judge(schema);
        } catch (GrammarRefused | com.networknt.schema.SchemaException e) {
            return 0;
        }
        int texts = 0;
        for (int seed = 0; seed < walks && !grammar.isEmpty(); seed++) {
            String text = Walk.text(grammar, TRIE, seed).orElse(null);
            if (text != null) {
                texts++;
                assertThat(judge.validate(text, InputFormat.JSON))
                        .as("%s: %s", name, text)
                        .isEmpty();
                assertThat(grammar.accepts(text)).as("%s: %s", name, text).isTrue();
            }
        }
        return texts;
    }

    private static Schema judge(Object schema) {
        String draft = schema instanceof Map<?, ?> map && map.get("$schema") instanceof String uri ? uri : "";
        SpecificationVersion version = draft.contains("draft-04")
                ? SpecificationVersion.DRAFT_4
                : draft.contains("draft-06")
                        ? SpecificationVersion.DRAFT_6
                        : draft.contains("draft-07")
                                ? SpecificationVersion.DRAFT_7
                                : SpecificationVersion.DRAFT_2020_12;
        return SchemaRegistry.withDefaultDialect(version).getSchema(Json.write(schema), InputFormat.JSON);
    }

    private static List<Path> benchmark() throws IOException {
        try (Stream<Path> files = Files.list(SharedData.require("schema/maskbench"))) {
            return files.sorted().toList();
        }
    }

    private static Map<String, Object> bench(Path file) {
        return (Map<String, Object>) Json.parse(file);
    }

    @Test
    void nearlyAllRealSchemasCompileAndJudgeTheirInstancesRightly() throws IOException {
        List<String> refused = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        List<Path> files = benchmark();
        for (Path file : files) {
            Map<String, Object> bench = bench(file);
            try {
                Grammar grammar = Grammar.jsonSchema(bench.get("schema"));
                for (Map<String, Object> test : (List<Map<String, Object>>) bench.get("tests")) {
                    if (grammar.accepts(Json.write(test.get("data"))) != (boolean) test.get("valid")) {
                        wrong.add(file.getFileName() + ": " + test.get("description"));
                    }
                }
            } catch (GrammarRefused e) {
                refused.add(file.getFileName() + ": " + e.getMessage());
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(refused).hasSizeLessThanOrEqualTo(files.size() / 50);
    }

    @Test
    void theTestSuiteOfJsonSchemaFindsNothingInvalidAccepted() throws IOException {
        Map<String, Object> expected = (Map<String, Object>)
                bench(SharedData.require("schema/llguidance-expected-json-schema-test-suite.json"))
                        .get("draft2020-12");
        Path suite = SharedData.require("schema/JSON-Schema-Test-Suite/tests/draft2020-12");
        List<String> accepted = new ArrayList<>();
        List<String> missed = new ArrayList<>();
        try (Stream<Path> files = Files.walk(suite)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
                String name =
                        suite.relativize(file).toString().replace('\\', '/').replace(".json", "");
                for (Map<String, Object> group : (List<Map<String, Object>>) Json.parse(file)) {
                    judge(group, pass(expected, name, group), name, accepted, missed);
                }
            }
        }
        assertThat(accepted).isEmpty();
        assertThat(missed).isEmpty();
    }

    /** What another engine says of a group's cases. */
    private static Map<String, Object> pass(Map<String, Object> expected, String file, Map<String, Object> group) {
        var groups = (Map<String, Object>) expected.getOrDefault(file, Map.of());
        return (Map<String, Object>)
                groups.getOrDefault(group.get("description").toString(), Map.of());
    }

    private static void judge(
            Map<String, Object> group,
            Map<String, Object> pass,
            String name,
            List<String> accepted,
            List<String> missed) {
        Grammar grammar;
        try {
            grammar = Grammar.jsonSchema(group.get("schema"));
        } catch (GrammarRefused e) {
            grammar = null;
        }
        for (Map<String, Object> test : (List<Map<String, Object>>) group.get("tests")) {
            String what = name + " / " + group.get("description") + " / " + test.get("description");
            boolean valid = (boolean) test.get("valid");
            boolean says = grammar != null && grammar.accepts(Json.write(test.get("data")));
            if (says && !valid) {
                accepted.add(what);
            }
            if ("pass".equals(pass.get(test.get("description").toString())) && (grammar == null || says != valid)) {
                missed.add(what);
            }
        }
    }

    @Test
    void whatCannotBeEnforcedIsRefusedByItsPlace() {
        assertRefused(
                "{\"properties\":{\"a\":{\"pattern\":\"(a)\\\\1\"}}}", "#/properties/a/pattern", "back reference");
        assertRefused("{\"pattern\":\"(?<=a)b\"}", "#/pattern", "look-behind");
        assertRefused("{\"$ref\":\"other.json\"}", "#/$ref", "not in this document");
        assertRefused("{\"$ref\":\"#/nowhere\"}", "#/$ref", "is not there");
        assertRefused("{\"$ref\":\"#\"}", "#/$ref", "refers to itself");
        assertRefused("{\"items\":{\"format\":\"regex\"}}", "#/items/format", "regex");
        assertRefused("{\"not\":{\"uniqueItems\":true}}", "#/not/uniqueItems", "cannot be enforced");
        assertRefused("{\"type\":\"file\"}", "#/type", "does not exist");
        assertRefused("[1]", "#", "a schema is an object");
    }

    @Test
    void hostileSchemasEndInARefusal() {
        assertRefused("{\"pattern\":\"(a|b)*a(a|b){30}$\"}", "#/pattern", "too many steps");
        assertRefused("{\"pattern\":\"^[a-z]{60001}$\"}", "#/pattern", "too many steps");
        assertRefused("{\"pattern\":\"" + "(".repeat(300) + ")".repeat(300) + "\"}", "#/pattern", "nested deeper");
        assertRefused("{\"pattern\":\"^a{100000000}$\"}", "#/pattern", "too many steps");
        assertRefused(
                "{\"pattern\":\"" + "(".repeat(12) + "(?=a)b" + "){8}".repeat(12) + "\"}", "#/pattern", "more than");
        assertRefused("{\"minLength\":900000}", "#/minLength", "counted up to");
        assertRefused(
                "{\"enum\":[" + many(20_000, ",", i -> "{\"a\":" + i + "}") + "]}", "#", "in more than 4000 ways");
        assertRefused("{\"enum\":[" + many(200_000, ",", i -> "\"word" + i + "\"") + "]}", "#", "ways between states");
        String some = "{\"anyOf\":[{\"minLength\":1},{\"pattern\":\"a\"},{\"pattern\":\"x%d\"},{\"pattern\":\"c\"}]}";
        assertRefused("{\"allOf\":[" + many(12, ",", some::formatted) + "]}", "#", "more than");
    }

    /** Each part of these would be let through; what they come to together is bounded as well. */
    @Test
    void whatIsHostileOnlyAsAWholeEndsInARefusal() {
        String large = "{\"pattern\":\"(a|b)*a(a|b){9}x{%d}$\"}";
        assertThat(Grammar.jsonSchema(large.formatted(1)).accepts("\"abbbbbbbbbx\""))
                .isTrue();
        assertRefused(
                "{\"properties\":{" + many(300, ",", i -> "\"p" + i + "\":" + large.formatted(i + 1)) + "}}",
                "/pattern",
                "to work out");
        assertRefused("{\"anyOf\":[" + many(300, ",", i -> large.formatted(i + 1)) + "]}", "/pattern", "to work out");
        assertRefused(
                "{\"patternProperties\":{" + many(40, ",", i -> "\"x" + i + ".*y\":{\"type\":\"string\"}") + "}}",
                "#/patternProperties/",
                "more than");
        // One schema that is referred to again and again doubles with each step.
        String chain = "{\"$ref\":\"#/$defs/d0\",\"$defs\":{%s,\"d60\":{\"minLength\":1}}}";
        String[] steps = {
            "{\"allOf\":[%1$s,%1$s]}",
            "{\"anyOf\":[%1$s,%1$s]}",
            "{\"oneOf\":[%1$s,{\"not\":%1$s}]}",
            "{\"if\":%1$s,\"then\":%1$s}",
            "{\"allOf\":[%1$s,%1$s],\"unevaluatedProperties\":false}"
        };
        for (String step : steps) {
            String defs =
                    many(60, ",", i -> "\"d" + i + "\":" + step.formatted("{\"$ref\":\"#/$defs/d" + (i + 1) + "\"}"));
            assertRefused(chain.formatted(defs), "#", "more than");
        }
        String either = "{\"$defs\":{\"x\":{\"anyOf\":[{\"minLength\":1},{\"maxLength\":5}]}},\"allOf\":[%s]}";
        assertRefused(either.formatted(many(40, ",", _ -> "{\"$ref\":\"#/$defs/x\"}")), "#", "steps");
        assertRefused(
                "{\"oneOf\":[" + many(200, ",", i -> "{\"properties\":{\"a" + i + "\":{\"type\":\"string\"}}}") + "]}",
                "#",
                "more than");
        String far = "{\"$ref\":\"#/$defs/d0\",\"$defs\":{%s,\"d2000\":{}}}";
        assertRefused(
                far.formatted(many(2000, ",", i -> "\"d" + i + "\":{\"$ref\":\"#/$defs/d" + (i + 1) + "\"}")),
                "#/$defs/",
                "1000 references");
    }

    private static String many(int count, String between, IntFunction<String> one) {
        return IntStream.range(0, count).mapToObj(one).collect(Collectors.joining(between));
    }

    @Test
    void numbersThatLeaveNoChoiceAreWrittenPlainly() {
        String[][] cases = {
            {"1.000", "1"}, {"2.50", "2.5"}, {"-0.0", "0"}, {"1e3", "1000"}, {"1e30", "1e30"}, {"12e-1", "1.2"}
        };
        for (String[] one : cases) {
            Grammar grammar = Grammar.jsonSchema("{\"const\":" + one[0] + "}");
            for (int seed = 0; seed < 5; seed++) {
                assertThat(Walk.text(grammar, TRIE, seed)).hasValue(one[1]);
            }
            assertThat(grammar.accepts(one[0])).isTrue();
            assertThat(grammar.accepts(one[1])).isTrue();
        }
        Grammar any = Grammar.jsonSchema("{\"type\":\"integer\",\"minimum\":-1,\"maximum\":1}");
        for (int seed = 0; seed < 20; seed++) {
            assertThat(Walk.text(any, TRIE, seed).orElseThrow()).isIn("-1", "0", "1");
        }
    }

    @Test
    void whatIsLargeStaysBounded() {
        Grammar properties =
                Grammar.jsonSchema("{\"type\":\"object\",\"minProperties\":700,\"additionalProperties\":false,"
                        + "\"properties\":{"
                        + many(1500, ",", i -> "\"p" + i + "\":{\"type\":\"boolean\"}") + "}}");
        assertThat(properties.accepts(Walk.text(properties, TRIE, 1).orElseThrow()))
                .isTrue();
        assertThat(Grammar.jsonSchema("{}").accepts("[".repeat(100_000) + "]".repeat(100_000)))
                .isTrue();
        Grammar required = Grammar.jsonSchema("{\"properties\":{"
                + many(10_000, ",", i -> "\"p" + i + "\":{\"type\":\"integer\"}") + "},\"required\":["
                + many(10_000, ",", i -> "\"p" + i + "\"") + "]}");
        assertThat(required.accepts("{" + many(10_000, ",", i -> "\"p" + i + "\":1") + "}"))
                .isTrue();
        assertThat(required.accepts("{" + many(9_999, ",", i -> "\"p" + i + "\":1") + "}"))
                .isFalse();
        Grammar words = Grammar.jsonSchema("{\"enum\":[" + many(20_000, ",", i -> "\"word" + i + "\"") + "]}");
        assertThat(words.accepts("\"word19999\"")).isTrue();
        assertThat(words.accepts("\"word20000\"")).isFalse();
        assertThat(Grammar.jsonSchema("{\"maxItems\":1000000000,\"items\":{\"maxLength\":400000}}")
                        .accepts("[\"a\"]"))
                .isTrue();
    }

    private static void assertRefused(String schema, String where, String what) {
        assertThatThrownBy(() -> Grammar.jsonSchema(schema)).isInstanceOfSatisfying(GrammarRefused.class, refused -> {
            assertThat(refused.where()).contains(where);
            assertThat(refused.what()).contains(what);
        });
    }
}
