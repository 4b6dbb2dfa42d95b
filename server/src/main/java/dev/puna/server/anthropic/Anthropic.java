package dev.puna.server.anthropic;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Delta;
import dev.puna.chat.Question;
import dev.puna.chat.Reply;
import dev.puna.chat.Tools;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Forms;
import dev.puna.server.core.Library;
import dev.puna.server.core.Models;
import dev.puna.server.core.Run;
import dev.puna.server.http.Api;
import dev.puna.server.http.EventStream;
import dev.puna.server.http.Exchange;
import dev.puna.server.http.Head;
import dev.puna.server.http.Route;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import dev.puna.text.Message;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Anthropic's API: messages, streamed or whole, the number of their tokens, and the models. */
public final class Anthropic implements Api {
    private static final int USUAL_PAGE = 20; // models
    private static final int LONGEST_PAGE = 1000; // models

    private final Completions completions;

    public Anthropic(Completions completions) {
        this.completions = completions;
    }

    @Override
    public String name() {
        return "anthropic";
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.post("/v1/messages", "Answers messages", this::create)
                        .takes(MessageShapes.CREATE)
                        .asks("beta"),
                Route.post("/v1/messages/count_tokens", "Counts the tokens of messages", this::count)
                        .takes(MessageShapes.COUNT)
                        .asks("beta"),
                Route.get("/v1/models", "Lists the models", this::models)
                        .asks("limit", "after_id", "before_id", "beta"),
                Route.get("/v1/models/{model}", "Tells of a model", this::model).asks("beta"));
    }

    @Override
    public boolean claims(Head head) {
        return head.header("anthropic-version").isPresent() || head.path().startsWith("/v1/messages");
    }

    @Override
    public Object error(Failure failure, String requestId) {
        String type = switch (failure.kind()) {
            case INVALID, WRONG_METHOD, CONFLICT, WRONG_TYPE, NOT_OFFERED -> "invalid_request_error";
            case UNAUTHORISED -> "authentication_error";
            case FORBIDDEN -> "permission_error";
            case NOT_FOUND -> "not_found_error";
            case TIMEOUT -> "timeout_error";
            case TOO_LARGE -> "request_too_large";
            case OVERLOADED -> "rate_limit_error";
            case INTERNAL -> "api_error";
            case UNAVAILABLE -> "overloaded_error";
        };
        return Json.map(
                "type",
                "error",
                "error",
                Json.map("type", type, "message", failure.message()),
                "request_id",
                requestId);
    }

    @Override
    public void broken(EventStream stream, Failure failure, String requestId) {
        stream.send("error", Json.write(error(failure, requestId)));
    }

    private void create(Exchange exchange) {
        exchange.header("request-id", exchange.id());
        Values body = exchange.values();
        String id = "msg_" + exchange.id().substring(exchange.id().indexOf('_') + 1);
        int most = body.need(MessageShapes.MAX_TOKENS);
        boolean thoughts = MessageReader.showsThoughts(body);
        Question[] asked = new Question[1];
        try (Run run = completions.ask(
                exchange, body.need(MessageShapes.MODEL), model -> asked[0] = question(exchange, body, model), 1)) {
            Answer answer = run.answers().getFirst();
            if (!body.get(MessageShapes.STREAM, false)) {
                exchange.json(MessageJson.whole(id, run.model(), answer.reply(), most, thoughts));
                return;
            }
            int prompt = run.assistant().prompt(asked[0]).length;
            EventStream events = exchange.events();
            var stream = new MessageStream((name, data) -> events.send(name, Json.write(data)));
            stream.start(MessageJson.begun(id, run.model(), prompt));
            for (var delta = answer.delta(); delta.isPresent(); delta = answer.delta()) {
                if (thoughts || !(delta.get() instanceof Delta.Reasoning)) {
                    stream.delta(delta.get());
                }
            }
            Reply reply = answer.reply();
            stream.end(MessageJson.stop(reply, most), MessageJson.usage(reply.usage()));
        }
    }

    private void count(Exchange exchange) {
        Values body = exchange.values();
        try (Models.Lease lease = completions.models().lease(body.need(MessageShapes.MODEL))) {
            exchange.json(Json.map(
                    "input_tokens", lease.assistant().prompt(question(exchange, body, lease.assistant())).length));
        }
    }

    private static Question question(Exchange exchange, Values body, Assistant model) {
        List<Message> messages = MessageReader.messages(body);
        Tools tools = MessageReader.tools(body);
        Sampling sampling = model.defaults().with(s -> {
            s.maxTokens =
                    body.get(MessageShapes.MAX_TOKENS).map(OptionalInt::of).orElse(s.maxTokens);
            s.temperature = body.get(MessageShapes.TEMPERATURE, s.temperature);
            s.topP = body.get(MessageShapes.TOP_P, s.topP);
            s.topK = body.get(MessageShapes.TOP_K, s.topK);
            s.stop = body.get(MessageShapes.STOP_SEQUENCES, List.of());
        });
        Optional<Constraint> form =
                MessageReader.schema(body).map(schema -> Forms.schema(model, schema, "output_config.format.schema"));
        return new Question(
                messages,
                tools,
                sampling,
                form,
                MessageReader.variables(body, model),
                true,
                Completions.caller(exchange));
    }

    private void models(Exchange exchange) {
        List<Library.Entry> all = completions.models().entries();
        Head head = exchange.head();
        int most = head.query("limit").map(Anthropic::limit).orElse(USUAL_PAGE);
        int from =
                head.query("after_id").map(id -> index(all, "after_id", id) + 1).orElse(0);
        int to = head.query("before_id").map(id -> index(all, "before_id", id)).orElse(all.size());
        List<Library.Entry> rest = all.subList(Math.min(from, to), to);
        boolean more = rest.size() > most;
        // Of those before one, the nearest to it.
        List<Library.Entry> page = head.query("before_id").isPresent()
                ? rest.subList(Math.max(0, rest.size() - most), rest.size())
                : rest.subList(0, Math.min(most, rest.size()));
        List<Map<String, @Nullable Object>> data = page.stream().map(this::json).toList();
        exchange.json(Json.map(
                "data",
                data,
                "has_more",
                more,
                "first_id",
                data.isEmpty() ? null : data.getFirst().get("id"),
                "last_id",
                data.isEmpty() ? null : data.getLast().get("id")));
    }

    private static int limit(String text) {
        if (!text.matches("[1-9]\\d{0,3}") || Integer.parseInt(text) > LONGEST_PAGE) {
            throw Failure.invalid("limit", "must be 1 to " + LONGEST_PAGE);
        }
        return Integer.parseInt(text);
    }

    private static int index(List<Library.Entry> all, String name, String id) {
        List<String> ids = all.stream().map(Library.Entry::id).toList();
        if (!ids.contains(id)) {
            throw Failure.invalid(name, "names no model of this list");
        }
        return ids.indexOf(id);
    }

    private void model(Exchange exchange) {
        exchange.json(json(completions.models().entry(exchange.parameter("model"))));
    }

    private Map<String, @Nullable Object> json(Library.Entry entry) {
        Optional<Integer> context = completions
                .models()
                .open(entry.id())
                .map(open -> open.assistant().context());
        return Json.map(
                "id",
                entry.id(),
                "type",
                "model",
                "display_name",
                entry.id(),
                "created_at",
                entry.modified().toString(),
                "lifecycle",
                "active",
                "line",
                null,
                "deprecated_at",
                null,
                "retires_at",
                null,
                "capabilities",
                null,
                "max_input_tokens",
                context.orElse(null),
                "max_tokens",
                context.orElse(null));
    }
}
