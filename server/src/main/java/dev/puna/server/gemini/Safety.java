package dev.puna.server.gemini;

import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Values;
import java.util.List;

/** What a request wants to be kept from. */
final class Safety {
    private Safety() {}

    /** Without a guard model nothing can be blocked: whoever asks for it must know. */
    static void check(Values body) {
        for (Values setting : body.get(GeminiShapes.SAFETY, List.of())) {
            if (setting.need(GeminiShapes.THRESHOLD).startsWith("BLOCK_")
                    && !setting.need(GeminiShapes.THRESHOLD).equals("BLOCK_NONE")) {
                throw Failure.invalid(
                        "safetySettings",
                        "asks for content to be blocked, which needs a guard model, and this server has none: "
                                + "only OFF and BLOCK_NONE can be kept");
            }
        }
    }
}
