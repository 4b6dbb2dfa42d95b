package dev.puna.server.openai;

import static dev.puna.server.openai.ChatShapes.*;

import dev.puna.chat.Answer;
import dev.puna.chat.Call;
import dev.puna.chat.Delta;
import dev.puna.chat.Ending;
import dev.puna.chat.Question;
import dev.puna.chat.Reply;
import dev.puna.chat.Spoken;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Models;
import dev.puna.server.core.Run;
import dev.puna.server.http.EventStream;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** {@code /v1/chat/completions}: answers to a conversation, whole or as they grow. */
final class Chat {
    private final Completions completions;
    private final KeptChats kept;

    Chat(Completions completions, KeptChats kept) {
        this.completions = completions;
        this.kept = kept;
    }

    void create(Exchange exchange) {
        Values values = exchange.values();
        boolean stream = values.get(STREAM, false);
        if (!stream && values.has(STREAM_OPTIONS)) {
            throw Failure.invalid("stream_options", "needs 'stream' to be true");
        }
        try (Run run = run(exchange, values)) {
            Head head = new Head(
                    "chatcmpl-" + exchange.id().substring(4),
                    Instant.now().getEpochSecond(),
                    run.model(),
                    OpenAi.fingerprint(run.assistant()),
                    values.get(SERVICE_TIER)
                            .filter(tier -> !tier.equals("auto"))
                            .orElse("default"),
                    values.has(FUNCTIONS),
                    values.get(LOGPROBS, false));
            if (stream) {
                stream(exchange, run, head, values);
                return;
            }
            Map<String, ?> whole = whole(run, head, values);
            if (values.get(KEEP, false)) {
                kept.add(exchange, whole, head.created(), values);
            }
            exchange.json(whole);
        }
    }

    /** Counts the tokens of a conversation as the model will see it. */
    void count(Exchange exchange) {
        Values values = exchange.values();
        try (Models.Lease lease = completions.models().lease(values.need(MODEL))) {
            int[] ids = lease.assistant().prompt(ChatReader.prompt(values, lease.assistant()));
            exchange.json(Json.map("object", "chat.completion.input_tokens", "input_tokens", ids.length));
        }
    }

    private Run run(Exchange exchange, Values values) {
        Models.Lease lease = completions.models().lease(values.need(MODEL));
        Question question;
        try {
            question = ChatReader.question(values, lease.assistant(), ChatReader.caller(values, exchange));
        } catch (RuntimeException | Error e) {
            lease.close();
            throw e;
        }
        return completions.ask(exchange, lease, question, values.get(N, 1));
    }

    /**
     * What all parts of a response say.
     *
     * @param old whether calls are told in their older form
     */
    private record Head(
            String id, long created, String model, String fingerprint, String tier, boolean old, boolean logprobs) {
        Map<String, @Nullable Object> json(String object) {
            return Json.map(
                    "id",
                    id,
                    "object",
                    object,
                    "created",
                    created,
                    "model",
                    model,
                    "service_tier",
                    tier,
                    "system_fingerprint",
                    fingerprint);
        }

        Head withoutLogprobs() {
            return new Head(id, created, model, fingerprint, tier, old, false);
        }

        String finish(Ending ending) {
            return switch (ending) {
                case STOP, CANCELLED -> "stop";
                case LENGTH, LOOP -> "length";
                case CALLS -> old ? "function_call" : "tool_calls";
            };
        }
    }

    // Whole

    private static Map<String, ?> whole(Run run, Head head, Values values) {
        List<Reply> replies = run.replies();
        List<Object> choices = new ArrayList<>();
        for (int i = 0; i < replies.size(); i++) {
            Reply reply = replies.get(i);
            choices.add(Json.map(
                    "index",
                    i,
                    "message",
                    message(reply, head),
                    "logprobs",
                    head.logprobs() ? logprobs(run.answers().get(i).spoken(), run) : null,
                    "finish_reason",
                    head.finish(reply.finish())));
        }
        Map<String, @Nullable Object> json = head.json("chat.completion");
        json.put("choices", choices);
        json.put("usage", TokenJson.usage(replies));
        values.get(METADATA).ifPresent(metadata -> json.put("metadata", metadata));
        return json;
    }

