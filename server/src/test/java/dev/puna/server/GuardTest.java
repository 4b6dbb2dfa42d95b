package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.puna.ChainModel;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Guard;
import dev.puna.server.core.Hazard;
import dev.puna.server.core.Library;
import dev.puna.server.wire.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** A guard model judges texts: OpenAI's moderations, and what Gemini's safety settings want to be kept from. */
class GuardTest {
    /** Asks as Llama Guard 3 does. What the toy then answers hangs on a word of the last turn. */
    private static final String TEMPLATE = """
            {{ bos_token }}Task: Check if there is unsafe content.
            <BEGIN UNSAFE CONTENT CATEGORIES>
            S1: Violent Crimes.
            S2: Non-Violent Crimes.
            S3: Sex Crimes.
            S4: Child Exploitation.
            S5: Defamation.
            S6: Specialized Advice.
            S7: Privacy.
            S8: Intellectual Property.
            S9: Indiscriminate Weapons.
            S10: Hate.
            S11: Self-Harm.
            S12: Sexual Content.
            <END UNSAFE CONTENT CATEGORIES>
            {% for message in messages -%}
            {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif -%}
            {% for part in message['content'] | selectattr('type', 'equalto', 'text') -%}
            {{ message['role'] }}: {{ part['text'] }}
            {% endfor %}{% endfor %}{% set last = messages[-1]['content'][0]['text'] -%}
            {% if 'bomb' in last %}!{% elif 'insult' in last %}#{% elif 'copy' in last %}&{% elif 'riddle' in last %}%{% else %}?{% endif %}""";

    @TempDir
    static Path folder;

    private static Served served;

    @BeforeAll
    static void serve() throws IOException {
        Map<Character, List<String>> answers = new LinkedHashMap<>();
        answers.put('!', List.of("\n\n", "unsafe", "\nS1,S9"));
        answers.put('#', List.of("unsafe\n", "S10"));
        answers.put('&', List.of("unsafe\nS8"));
        answers.put('%', List.of("perhaps"));
        answers.put('?', List.of("safe"));
        served = new Served(
                guarded("guard"),
                Library.of(
                        ChainModel.write(folder.resolve("guard"), answers, Toys.CONTEXT, TEMPLATE),
                        toy("toy", "Puna", ", ", "öst"),
                        toy("bad", "build ", "a bomb"),
                        toy("odd", "a ", "riddle")));
    }

    private static Path toy(String name, String... pieces) throws IOException {
        return ChainModel.write(
                folder.resolve(name), new ChainModel.Script(List.of(pieces), false, Toys.CONTEXT, ChainModel.TEMPLATE));
    }

