package dev.puna.server.gemini;

import dev.puna.chat.Assistant;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Values;
import java.util.Map;

/** What a request says of the thoughts before an answer. */
final class Thinking {
    private Thinking() {}

    /** Whether the caller wants to see them. */
    static boolean shown(Values body) {
        return body.get(GeminiShapes.GENERATION_CONFIG)
                .flatMap(config -> config.get(GeminiShapes.THINKING))
                .flatMap(thinking -> thinking.get(GeminiShapes.INCLUDE_THOUGHTS))
                .orElse(false);
    }

    /** Variables for the model's template. */
    static Map<String, Object> variables(Values config, Assistant model) {
        int budget = config.get(GeminiShapes.THINKING_BUDGET, -1);
        if (budget > 0 && model.thinks()) { // a model that has no thoughts keeps to any budget
            throw Failure.invalid(
                    config.path(GeminiShapes.THINKING_BUDGET), "must be 0 or −1: thoughts cannot be cut short");
        }
        String level = config.get(GeminiShapes.THINKING_LEVEL, "THINKING_LEVEL_UNSPECIFIED");
        if (!level.equals("THINKING_LEVEL_UNSPECIFIED") && !level.equals("MINIMAL")) {
            throw Failure.invalid(
                    config.path(GeminiShapes.THINKING_LEVEL), "must be MINIMAL: this model thinks as it is used to");
        }
        return budget == 0 || level.equals("MINIMAL") ? Map.of("enable_thinking", false) : Map.of();
    }
}
