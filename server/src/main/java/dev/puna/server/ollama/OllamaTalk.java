package dev.puna.server.ollama;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Call;
import dev.puna.chat.Delta;
import dev.puna.chat.Question;
import dev.puna.chat.Reply;
import dev.puna.chat.Spoken;
import dev.puna.chat.Tools;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Forms;
import dev.puna.server.core.Infill;
import dev.puna.server.core.Models;
import dev.puna.server.core.Run;
import dev.puna.server.http.EventStream;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import dev.puna.text.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers prompts and messages. */
final class OllamaTalk {
    private final Completions completions;
    private final KeepAlives keepAlives;

    OllamaTalk(Completions completions, KeepAlives keepAlives) {
        this.completions = completions;
        this.keepAlives = keepAlives;
    }

    /** How an answer's pieces are written: as a message, or as a response. */
    private enum Form {
        CHAT {
            @Override
            Map<String, @Nullable Object> piece(String text, String thoughts, List<Object> calls) {
                Map<String, @Nullable Object> message = Json.map("role", "assistant", "content", text);
                if (!thoughts.isEmpty()) {
                    message.put("thinking", thoughts);
                }
                if (!calls.isEmpty()) {
                    message.put("tool_calls", calls);
                }
                return Json.map("message", message);
            }
        },
        GENERATE {
            @Override
            Map<String, @Nullable Object> piece(String text, String thoughts, List<Object> calls) {
                Map<String, @Nullable Object> piece = Json.map("response", text);
                if (!thoughts.isEmpty()) {
                    piece.put("thinking", thoughts);
                }
                return piece;
            }
        };

        abstract Map<String, @Nullable Object> piece(String text, String thoughts, List<Object> calls);
    }

    void generate(Exchange exchange) {
        Values body = exchange.values();
        String prompt = body.get(OllamaShapes.PROMPT, "");
        if (prompt.isEmpty()) {
            onlyLoad(exchange, body, Form.GENERATE);
            return;
        }
        Optional<String> system = body.get(OllamaShapes.SYSTEM).filter(words -> !words.isEmpty());
        Optional<String> suffix = body.get(OllamaShapes.SUFFIX).filter(words -> !words.isEmpty());
        if (suffix.isPresent() || body.get(OllamaShapes.RAW, false)) {
            if (system.isPresent()) {
                throw Failure.invalid("system", "does not go with raw and suffix: there is no template to put it into");
            }
            answer(
                    exchange,
                    body,
                    Form.GENERATE,
                    lease -> raw(
                            exchange,
                            body,
                            lease,
                            suffix.map(after -> Infill.prompt(lease.assistant(), prompt, after, "suffix"))
                                    .orElseGet(() -> lease.assistant().tokens(prompt, true))));
            return;
        }
        List<Message> messages = new ArrayList<>();
        system.map(Message::system).ifPresent(messages::add);
        messages.add(Message.user(prompt));
        answer(exchange, body, Form.GENERATE, lease -> ask(exchange, body, lease, messages, Tools.NONE));
    }

    void chat(Exchange exchange) {
        Values body = exchange.values();
        List<Message> messages = TalkReader.messages(body);
        if (messages.isEmpty()) {
            onlyLoad(exchange, body, Form.CHAT);
            return;
        }
        Tools tools = TalkReader.tools(body);
        answer(exchange, body, Form.CHAT, lease -> ask(exchange, body, lease, messages, tools));
    }

    private Run ask(Exchange exchange, Values body, Models.Lease lease, List<Message> messages, Tools tools) {
        Assistant model = lease.assistant();
        return limited(body, lease, (sampling, form) -> {
            Question question = new Question(
                    messages, tools, sampling, form, variables(body, model), true, Completions.caller(exchange));
            return new Asked(
                    model.prompt(question).length,
                    most -> completions.ask(
                            exchange,
                            lease,
                            new Question(messages, tools, most, form, variables(body, model), true, question.caller()),
                            1));
        });
    }

