package dev.puna.server.ollama;

import dev.puna.chat.Spoken;
import dev.puna.sample.Logprobs;
import dev.puna.server.wire.Json;
import dev.puna.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How likely tokens were, in Ollama's form. */
final class TokenJson {
    private TokenJson() {}

    static List<Object> of(List<Spoken> tokens, Optional<Tokenizer> tokenizer) {
        List<Object> all = new ArrayList<>();
        for (Spoken token : tokens) {
            Logprobs given = token.logprobs().orElseThrow();
            Map<String, @Nullable Object> json = token(token.bytes(), given.chosen());
            List<Object> rivals = new ArrayList<>();
            for (int i = 0; i < given.ids().length; i++) {
                int id = given.ids()[i];
                byte[] bytes = tokenizer
                        .filter(known -> id < known.vocabSize())
                        .map(known -> known.bytes(id))
                        .orElse(new byte[0]);
                rivals.add(token(bytes, given.logprobs()[i]));
            }
            json.put("top_logprobs", rivals);
            all.add(json);
        }
        return all;
    }

    /** The bytes say what the text cannot where a token is a part of a character. */
    private static Map<String, @Nullable Object> token(byte[] bytes, double logprob) {
        List<Integer> numbers = new ArrayList<>();
        for (byte b : bytes) {
            numbers.add(b & 0xFF);
        }
        return Json.map("token", new String(bytes, StandardCharsets.UTF_8), "logprob", logprob, "bytes", numbers);
    }
}
