package dev.puna.server.openai;

import dev.puna.chat.Assistant;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Library;
import dev.puna.server.http.Api;
import dev.puna.server.http.EventStream;
import dev.puna.server.http.Exchange;
import dev.puna.server.http.Head;
import dev.puna.server.http.Route;
import dev.puna.server.store.Database;
import dev.puna.server.store.StoredBatches;
import dev.puna.server.store.StoredChats;
import dev.puna.server.store.StoredFiles;
import dev.puna.server.store.StoredResponses;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** OpenAI's API. */
public final class OpenAi implements Api, AutoCloseable {
    /** What OpenAI's clients may ask for and nobody here does, with the reason. */
    private static final Map<String, String> OTHERS = new TreeMap<>(Map.ofEntries(
            Map.entry("/v1/audio/speech", "models here have no voice"),
            Map.entry("/v1/audio/transcriptions", "models here do not hear"),
            Map.entry("/v1/audio/translations", "models here do not hear"),
            Map.entry("/v1/images/generations", "models here make no images"),
            Map.entry("/v1/images/edits", "models here make no images"),
            Map.entry("/v1/images/variations", "models here make no images"),
            Map.entry("/v1/videos", "models here make no videos"),
            Map.entry("/v1/realtime/client_secrets", "models here have no voice"),
            Map.entry("/v1/conversations", "conversations are not kept; use 'previous_response_id' of responses"),
            Map.entry("/v1/responses/compact", "nothing is compacted"),
            Map.entry("/v1/uploads", "files come whole: see /v1/files"),
            Map.entry("/v1/vector_stores", "nothing is searched"),
            Map.entry("/v1/fine_tuning/jobs", "models are not trained here")));

    private final Completions completions;
    private final Batches batches;
    private final List<Route> routes = new ArrayList<>();

    public OpenAi(Completions completions, Database database) {
        this.completions = completions;
        KeptChats kept = new KeptChats(new StoredChats(database));
        Chat chat = new Chat(completions, kept);
        routes.add(Route.post("/v1/chat/completions", "Answers a conversation", chat::create)
                .takes(ChatShapes.CHAT));
        routes.add(Route.post("/v1/chat/completions/input_tokens", "Counts the tokens of a conversation", chat::count)
                .takes(ChatShapes.COUNT));
        String one = "/v1/chat/completions/{completion}";
        routes.add(Route.get("/v1/chat/completions", "Lists the stored completions", kept::list)
                .asks("model", "limit", "order", "after"));
        routes.add(Route.get(one, "A stored completion", kept::get));
        routes.add(Route.post(one, "Gives a stored completion other metadata", kept::change)
                .takes(Shape.of(ChatShapes.METADATA)));
        routes.add(Route.delete(one, "Removes a stored completion", kept::delete));
        routes.add(Route.get(one + "/messages", "What a stored completion answered", kept::messages)
                .asks("limit", "order", "after"));
        TextCompletion text = new TextCompletion(completions);
        routes.add(
                Route.post("/v1/completions", "Continues texts", text::create).takes(TextShapes.COMPLETION));
        Responses responses = new Responses(completions, new StoredResponses(database));
        routes.add(Route.post("/v1/responses", "Answers, and keeps the answer", responses::create)
                .takes(ResponseShapes.CREATE));
        routes.add(Route.post("/v1/responses/input_tokens", "Counts the tokens of a response's input", responses::count)
                .takes(ResponseShapes.COUNT));
        routes.add(Route.get("/v1/responses/{response}", "A stored response", responses::get));
        routes.add(Route.delete("/v1/responses/{response}", "Removes a stored response", responses::delete));
        routes.add(Route.get("/v1/responses/{response}/input_items", "What a response answered", responses::items)
                .asks("limit", "order", "after", "before"));
        routes.add(Route.post("/v1/responses/{response}/cancel", "Cancels a response", responses::cancel));
        Embedding embedding = new Embedding(completions.models());
        routes.add(Route.post("/v1/embeddings", "Texts as directions", embedding::create)
                .takes(TextShapes.EMBEDDING));
        routes.add(
                Route.post("/v1/moderations", "Judges texts; needs a guard model", new Moderation(completions)::create)
                        .takes(TextShapes.MODERATION));
        Tokens tokens = new Tokens(completions.models());
        routes.add(
                Route.post("/tokenize", "Token ids of a text", tokens::tokenize).takes(TextShapes.TOKENIZE));
        routes.add(Route.post("/detokenize", "The text of token ids", tokens::detokenize)
                .takes(TextShapes.DETOKENIZE));
        routes.add(Route.post("/apply-template", "What the chat template makes of messages", tokens::template)
                .takes(ChatShapes.COUNT));
        StoredFiles stored = new StoredFiles(database);
        FilesApi files = new FilesApi(stored);
        routes.add(Route.post("/v1/files", "Keeps a file", files::create));
        routes.add(Route.get("/v1/files", "Lists the files", files::list).asks("purpose", "limit", "order", "after"));
        routes.add(Route.get("/v1/files/{file}", "Tells of a file", files::get));
        routes.add(Route.delete("/v1/files/{file}", "Removes a file", files::delete));
        routes.add(Route.get("/v1/files/{file}/content", "The bytes of a file", files::content));
        Map<String, Route> endpoints = routes.stream()
                .filter(route -> route.method().equals("POST"))
                .collect(Collectors.toMap(Route::pattern, route -> route));
        batches = new Batches(new StoredBatches(database), stored, endpoints, this);
        routes.add(Route.post("/v1/batches", "Begins a batch", batches::create).takes(BatchShapes.BATCH));
        routes.add(Route.get("/v1/batches", "Lists the batches", batches::list).asks("limit", "after"));
        routes.add(Route.get("/v1/batches/{batch}", "Tells of a batch", batches::get));
        routes.add(Route.post("/v1/batches/{batch}/cancel", "Cancels a batch", batches::cancel));
        OTHERS.forEach((path, why) -> routes.add(Route.post(path, "Not offered: " + why, _ -> {
            throw Failure.of(Failure.Kind.NOT_OFFERED, why);
        })));
        routes.add(Route.get("/v1/models", "Lists the models", this::models));
        routes.add(Route.get("/v1/models/{model}", "Tells of a model", this::model));
    }

