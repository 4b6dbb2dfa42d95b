package dev.puna.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.puna.ChainModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A budget for thoughts is kept by a model that has none, and refused for one that has. */
class ThinkingTest {
    @TempDir
    static Path folder;

    private static Served served;

    @BeforeAll
    static void serve() throws IOException {
        String thinks = ChainModel.TEMPLATE + "{# <think> </think> #}";
        served = new Served(toy("plain", ChainModel.TEMPLATE), toy("thinker", thinks));
    }

    private static Path toy(String name, String template) throws IOException {
        return ChainModel.write(
                folder.resolve(name), new ChainModel.Script(List.of("Pu", "na!"), false, Toys.CONTEXT, template));
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static Served.Said anthropic(String model, String thinking) {
        return served.post(
                "/v1/messages",
                "{\"model\": \"" + model + "\", \"max_tokens\": 2000, \"thinking\": " + thinking
                        + ", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}");
    }

    private static Served.Said gemini(String model, String thinking) {
        return served.post(
                "/v1beta/models/" + model + ":generateContent",
                "{\"contents\": [{\"parts\": [{\"text\": \"x\"}]}], \"generationConfig\": {\"thinkingConfig\": "
                        + thinking + "}}");
    }

    @Test
    void anthropicsBudget() {
        String budget = "{\"type\": \"enabled\", \"budget_tokens\": 1024}";
        assertThat(anthropic("plain", budget).body()).contains("Puna!");
        Served.Said refused = anthropic("thinker", budget);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.body()).contains("thinking.budget_tokens", "adaptive");
        assertThat(anthropic("thinker", "{\"type\": \"adaptive\"}").status()).isEqualTo(200);
        assertThat(anthropic("thinker", "{\"type\": \"disabled\"}").status()).isEqualTo(200);
    }

    @Test
    void geminisBudget() {
        String budget = "{\"thinkingBudget\": 1024, \"includeThoughts\": true}";
        assertThat(gemini("plain", budget).body()).contains("Puna!");
        Served.Said refused = gemini("thinker", budget);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.body()).contains("generationConfig.thinkingConfig.thinkingBudget");
        assertThat(gemini("thinker", "{\"thinkingBudget\": -1}").status()).isEqualTo(200);
        assertThat(gemini("thinker", "{\"thinkingBudget\": 0}").status()).isEqualTo(200);
    }
}
