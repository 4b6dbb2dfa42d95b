package dev.puna.server.openai;

import dev.puna.chat.Assistant;
import dev.puna.chat.Reply;
import dev.puna.chat.Spoken;
import dev.puna.sample.Logprobs;
import dev.puna.server.wire.Json;
import dev.puna.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tokens and their counts, as JSON. */
final class TokenJson {
    /** JSON has no infinity; what cannot be gets this. */
    private static final double LEAST = -9999;

    private TokenJson() {}

    /** The log-probabilities of some tokens, with their exact bytes; a token may be a part of a character only. */
    static List<Map<String, @Nullable Object>> logprobs(List<Spoken> tokens, Assistant assistant) {
        List<Map<String, @Nullable Object>> all = new ArrayList<>();
        for (Spoken token : tokens) {
            Logprobs known = token.logprobs().orElseThrow();
            Map<String, @Nullable Object> one = one(token.bytes(), known.chosen());
            List<Object> rivals = new ArrayList<>();
            for (int i = 0; i < known.ids().length; i++) {
                rivals.add(one(bytes(assistant, known.ids()[i]), known.logprobs()[i]));
            }
            one.put("top_logprobs", rivals);
            all.add(one);
        }
        return all;
    }

    static byte[] bytes(Assistant assistant, int id) {
        Tokenizer tokenizer = assistant.tokenizer().orElse(null);
        return tokenizer == null || id >= tokenizer.vocabSize() ? new byte[0] : tokenizer.bytes(id);
    }

    private static Map<String, @Nullable Object> one(byte[] bytes, double logprob) {
        int[] numbers = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            numbers[i] = bytes[i] & 0xff;
        }
        return Json.map(
                "token", new String(bytes, StandardCharsets.UTF_8), "logprob", finite(logprob), "bytes", numbers);
    }

    static double finite(double logprob) {
        return Double.isFinite(logprob) ? Math.max(LEAST, logprob) : LEAST;
    }

    /** What the answers took; the prompt, which they share, is counted once. */
    static Map<String, @Nullable Object> usage(List<Reply> replies) {
        int prompt = replies.getFirst().usage().promptTokens();
        int cached = replies.getFirst().usage().cachedTokens();
        int made = replies.stream().mapToInt(reply -> reply.usage().newTokens()).sum();
        return Json.map(
                "prompt_tokens",
                prompt,
                "completion_tokens",
                made,
                "total_tokens",
                prompt + made,
                "prompt_tokens_details",
                Json.map("cached_tokens", cached, "audio_tokens", 0),
                "completion_tokens_details",
                Json.map(
                        "reasoning_tokens",
                        0,
                        "audio_tokens",
                        0,
                        "accepted_prediction_tokens",
                        replies.stream()
                                .mapToInt(reply -> reply.usage().predictedTokens())
                                .sum(),
                        "rejected_prediction_tokens",
                        replies.stream()
                                .mapToInt(reply -> reply.usage().rejectedTokens())
                                .sum()));
    }
}