    private Run raw(Exchange exchange, Values body, Models.Lease lease, int[] ids) {
        return limited(
                body,
                lease,
                (sampling, form) -> new Asked(
                        ids.length,
                        most -> completions.complete(
                                exchange, lease, ids, most, form, Completions.caller(exchange), 1)));
    }

    /** A question whose prompt is known. */
    private record Asked(int promptTokens, Function<Sampling, Run> begin) {}

    /** Asks with the wishes of the request, within the context that it asks for. */
    private static Run limited(
            Values body, Models.Lease lease, BiFunction<Sampling, Optional<Constraint>, Asked> question) {
        Assistant model = lease.assistant();
        Sampling sampling = OllamaOptions.sampling(body, model.defaults(), report(body));
        Optional<Constraint> form = form(body, model);
        Asked asked = question.apply(sampling, form);
        return asked.begin().apply(OllamaOptions.within(body, sampling, asked.promptTokens(), model.context()));
    }

    private static Map<String, Object> variables(Values body, Assistant model) {
        Optional<Boolean> think = body.get(OllamaShapes.THINK);
        if (think.orElse(false) && !model.templateReads("enable_thinking")) {
            throw Failure.invalid("think", "must be false: this model does not think before it answers");
        }
        return think.<Map<String, Object>>map(on -> Map.of("enable_thinking", on))
                .orElse(Map.of());
    }

    private static OptionalInt report(Values body) {
        if (!body.get(OllamaShapes.LOGPROBS, false)) {
            if (body.get(OllamaShapes.TOP_LOGPROBS, 0) > 0) {
                throw Failure.invalid("top_logprobs", "goes with logprobs");
            }
            return OptionalInt.empty();
        }
        return OptionalInt.of(body.get(OllamaShapes.TOP_LOGPROBS, 0));
    }

    private static Optional<Constraint> form(Values body, Assistant model) {
        return body.get(OllamaShapes.FORMAT)
                .filter(format -> !format.isString() || !format.stringValue().isEmpty())
                .map(format -> format.isString()
                        ? Forms.object(model, "format")
                        : Forms.schema(model, Objects.requireNonNull(Json.plain(format)), "format"));
    }

    private void onlyLoad(Exchange exchange, Values body, Form form) {
        String name = model(body);
        Optional<Duration> time = body.get(OllamaShapes.KEEP_ALIVE);
        boolean unload = time.filter(Duration::isZero).isPresent();
        if (!unload) {
            completions.models().lease(name).close();
        } else {
            completions.models().entry(name);
        }
        keepAlives.after(name, time);
        Map<String, @Nullable Object> line = line(name, form.piece("", "", List.of()));
        line.put("done", true);
        line.put("done_reason", unload ? "unload" : "load");
        exchange.json(line);
    }

    private void answer(Exchange exchange, Values body, Form form, Function<Models.Lease, Run> begin) {
        long began = System.nanoTime();
        String name = model(body);
        Models.Lease lease = completions.models().lease(name);
        long loaded = System.nanoTime() - began;
        Run run;
        try {
            run = begin.apply(lease);
        } catch (RuntimeException | Error e) {
            lease.close();
            throw e;
        }
        try (run) {
            Answer answer = run.answers().getFirst();
            boolean stream = body.get(OllamaShapes.STREAM, true);
            if (!stream) {
                var all = new Pieces();
                for (var delta = answer.delta(); delta.isPresent(); delta = answer.delta()) {
                    all.add(delta.get(), answer.spoken());
                }
                Reply reply = answer.reply();
                all.tokens.addAll(answer.spoken());
                Map<String, @Nullable Object> line = line(name, all.take(form));
                end(line, reply, began, loaded);
                logprobs(line, all.tokens, run.assistant());
                exchange.json(line);
                return;
            }
            EventStream out = exchange.stream("application/x-ndjson", "");
            var some = new Pieces();
            for (var delta = answer.delta(); delta.isPresent(); delta = answer.delta()) {
                some.add(delta.get(), answer.spoken());
                if (some.readable()) {
                    Map<String, @Nullable Object> line = line(name, some.take(form));
                    line.put("done", false);
                    logprobs(line, some.tokens, run.assistant());
                    some.tokens.clear();
                    out.write(Json.write(line) + "\n");
                }
            }
            Reply reply = answer.reply();
            some.tokens.addAll(answer.spoken());
            Map<String, @Nullable Object> line = line(name, some.take(form));
            end(line, reply, began, loaded);
            logprobs(line, some.tokens, run.assistant());
            out.write(Json.write(line) + "\n");
        } finally {
            keepAlives.after(name, body.get(OllamaShapes.KEEP_ALIVE));
        }
    }