    /** Goes on with the batches that an earlier process left. */
    public void resume() {
        batches.resume();
    }

    /** Stops what runs in the background; a later process goes on with it. */
    @Override
    public void close() {
        batches.close();
    }

    @Override
    public String name() {
        return "openai";
    }

    @Override
    public List<Route> routes() {
        return routes;
    }

    @Override
    public boolean claims(Head head) {
        return false; // it gets what no other claims
    }

    @Override
    public Object error(Failure failure, String requestId) {
        String type = switch (failure.kind()) {
            case INVALID, NOT_FOUND, WRONG_METHOD, TIMEOUT, CONFLICT, TOO_LARGE, WRONG_TYPE, NOT_OFFERED ->
                "invalid_request_error";
            case UNAUTHORISED -> "authentication_error";
            case FORBIDDEN -> "permission_error";
            case OVERLOADED -> "rate_limit_error";
            case INTERNAL, UNAVAILABLE -> "server_error";
        };
        String code = failure.code().orElse(failure.kind() == Failure.Kind.UNAUTHORISED ? "invalid_api_key" : null);
        return Json.map(
                "error",
                Json.map(
                        "message",
                        failure.message(),
                        "type",
                        type,
                        "param",
                        failure.field().orElse(null),
                        "code",
                        code));
    }

    @Override
    public void broken(EventStream stream, Failure failure, String requestId) {
        stream.send(Json.write(error(failure, requestId)));
        stream.send("[DONE]");
    }

    /** Changes where the same seed might give another text. */
    static String fingerprint(Assistant assistant) {
        return "puna-" + assistant.tier() + "-"
                + Integer.toHexString(assistant.name().hashCode());
    }

    private void models(Exchange exchange) {
        List<Map<String, ?>> data = new ArrayList<>();
        completions.models().entries().forEach(entry -> data.add(json(entry)));
        exchange.json(Json.map("object", "list", "data", data));
    }

    private void model(Exchange exchange) {
        exchange.json(json(completions.models().entry(exchange.parameter("model"))));
    }

    private static Map<String, ?> json(Library.Entry entry) {
        Map<String, @Nullable Object> json = Json.map(
                "id", entry.id(), "object", "model", "created", entry.modified().getEpochSecond(), "owned_by", "puna");
        entry.base().ifPresent(base -> json.put("parent", base)); // of an adapter
        return json;
    }
}
