package dev.puna.server.gemini;

import dev.puna.chat.Ending;
import dev.puna.chat.Reply;
import dev.puna.chat.Spoken;
import dev.puna.sample.Logprobs;
import dev.puna.server.core.Run;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Gemini's answers to one request. */
final class GeminiJson {
    private final String model;
    private final String id;
    private final Optional<Tokenizer> tokenizer;

    GeminiJson(Run run, String id) {
        model = run.model();
        tokenizer = run.assistant().tokenizer();
        this.id = id;
    }

    /** All of all candidates. */
    Map<String, @Nullable Object> whole(List<Answered> answers) {
        List<Object> candidates = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            candidates.add(finished(i, answers.get(i), answers.get(i).reply()));
        }
        return response(candidates, answers.stream().map(Answered::reply).toList());
    }

    /** What is said of a prompt that the guard does not let through. */
    static Map<String, @Nullable Object> refused(String model, String id, Safety.Rated prompt, int tokens) {
        return Json.map(
                "promptFeedback",
                Json.map("blockReason", "SAFETY", "safetyRatings", prompt.ratings()),
                "usageMetadata",
                Json.map("promptTokenCount", tokens, "totalTokenCount", tokens, "promptTokensDetails", text(tokens)),
                "modelVersion",
                model,
                "responseId",
                id);
    }

    /** A piece of a candidate. */
    Map<String, @Nullable Object> piece(int index, Answered some) {
        return response(List.of(candidate(index, some)), List.of());
    }

    /** The last piece of a candidate; the last of all says what they took together. */
    Map<String, @Nullable Object> end(int index, Answered rest, Reply reply, List<Reply> all) {
        return response(List.of(finished(index, rest, reply)), all);
    }

    private Map<String, @Nullable Object> response(List<?> candidates, List<Reply> all) {
        Map<String, @Nullable Object> response = Json.map("candidates", candidates);
        if (!all.isEmpty()) {
            response.put("usageMetadata", usage(all));
        }
        response.put("modelVersion", model);
        response.put("responseId", id);
        return response;
    }

    private Map<String, @Nullable Object> candidate(int index, Answered some) {
        Object parts = some.readable() ? some.parts() : List.of(Map.of("text", ""));
        Map<String, @Nullable Object> candidate =
                Json.map("content", Json.map("parts", parts, "role", "model"), "index", index);
        if (some.tokens().stream().anyMatch(token -> token.logprobs().isPresent())) {
            candidate.put("logprobsResult", logprobs(some.tokens()));
        }
        return candidate;
    }

    private Map<String, @Nullable Object> finished(int index, Answered some, Reply reply) {
        boolean blocked = some.rated().map(Safety.Rated::blocked).orElse(false);
        Map<String, @Nullable Object> candidate = blocked ? Json.map("index", index) : candidate(index, some);
        candidate.put(
                "finishReason",
                blocked
                        ? "SAFETY"
                        : switch (reply.finish()) {
                            case STOP, CALLS -> "STOP";
                            case LENGTH -> "MAX_TOKENS";
                            case LOOP, CANCELLED -> "OTHER";
                        });
        some.rated().ifPresent(rated -> candidate.put("safetyRatings", rated.ratings()));
        if (reply.finish() == Ending.LOOP) {
            candidate.put("finishMessage", "the model said the same again and again");
        }
        candidate.put("tokenCount", reply.ids().size());
        if (!blocked && !reply.logprobs().isEmpty()) {
            double mean = reply.logprobs().stream()
                    .mapToDouble(Logprobs::chosen)
                    .average()
                    .orElse(0);
            candidate.put("avgLogprobs", mean);
        }
        return candidate;
    }

    private Map<String, @Nullable Object> logprobs(List<Spoken> tokens) {
        List<Object> chosen = new ArrayList<>();
        List<Object> top = new ArrayList<>();
        double sum = 0;
        for (Spoken token : tokens) {
            Logprobs given = token.logprobs().orElseThrow();
            sum += given.chosen();
            chosen.add(token(token.id(), token.bytes(), given.chosen()));
            List<Object> rivals = new ArrayList<>();
            for (int i = 0; i < given.ids().length; i++) {
                int rival = given.ids()[i];
                byte[] bytes = tokenizer
                        .filter(known -> rival < known.vocabSize())
                        .map(known -> known.bytes(rival))
                        .orElse(new byte[0]);
                rivals.add(token(rival, bytes, given.logprobs()[i]));
            }
            top.add(Json.map("candidates", rivals));
        }
        return Json.map("chosenCandidates", chosen, "topCandidates", top, "logProbabilitySum", sum);
    }

    private static Map<String, @Nullable Object> token(int id, byte[] bytes, double logprob) {
        return Json.map("token", new String(bytes, StandardCharsets.UTF_8), "tokenId", id, "logProbability", logprob);
    }

    /** The prompt is counted once, however many candidates there are. */
    private static Map<String, @Nullable Object> usage(List<Reply> all) {
        int prompt = all.getFirst().usage().promptTokens();
        int cached = all.stream().mapToInt(r -> r.usage().cachedTokens()).min().orElse(0);
        int made = all.stream().mapToInt(r -> r.usage().newTokens()).sum();
        Map<String, @Nullable Object> usage =
                Json.map("promptTokenCount", prompt, "candidatesTokenCount", made, "totalTokenCount", prompt + made);
        if (cached > 0) {
            usage.put("cachedContentTokenCount", cached);
            usage.put("cacheTokensDetails", text(cached));
        }
        usage.put("promptTokensDetails", text(prompt));
        usage.put("candidatesTokensDetails", text(made));
        return usage;
    }

    /** So many tokens, all of them of text. */
    static List<Object> text(int tokens) {
        return List.of(Json.map("modality", "TEXT", "tokenCount", tokens));
    }

    static Map<String, @Nullable Object> error(Failure failure) {
        String status = switch (failure.kind()) {
            case INVALID, TOO_LARGE, WRONG_TYPE -> "INVALID_ARGUMENT";
            case UNAUTHORISED -> "UNAUTHENTICATED";
            case FORBIDDEN -> "PERMISSION_DENIED";
            case NOT_FOUND -> "NOT_FOUND";
            case WRONG_METHOD, NOT_OFFERED -> "UNIMPLEMENTED";
            case TIMEOUT -> "DEADLINE_EXCEEDED";
            case CONFLICT -> "ABORTED";
            case OVERLOADED -> "RESOURCE_EXHAUSTED";
            case INTERNAL -> "INTERNAL";
            case UNAVAILABLE -> "UNAVAILABLE";
        };
        List<Object> details = new ArrayList<>();
        failure.field()
                .ifPresent(field -> details.add(Json.map(
                        "@type",
                        "type.googleapis.com/google.rpc.BadRequest",
                        "fieldViolations",
                        List.of(Json.map("field", field, "description", failure.message())))));
        failure.retryAfter()
                .ifPresent(after -> details.add(Json.map(
                        "@type",
                        "type.googleapis.com/google.rpc.RetryInfo",
                        "retryDelay",
                        Math.max(1, after.toSeconds()) + "s")));
        Map<String, @Nullable Object> error =
                Json.map("code", failure.status(), "message", failure.message(), "status", status);
        if (!details.isEmpty()) {
            error.put("details", details);
        }
        return Json.map("error", error);
    }
}