    private String model(Values body) {
        return OllamaModels.known(completions.models(), OllamaShapes.model(body));
    }

    private static Map<String, @Nullable Object> line(String model, Map<String, @Nullable Object> piece) {
        Map<String, @Nullable Object> line = Json.map("model", model, "created_at", OllamaModels.now());
        line.putAll(piece);
        return line;
    }

    /** Times are in nanoseconds. */
    private static void end(Map<String, @Nullable Object> line, Reply reply, long began, long loaded) {
        line.put("done", true);
        line.put(
                "done_reason",
                switch (reply.finish()) {
                    case STOP, CALLS, LOOP, CANCELLED -> "stop";
                    case LENGTH -> "length";
                });
        line.put("total_duration", System.nanoTime() - began);
        line.put("load_duration", loaded);
        line.put("prompt_eval_count", reply.usage().promptTokens());
        line.put("prompt_eval_duration", reply.usage().promptNanos());
        line.put("eval_count", reply.usage().newTokens());
        line.put("eval_duration", reply.usage().newNanos());
    }

    private static void logprobs(Map<String, @Nullable Object> line, List<Spoken> tokens, Assistant model) {
        if (tokens.stream().anyMatch(token -> token.logprobs().isPresent())) {
            line.put("logprobs", TokenJson.of(tokens, model.tokenizer()));
        }
    }

    /** What has come of an answer and is not sent yet. */
    private static final class Pieces {
        final StringBuilder text = new StringBuilder();
        final StringBuilder thoughts = new StringBuilder();
        final List<Object> calls = new ArrayList<>();
        final List<Spoken> tokens = new ArrayList<>();
        private final StringBuilder arguments = new StringBuilder();
        private Delta.@Nullable CallStart calling;

        void add(Delta delta, List<Spoken> spoken) {
            tokens.addAll(spoken);
            switch (delta) {
                case Delta.Text piece -> text.append(piece.text());
                case Delta.Reasoning piece -> thoughts.append(piece.text());
                case Delta.CallStart start -> {
                    calling = start;
                    arguments.setLength(0);
                }
                case Delta.CallArguments more -> arguments.append(more.json());
                case Delta.CallEnd _ -> call();
            }
        }

        private void call() {
            if (calling == null) {
                return;
            }
            try {
                calls.add(Json.map(
                        "id",
                        calling.id(),
                        "function",
                        Json.map(
                                "index",
                                calling.index(),
                                "name",
                                calling.name(),
                                "arguments",
                                Call.arguments(arguments.toString()))));
            } catch (BadRequest notWhole) {
                return; // half a call must not be run
            }
        }

        boolean readable() {
            return !text.isEmpty() || !thoughts.isEmpty() || !calls.isEmpty();
        }

        Map<String, @Nullable Object> take(Form form) {
            Map<String, @Nullable Object> piece = form.piece(text.toString(), thoughts.toString(), List.copyOf(calls));
            text.setLength(0);
            thoughts.setLength(0);
            calls.clear();
            return piece;
        }
    }
}