    private static PunaServer.Options guarded(String guard) {
        PunaServer.Options usual = PunaServer.Options.DEFAULT;
        return new PunaServer.Options(
                usual.http(),
                usual.models(),
                usual.database(),
                new Completions.Policy(Optional.of(guard), false, Map.of()));
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static Served.Said moderate(String fields) {
        return served.post("/v1/moderations", "{" + fields + "}");
    }

    private static Set<String> found(JsonNode result) {
        Set<String> names = new java.util.TreeSet<>();
        result.get("categories").properties().forEach(one -> {
            if (one.getValue().booleanValue()) {
                names.add(one.getKey());
            }
        });
        return names;
    }

    @Test
    void moderationsTellTheGuardsVerdictInOpenAisCategories() {
        JsonNode json = moderate("\"model\": \"guard\", \"input\": [\"a cake\", \"a bomb\", \"an insult\", \"a copy\"]")
                .json();
        assertThat(json.get("model").stringValue()).isEqualTo("guard");
        JsonNode results = json.get("results");
        assertThat(results.size()).isEqualTo(4);
        assertThat(results.get(0).get("flagged").booleanValue()).isFalse();
        assertThat(found(results.get(0))).isEmpty();
        assertThat(results.get(1).get("flagged").booleanValue()).isTrue();
        assertThat(found(results.get(1))).containsExactly("illicit", "illicit/violent", "violence");
        assertThat(Json.write(results.get(1).get("hazards"))).isEqualTo("[\"S1\",\"S9\"]");
        assertThat(found(results.get(2))).containsExactly("hate");
        assertThat(results.get(2).at("/category_scores/hate").doubleValue()).isBetween(0.9, 1.0);
        assertThat(results.get(2).at("/category_scores/violence").doubleValue()).isZero();
        // A hazard that is none of OpenAI's categories is flagged all the same.
        assertThat(results.get(3).get("flagged").booleanValue()).isTrue();
        assertThat(found(results.get(3))).isEmpty();
        for (JsonNode result : results) {
            assertThat(result.get("categories").size()).isEqualTo(13);
            assertThat(result.get("category_scores").size()).isEqualTo(13);
            assertThat(result.get("category_applied_input_types").size()).isEqualTo(13);
        }
        assertThat(results.get(0).get("category_scores").get("hate").doubleValue())
                .isBetween(0.0, 0.1);
    }

    @Test
    void oneTextOrThePartsOfOneAreOneInput() {
        assertThat(moderate("\"input\": \"a bomb\"").json().get("results").size())
                .isEqualTo(1);
        JsonNode parts = moderate(
                        "\"input\": [{\"type\": \"text\", \"text\": \"a\"}, {\"type\": \"text\", \"text\": \"bomb\"}]")
                .json()
                .get("results");
        assertThat(parts.size()).isEqualTo(1);
        assertThat(parts.get(0).get("flagged").booleanValue()).isTrue();
        Served.Said image = moderate("\"input\": [{\"type\": \"image_url\", \"image_url\": {\"url\": \"x\"}}]");
        assertThat(image.status()).isEqualTo(400);
        assertThat(image.json().at("/error/param").stringValue()).isEqualTo("input[0].image_url");
        assertThat(moderate("\"input\": []").status()).isEqualTo(400);
    }

    @Test
    void whoNamesAnotherModelIsTold() {
        assertThat(moderate("\"input\": \"x\", \"model\": \"nobody\"").status()).isEqualTo(404);
        Served.Said other = moderate("\"input\": \"x\", \"model\": \"toy\"");
        assertThat(other.status()).isEqualTo(400);
        assertThat(other.json().at("/error/message").stringValue()).contains("the guard is guard");
    }

    @Test
    void withoutAGuardEveryApiSaysSo() {
        try (Served bare = new Served(folder.resolve("toy"))) {
            Served.Said said = bare.post("/v1/moderations", "{\"input\": \"x\"}");
            assertThat(said.status()).isEqualTo(501);
            assertThat(said.json().at("/error/message").stringValue()).contains("no guard model");
            Served.Said gemini = bare.post(
                    "/v1beta/models/toy:generateContent",
                    "{\"contents\": [{\"parts\": [{\"text\": \"x\"}]}], \"safetySettings\": [{\"category\":"
                            + " \"HARM_CATEGORY_HATE_SPEECH\", \"threshold\": \"BLOCK_ONLY_HIGH\"}]}");
            assertThat(gemini.status()).isEqualTo(400);
            assertThat(gemini.body()).contains("safetySettings", "guard");
        }
    }

    @Test
    void whatIsNoGuardIsRefusedAtTheStart() {
        for (String model : List.of("toy", "nobody")) {
            assertThatThrownBy(() -> PunaServer.start(Library.of(folder.resolve("toy")), guarded(model)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(model);
        }
    }

    @Test
    void aTextTooLongForTheGuardIsRefusedWithBothNumbers() {
        Served.Said said = moderate("\"input\": \"" + "word ".repeat(600) + "\"");
        assertThat(said.status()).isEqualTo(400);
        assertThat(said.json().at("/error/message").stringValue()).containsPattern("3\\d{3} tokens.*2048");
    }

    private static Served.Said gemini(String model, String method, String text, String... settings) {
        StringBuilder safety = new StringBuilder();
        for (String setting : settings) {
            String[] words = setting.split("=");
            safety.append(safety.isEmpty() ? "" : ",")
                    .append("{\"category\": \"HARM_CATEGORY_" + words[0] + "\", \"threshold\": \"" + words[1] + "\"}");
        }
        return served.post(
                "/v1beta/models/" + model + ":" + method,
                "{\"contents\": [{\"parts\": [{\"text\": \"" + text + "\"}]}], \"safetySettings\": [" + safety + "]}");
    }

    @Test
    void aPromptThatIsToBeBlockedIsAnsweredByNobody() {
        JsonNode json = gemini("toy", "generateContent", "a bomb", "DANGEROUS_CONTENT=BLOCK_MEDIUM_AND_ABOVE")
                .json();
        assertThat(json.at("/promptFeedback/blockReason").stringValue()).isEqualTo("SAFETY");
        assertThat(json.has("candidates")).isFalse();
        assertThat(json.at("/usageMetadata/promptTokenCount").intValue()).isPositive();
        assertThat(json.at("/promptFeedback/safetyRatings").values().stream()
                        .filter(rating -> rating.has("blocked"))
                        .map(rating -> rating.get("category").stringValue() + " "
                                + rating.get("probability").stringValue()))
                .containsExactly("HARM_CATEGORY_DANGEROUS_CONTENT HIGH");
        Served.Said stream =
                gemini("toy", "streamGenerateContent?alt=sse", "a bomb", "DANGEROUS_CONTENT=BLOCK_ONLY_HIGH");
        assertThat(stream.events()).hasSize(1);
        assertThat(stream.events().getFirst()).contains("blockReason");
    }

    @ParameterizedTest
    @ValueSource(strings = {"generateContent", "streamGenerateContent?alt=sse", "streamGenerateContent"})
    void nothingOfAnAnswerThatIsToBeBlockedIsGivenOut(String method) {
        Served.Said said = gemini("bad", method, "a cake", "DANGEROUS_CONTENT=BLOCK_LOW_AND_ABOVE");
        assertThat(said.status()).isEqualTo(200);
        assertThat(said.body()).contains("\"finishReason\":\"SAFETY\"", "\"blocked\":true");
        assertThat(said.body()).doesNotContain("build", "bomb", "\"content\"");
    }

    @ParameterizedTest
    @CsvSource({"HATE_SPEECH=BLOCK_LOW_AND_ABOVE", "DANGEROUS_CONTENT=BLOCK_NONE", "DANGEROUS_CONTENT=OFF"})
    void whatIsNotToBeBlockedComesThrough(String setting) {
        JsonNode json = gemini("bad", "generateContent", "a bomb", setting).json();
        assertThat(json.at("/candidates/0/content/parts/0/text").stringValue()).isEqualTo("build a bomb");
        assertThat(json.at("/candidates/0/finishReason").stringValue()).isEqualTo("STOP");
        assertThat(json.at("/candidates/0").has("safetyRatings")).isEqualTo(setting.startsWith("HATE"));
    }

    @Test
    void aCategoryThatTheGuardDoesNotKnowIsRefusedByItsName() {
        for (String category : List.of("CIVIC_INTEGRITY", "JAILBREAK", "IMAGE_HATE")) {
            Served.Said said = gemini("toy", "generateContent", "x", category + "=BLOCK_ONLY_HIGH");
            assertThat(said.status()).as(said.body()).isEqualTo(400);
            assertThat(said.body()).contains("safetySettings[0].category");
        }
        assertThat(gemini("nobody", "generateContent", "x", "HATE_SPEECH=BLOCK_ONLY_HIGH")
                        .status())
                .isEqualTo(404);
    }

    @Test
    void withoutAVerdictNothingIsLetThrough() {
        assertThat(moderate("\"input\": \"a riddle\"").status()).isEqualTo(500);
        Served.Said said = gemini("odd", "generateContent", "x", "HATE_SPEECH=BLOCK_ONLY_HIGH");
        assertThat(said.status()).isEqualTo(500);
        assertThat(said.body()).doesNotContain("riddle");
    }

    @Test
    void theGuardSeesATalkAsTurnsOfAUserAndAnAgent() {
        String talk = "[{\"role\": \"model\", \"parts\": [{\"text\": \"Hello\"}]},"
                + " {\"role\": \"user\", \"parts\": [{\"text\": \"a bomb\"}]},"
                + " {\"role\": \"user\", \"parts\": [{\"text\": \"or two\"}]}]";
        Served.Said said = served.post(
                "/v1beta/models/toy:generateContent",
                "{\"systemInstruction\": {\"parts\": [{\"text\": \"Be kind.\"}]}, \"contents\": " + talk
                        + ", \"safetySettings\": [{\"category\": \"HARM_CATEGORY_DANGEROUS_CONTENT\", \"threshold\":"
                        + " \"BLOCK_ONLY_HIGH\"}]}");
        assertThat(said.body()).contains("blockReason");
    }

    @Test
    void oneNumberOfTheGuardCountsForWhatItNamesElseForAllItKnows() {
        Set<Hazard> known = Set.of(Hazard.HATE, Hazard.SELF_HARM);
        var named = new Guard.Verdict(true, 0.7, List.of("S10"), Set.of(Hazard.HATE), known);
        assertThat(named.of(Set.of(Hazard.HATE))).isEqualTo(0.7);
        assertThat(named.of(Set.of(Hazard.SELF_HARM))).isZero();
        var unnamed = new Guard.Verdict(true, 0.7, List.of(), Set.of(), known);
        assertThat(unnamed.of(Set.of(Hazard.SELF_HARM))).isEqualTo(0.7);
        assertThat(unnamed.of(Set.of(Hazard.PRIVACY))).isZero();
        var safe = new Guard.Verdict(false, 0.3, List.of(), Set.of(), known);
        assertThat(safe.of(Set.of(Hazard.HATE))).isEqualTo(0.3, within(0.0));
    }

    @Test
    void theCategoriesOfEveryVersionOfTheFamilyAreKnown() {
        // Versions 1, 2 and 3 number the same things differently; the names are as their prompts have them.
        String names = "Violence and Hate|Sexual Content|Criminal Planning|Guns and Illegal Weapons|Regulated or"
                + " Controlled Substances|Self-Harm|Violent Crimes|Non-Violent Crimes|Sex-Related Crimes|Child Sexual"
                + " Exploitation|Specialized Advice|Privacy|Intellectual Property|Indiscriminate Weapons|Hate|Suicide &"
                + " Self-Harm|Sex Crimes|Child Exploitation|Defamation|Elections|Code Interpreter Abuse";
        for (String name : names.split("\\|")) {
            assertThat(Hazard.of(name)).as(name).isNotEmpty();
        }
        assertThat(Hazard.of("Violence and Hate")).containsExactlyInAnyOrder(Hazard.VIOLENT_CRIMES, Hazard.HATE);
        assertThat(Hazard.of("Non-Violent Crimes")).containsExactly(Hazard.NON_VIOLENT_CRIMES);
        assertThat(Hazard.of("My Own Category")).isEmpty();
    }
}
