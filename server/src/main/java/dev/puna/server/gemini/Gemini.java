package dev.puna.server.gemini;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Caller;
import dev.puna.chat.Question;
import dev.puna.chat.Reply;
import dev.puna.chat.Tools;
import dev.puna.engine.Priority;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Embeddings;
import dev.puna.server.core.Models;
import dev.puna.server.core.Run;
import dev.puna.server.http.Api;
import dev.puna.server.http.EventStream;
import dev.puna.server.http.Exchange;
import dev.puna.server.http.Handler;
import dev.puna.server.http.Head;
import dev.puna.server.http.Route;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import dev.puna.text.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Gemini's API, under {@code /v1beta} and {@code /v1}: Google's clients ask for one or the other. */
public final class Gemini implements Api {
    private final Completions completions;
    private final GeminiModels models;

    public Gemini(Completions completions) {
        this.completions = completions;
        models = new GeminiModels(completions.models());
    }

    @Override
    public String name() {
        return "gemini";
    }

    @Override
    public List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        for (String version : List.of("/v1beta", "/v1")) {
            String model = version + "/models/{model}";
            routes.add(Route.get(version + "/models", "Lists the models", whole(models::list))
                    .asks("pageSize", "pageToken", "alt"));
            routes.add(Route.get(model, "Tells of a model", whole(models::get)).asks("alt"));
            routes.add(Route.post(model + ":generateContent", "Answers contents", whole(this::generate))
                    .takes(GeminiShapes.GENERATE)
                    .asks("alt"));
            routes.add(Route.post(model + ":streamGenerateContent", "Answers contents, piece by piece", this::stream)
                    .takes(GeminiShapes.GENERATE)
                    .asks("alt"));
            routes.add(Route.post(model + ":countTokens", "Counts the tokens of contents", whole(this::count))
                    .takes(GeminiShapes.COUNT_TOKENS)
                    .asks("alt"));
            routes.add(Route.post(model + ":embedContent", "Makes a vector of a text", whole(this::embed))
                    .takes(GeminiShapes.EMBED)
                    .asks("alt"));
            routes.add(Route.post(model + ":batchEmbedContents", "Makes vectors of texts", whole(this::embedAll))
                    .takes(GeminiShapes.BATCH_EMBED)
                    .asks("alt"));
        }
        return routes;
    }

    /** For what does not come in pieces. */
    private static Handler whole(Handler handler) {
        return exchange -> {
            if (!exchange.head().query("alt").orElse("json").equals("json")) {
                throw Failure.invalid("alt", "must be json here");
            }
            handler.handle(exchange);
        };
    }

    @Override
    public boolean claims(Head head) {
        return head.path().startsWith("/v1beta/")
                || head.header("x-goog-api-key").isPresent()
                || head.query("key").isPresent()
                || (head.method().equals("POST") && head.path().startsWith("/v1/models/"));
    }

    @Override
    public Object error(Failure failure, String requestId) {
        return GeminiJson.error(failure);
    }

    @Override
    public void broken(EventStream stream, Failure failure, String requestId) {
        new Pieces(stream).send(GeminiJson.error(failure));
        new Pieces(stream).end();
    }

    private void generate(Exchange exchange) {
        Values body = exchange.values();
        Optional<Safety> safety = safety(exchange, body);
        Optional<Safety.Rated> prompt = safety.map(wish -> wish.judge(exchange, ContentReader.messages(body)));
        if (prompt.isPresent() && prompt.get().blocked()) {
            exchange.json(refused(exchange, body, prompt.get()));
            return;
        }
        try (Run run = begin(exchange, body)) {
            var json = new GeminiJson(run, exchange.id());
            List<Answered> all = new ArrayList<>();
            for (Answer answer : run.answers()) {
                all.add(judged(exchange, body, safety, Answered.of(answer, Thinking.shown(body))));
            }
            exchange.json(json.whole(all));
        }
    }

    /** Whether a stream is one of server-sent events; else it is one JSON array. */
    private static boolean events(Exchange exchange) {
        return switch (exchange.head().query("alt").orElse("json")) {
            case "sse" -> true;
            case "json" -> false;
            default -> throw Failure.invalid("alt", "must be sse or json");
        };
    }

    private Optional<Safety> safety(Exchange exchange, Values body) {
        completions.models().entry(name(exchange, body)); // an unknown model is told first
        return Safety.of(body, completions.guard());
    }

    /** What is said of a prompt that nothing answers. */
    private Map<String, @Nullable Object> refused(Exchange exchange, Values body, Safety.Rated prompt) {
        try (Models.Lease lease = completions.models().lease(name(exchange, body))) {
            int tokens = lease.assistant().prompt(question(exchange, body, lease.assistant())).length;
            return GeminiJson.refused(lease.id(), exchange.id(), prompt, tokens);
        }
    }

    private static Answered judged(Exchange exchange, Values body, Optional<Safety> safety, Answered answered) {
        safety.ifPresent(wish -> {
            List<Message> talk = new ArrayList<>(ContentReader.messages(body));
            talk.add(Message.assistant(answered.said()));
            answered.rated(wish.judge(exchange, talk));
        });
        return answered;
    }

    private void stream(Exchange exchange) {
        Values body = exchange.values();
        boolean events = events(exchange);
        Optional<Safety> safety = safety(exchange, body);
        Optional<Safety.Rated> prompt = safety.map(wish -> wish.judge(exchange, ContentReader.messages(body)));
        if (prompt.isPresent() && prompt.get().blocked()) {
            Map<String, @Nullable Object> refused = refused(exchange, body, prompt.get());
            var pieces = new Pieces(events ? exchange.events() : exchange.stream("application/json", ""));
            pieces.send(refused);
            pieces.end();
            return;
        }
        try (Run run = begin(exchange, body)) {
            var json = new GeminiJson(run, exchange.id());
            var pieces = new Pieces(events ? exchange.events() : exchange.stream("application/json", ""));
            List<Reply> over = new ArrayList<>();
            run.each((index, answer) -> {
                var answered = new Answered(Thinking.shown(body));
                for (var delta = answer.delta(); delta.isPresent(); delta = answer.delta()) {
                    answered.add(delta.get(), answer.spoken());
                    if (answered.readable() && safety.isEmpty()) { // what is judged is held back until it is whole
                        pieces.send(json.piece(index, answered.take()));
                    }
                }
                Reply reply = answer.reply();
                answered.add(answer.spoken());
                judged(exchange, body, safety, answered);
                synchronized (over) {
                    over.add(reply);
                    boolean last = over.size() == run.answers().size();
                    pieces.send(json.end(index, answered.take(), reply, last ? over : List.of()));
                }
            });
            pieces.end();
        }
    }

    private Run begin(Exchange exchange, Values body) {
        int n = body.get(GeminiShapes.GENERATION_CONFIG)
                .flatMap(config -> config.get(GeminiShapes.CANDIDATE_COUNT))
                .orElse(1);
        if (n > Completions.MOST_ANSWERS) {
            throw Failure.invalid(
                    "generationConfig.candidateCount", "must be 1 to " + Completions.MOST_ANSWERS + ", not " + n);
        }
        try {
            return completions.ask(exchange, name(exchange, body), model -> question(exchange, body, model), n);
        } catch (BadRequest bad) {
            throw named(bad);
        }
    }

    /** What the library says of its own fields, said of this API's. */
    private static RuntimeException named(BadRequest bad) {
        return switch (bad.field()) {
            case "toolChoice" -> Failure.invalid("toolConfig.functionCallingConfig", bad.what());
            case "messages" -> Failure.invalid("contents", bad.what());
            default -> bad;
        };
    }

    /** The model of the path; what the body says of it must agree. */
    static String name(Exchange exchange, Values body) {
        String model = exchange.parameter("model");
        String said = body.get(GeminiShapes.MODEL).orElse(model);
        if (!said.equals(model) && !said.equals("models/" + model)) {
            throw Failure.invalid(body.path(GeminiShapes.MODEL), "names another model than the path");
        }
        return model;
    }

    private void count(Exchange exchange) {
        Values body = exchange.values();
        Optional<Values> whole = body.get(GeminiShapes.COUNTED);
        if (whole.isPresent() && body.has(GeminiShapes.CONTENTS_FIELD)) {
            throw Failure.invalid("generateContentRequest", "cannot be given together with contents");
        }
        try (Models.Lease lease = completions.models().lease(name(exchange, body))) {
            int tokens = lease.assistant().prompt(question(exchange, whole.orElse(body), lease.assistant())).length;
            exchange.json(Json.map("totalTokens", tokens, "promptTokensDetails", GeminiJson.text(tokens)));
        }
    }

    private void embed(Exchange exchange) {
        Values body = exchange.values();
        exchange.json(embedded(exchange, name(exchange, body), List.of(body), "embedding"));
    }

    private void embedAll(Exchange exchange) {
        Values body = exchange.values();
        String model = name(exchange, body);
        List<Values> requests = body.need(GeminiShapes.REQUESTS);
        requests.forEach(request -> name(exchange, request)); // each may name it once more
        exchange.json(embedded(exchange, model, requests, "embeddings"));
    }

    private Map<String, @Nullable Object> embedded(
            Exchange exchange, String model, List<Values> requests, String field) {
        try (Models.Lease lease = completions.models().lease(model)) {
            List<int[]> texts = requests.stream()
                    .map(request -> lease.assistant().tokens(embeddedText(request), false))
                    .toList();
            int tokens = texts.stream().mapToInt(text -> text.length).sum();
            List<float[]> vectors = Embeddings.of(exchange, lease, texts, Completions.caller(exchange));
            List<Map<String, @Nullable Object>> all = new ArrayList<>();
            for (Values request : requests) {
                float[] whole = vectors.get(all.size());
                float[] vector = request.get(GeminiShapes.DIMENSIONS)
                        .map(many -> Embeddings.shortened(whole, many, request.path(GeminiShapes.DIMENSIONS)))
                        .orElse(whole);
                all.add(Json.map("values", vector));
            }
            return Json.map(
                    field,
                    field.equals("embedding") ? all.getFirst() : all,
                    "usageMetadata",
                    Json.map("promptTokenCount", tokens, "promptTokensDetails", GeminiJson.text(tokens)));
        }
    }

    private static String embeddedText(Values request) {
        Values content = request.need(GeminiShapes.CONTENT);
        String text = ContentReader.text(content);
        if (text.isEmpty()) {
            throw Failure.invalid(request.path(GeminiShapes.CONTENT), "has no text");
        }
        return request.get(GeminiShapes.EMBED_TITLE)
                .map(title -> title + "\n\n" + text)
                .orElse(text);
    }

    private static Question question(Exchange exchange, Values body, Assistant model) {
        List<Message> messages = ContentReader.messages(body);
        Tools tools = ContentReader.tools(body);
        Optional<Values> config = body.get(GeminiShapes.GENERATION_CONFIG);
        Sampling sampling =
                config.map(given -> sampling(given, model.defaults())).orElse(model.defaults());
        Optional<Constraint> form = config.flatMap(given -> ContentReader.form(given, model));
        Map<String, Object> variables = config.flatMap(given -> given.get(GeminiShapes.THINKING))
                .map(given -> Thinking.variables(given, model))
                .orElse(Map.of());
        return new Question(messages, tools, sampling, form, variables, true, caller(exchange, body));
    }

    private static Caller caller(Exchange exchange, Values body) {
        Caller caller = Completions.caller(exchange);
        Priority priority = switch (body.get(GeminiShapes.SERVICE_TIER, "standard")) {
            case "flex" -> Priority.LOW;
            case "priority" -> Priority.HIGH;
            default -> caller.priority();
        };
        return new Caller(caller.account(), caller.scope(), priority, caller.adapter());
    }

    private static Sampling sampling(Values config, Sampling defaults) {
        boolean report = config.get(GeminiShapes.RESPONSE_LOGPROBS, false);
        if (config.has(GeminiShapes.LOGPROBS) && !report) {
            throw Failure.invalid(config.path(GeminiShapes.LOGPROBS), "goes with responseLogprobs");
        }
        return defaults.with(s -> {
            s.temperature = config.get(GeminiShapes.TEMPERATURE, s.temperature);
            s.topP = config.get(GeminiShapes.TOP_P, s.topP);
            s.topK = config.get(GeminiShapes.TOP_K, s.topK);
            s.maxTokens = config.get(GeminiShapes.MAX_OUTPUT_TOKENS)
                    .map(OptionalInt::of)
                    .orElse(s.maxTokens);
            s.stop = config.get(GeminiShapes.STOP_SEQUENCES, s.stop);
            s.presencePenalty = config.get(GeminiShapes.PRESENCE_PENALTY, s.presencePenalty);
            s.frequencyPenalty = config.get(GeminiShapes.FREQUENCY_PENALTY, s.frequencyPenalty);
            s.seed = config.get(GeminiShapes.SEED).map(OptionalLong::of).orElse(s.seed);
            s.logprobs = report ? OptionalInt.of(config.get(GeminiShapes.LOGPROBS, 0)) : s.logprobs;
        });
    }
}
