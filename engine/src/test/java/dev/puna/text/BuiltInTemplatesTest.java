package dev.puna.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Our own templates for models whose files hold none. */
class BuiltInTemplatesTest {
    private static final List<Message> TALK = List.of(
            Message.system("Be brief."), Message.user(" Hello "), Message.assistant("Hi."), Message.user("مرحبا"));

    private static Map<String, Object> variables(List<Message> messages) {
        var variables = new LinkedHashMap<>(Message.variables(messages, true));
        variables.put("bos_token", "<s>");
        variables.put("eos_token", "</s>");
        variables.put("date_string", "26 Jul 2024");
        return variables;
    }

    @ParameterizedTest
    @EnumSource
    void eachRendersATalk(BuiltInTemplates builtIn) {
        assertThat(builtIn.template().render(variables(TALK)).text()).contains("Be brief.", "Hello", "Hi.", "مرحبا");
    }

    @ParameterizedTest
    @CsvSource({
        "LLAMA_3_1, meta-llama-Llama-3.1-8B-Instruct.jinja",
        "LLAMA_3_1, meta-llama-Llama-3.3-70B-Instruct.jinja",
        "LLAMA_3_2, meta-llama-Llama-3.2-3B-Instruct.jinja"
    })
    void aTalkLooksAsInTheVendorsTemplate(BuiltInTemplates builtIn, String vendors) throws IOException {
        String source = Files.readString(SharedData.require("templates/jinja/" + vendors));
        for (List<Message> talk : List.of(TALK, TALK.subList(1, 4))) {
            assertThat(builtIn.template().render(variables(talk)).text())
                    .isEqualTo(ChatTemplate.of(source, vendors)
                            .render(variables(talk))
                            .text());
        }
    }

    @Test
    void llama2PutsTheSystemTextIntoTheFirstTurn() {
        assertThat(BuiltInTemplates.LLAMA_2.template().render(variables(TALK)).text())
                .isEqualTo("<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\n Hello  [/INST] Hi. </s><s>[INST] مرحبا [/INST]"
                        .replace(" Hello  [", " Hello ["));
    }

    @Test
    void theVocabularyAndTheNameChoose() {
        var three = Set.of("<|start_header_id|>", "<|eot_id|>");
        var later = Set.of("<|start_header_id|>", "<|eot_id|>", "<|python_tag|>");
        assertThat(BuiltInTemplates.forModel(three::contains, "Meta-Llama-3-8B-Instruct"))
                .contains(BuiltInTemplates.LLAMA_3);
        assertThat(BuiltInTemplates.forModel(later::contains, "Llama 3.3 70B Instruct"))
                .contains(BuiltInTemplates.LLAMA_3_1);
        assertThat(BuiltInTemplates.forModel(later::contains, "Llama-3.2-1B-Instruct"))
                .contains(BuiltInTemplates.LLAMA_3_2);
        assertThat(BuiltInTemplates.forModel(later::contains, "Llama-3.1-8B")).isEmpty();
        assertThat(BuiltInTemplates.forModel(_ -> false, "llama-2-7b-chat")).contains(BuiltInTemplates.LLAMA_2);
        assertThat(BuiltInTemplates.forModel(_ -> false, "CodeLlama-70b-Instruct-hf"))
                .contains(BuiltInTemplates.CODE_LLAMA_70B);
        assertThat(BuiltInTemplates.forModel(Set.of("<|im_start|>", "<|im_end|>")::contains, "SmolLM2-135M-Instruct"))
                .contains(BuiltInTemplates.CHATML);
        assertThat(BuiltInTemplates.forModel(_ -> false, "stories260K")).isEmpty();
        assertThat(BuiltInTemplates.forModel(later::contains, "Llama-Guard-3-8B"))
                .isEmpty();
        assertThat(BuiltInTemplates.forModel(later::contains, "Llama Guard 3 8B Instruct"))
                .isEmpty();
    }

    @Test
    void toolCallsAreSpeltAsTheVersionLearntThem() {
        var call = new Message.ToolCall("c1", "weather", Map.of("city", "Paris"));
        List<Message> talk = List.of(
                Message.user("Weather?"), Message.calls(null, List.of(call)), Message.tool("c1", "weather", "22"));
        assertThat(BuiltInTemplates.LLAMA_3_1.template().render(variables(talk)).text())
                .contains(
                        "{\"type\": \"function\", \"name\": \"weather\", \"parameters\": {\"city\": \"Paris\"}}<|eot_id|>")
                .contains("<|start_header_id|>ipython<|end_header_id|>\n\n22<|eot_id|>");
        assertThat(BuiltInTemplates.LLAMA_3_2.template().render(variables(talk)).text())
                .contains("[weather(city=\"Paris\")]<|eot_id|>");
        assertThat(BuiltInTemplates.LLAMA_4.template().render(variables(talk)).text())
                .contains("[weather(city=\"Paris\")]<|eom|>");
    }
}
