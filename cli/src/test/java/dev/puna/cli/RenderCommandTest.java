package dev.puna.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.ChainModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RenderCommandTest {
    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    @TempDir
    static Path folder;

    @Test
    void theTextIsExactlyTheTemplates() throws IOException {
        Path template = Files.writeString(folder.resolve("t.jinja"), "{{ x }}|{{ y }}|{{ messages[0].content }}\r\n\n");
        Path vars = Files.writeString(folder.resolve("vars.json"), "{\"x\":1.0,\"y\":[true,null]," + MESSAGES + "}");
        assertThat(Ran.puna("render", template, "--input", vars)).isEqualTo(new Ran(0, "1.0|[True, None]|Hi\n", ""));
        assertThat(Ran.fed("{\"x\":\"<|end|>\",\"y\":2," + MESSAGES + "}", "render", template, "--input", "-")
                        .out())
                .isEqualTo("<|end|>|2|Hi\n");
    }

    @Test
    void aModelBringsItsTemplateAndItsTokens() throws IOException {
        Path model = ChainModel.write(folder.resolve("model"), "abc");
        assertThat(Ran.fed("{" + MESSAGES + "}", "render", model, "--input", "-")
                        .out())
                .isEqualTo("<|begin|><|user|>Hi<|end|>");
        assertThat(Ran.fed(
                                "{\"bos_token\":\"B\",\"add_generation_prompt\":true," + MESSAGES + "}",
                                "render",
                                model,
                                "--input",
                                "-")
                        .out())
                .isEqualTo("B<|user|>Hi<|end|><|assistant|>");
    }

    @Test
    void theWeightsNeedNotBeThere() throws IOException {
        Path model = ChainModel.write(folder.resolve("weightless"), "abc");
        Files.delete(model.resolve("model.safetensors"));
        Files.delete(model.resolve("config.json"));
        assertThat(Ran.fed("{" + MESSAGES + "}", "render", model, "--input", "-"))
                .isEqualTo(new Ran(0, "<|begin|><|user|>Hi<|end|>", ""));
        Files.delete(model.resolve("tokenizer_config.json"));
        assertRefused(Ran.fed("{" + MESSAGES + "}", "render", model, "--input", "-"), "has no chat template");
    }

    @Test
    void whatIsWrongIsSaidInOneLine() throws IOException {
        Path broken = Files.writeString(folder.resolve("broken.jinja"), "a\n{% if %}");
        Path failing = Files.writeString(folder.resolve("failing.jinja"), "{{ raise_exception('no\\nroles') }}");
        Path fine = Files.writeString(folder.resolve("fine.jinja"), "x");
        assertRefused(Ran.fed("{}", "render", broken, "--input", "-"), "broken.jinja");
        assertRefused(Ran.fed("{}", "render", failing, "--input", "-"), "roles");
        assertRefused(Ran.fed("{\"a\":", "render", fine, "--input", "-"), "standard input");
        assertRefused(Ran.fed("[1]", "render", fine, "--input", "-"), "must be a JSON object");
        assertRefused(Ran.puna("render", fine), "--input");
        assertRefused(Ran.puna("render", fine, "--input", folder.resolve("none")), "no such file");
        assertRefused(Ran.fed("{}", "render", folder.resolve("none.jinja"), "--input", "-"), "none.jinja");
    }

    private static void assertRefused(Ran ran, String what) {
        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("puna: ").hasLineCount(1).contains(what);
    }
}