    private static Map<String, ?> message(Reply reply, Head head) {
        boolean silent = reply.text().isEmpty() && !reply.calls().isEmpty();
        Map<String, @Nullable Object> message =
                Json.map("role", "assistant", "content", silent ? null : reply.text(), "refusal", null);
        if (!reply.reasoning().isEmpty()) {
            message.put("reasoning_content", reply.reasoning());
        }
        message.put("annotations", List.of());
        if (!reply.calls().isEmpty()) {
            if (head.old()) {
                message.put("function_call", function(reply.calls().getFirst()));
            } else {
                message.put(
                        "tool_calls",
                        reply.calls().stream()
                                .map(call -> Json.map("id", call.id(), "type", "function", "function", function(call)))
                                .toList());
            }
        }
        return message;
    }

    private static Map<String, ?> function(Call call) {
        return Json.map("name", call.name(), "arguments", call.arguments().isEmpty() ? "{}" : call.arguments());
    }

    private static Map<String, ?> logprobs(List<Spoken> tokens, Run run) {
        return Json.map("content", TokenJson.logprobs(tokens, run.assistant()), "refusal", null);
    }

    // As it grows

    private void stream(Exchange exchange, Run run, Head head, Values values) {
        Optional<Values> options = values.get(STREAM_OPTIONS);
        boolean usage = options.map(o -> o.get(INCLUDE_USAGE, false)).orElse(false);
        boolean pad = options.map(o -> o.get(INCLUDE_OBFUSCATION, false)).orElse(false);
        EventStream stream = exchange.events();
        Chunks chunks = new Chunks(stream, run, head, usage, pad);
        run.each(chunks::read);
        if (values.get(KEEP, false)) { // without logprobs, which are told as they come
            kept.add(exchange, whole(run, head.withoutLogprobs(), values), head.created(), values);
        }
        if (usage) {
            Map<String, @Nullable Object> last = head.json("chat.completion.chunk");
            last.put("choices", List.of());
            last.put("usage", TokenJson.usage(run.replies()));
            stream.send(Json.write(last));
        }
        stream.send("[DONE]");
    }

    private record Chunks(EventStream stream, Run run, Head head, boolean usage, boolean pad) {
        void read(int index, Answer answer) {
            send(index, Json.map("role", "assistant", "content", "", "refusal", null), null, answer);
            for (Optional<Delta> delta = answer.delta(); delta.isPresent(); delta = answer.delta()) {
                Map<String, ?> json = switch (delta.get()) {
                    case Delta.Text text -> Json.map("content", text.text());
                    case Delta.Reasoning thought -> Json.map("reasoning_content", thought.text());
                    case Delta.CallStart start -> started(start);
                    case Delta.CallArguments more -> continued(more);
                    case Delta.CallEnd _ -> Map.of();
                };
                if (!json.isEmpty()) {
                    send(index, json, null, answer);
                }
            }
            send(index, Map.of(), head.finish(answer.reply().finish()), answer);
        }

        private Map<String, ?> started(Delta.CallStart start) {
            Map<String, ?> function = Json.map("name", start.name(), "arguments", "");
            return head.old()
                    ? Json.map("function_call", function)
                    : Json.map(
                            "tool_calls",
                            List.of(Json.map(
                                    "index",
                                    start.index(),
                                    "id",
                                    start.id(),
                                    "type",
                                    "function",
                                    "function",
                                    function)));
        }

        private Map<String, ?> continued(Delta.CallArguments more) {
            Map<String, ?> function = Json.map("arguments", more.json());
            return head.old()
                    ? Json.map("function_call", function)
                    : Json.map("tool_calls", List.of(Json.map("index", more.index(), "function", function)));
        }

        private void send(int index, Map<String, ?> delta, @Nullable String finish, Answer answer) {
            Map<String, @Nullable Object> choice = Json.map("index", index, "delta", delta);
            List<Spoken> tokens = head.logprobs() ? answer.spoken() : List.of();
            choice.put("logprobs", tokens.isEmpty() ? null : logprobs(tokens, run));
            choice.put("finish_reason", finish);
            Map<String, @Nullable Object> chunk = head.json("chat.completion.chunk");
            chunk.put("choices", List.of(choice));
            if (usage) {
                chunk.put("usage", null);
            }
            if (pad) {
                chunk.put("obfuscation", "x".repeat(ThreadLocalRandom.current().nextInt(1, 32)));
            }
            stream.send(Json.write(chunk));
        }
    }
}
