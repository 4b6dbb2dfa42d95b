package dev.puna.server.ollama;

import dev.puna.server.core.Completions;
import dev.puna.server.http.Api;
import dev.puna.server.http.EventStream;
import dev.puna.server.http.Exchange;
import dev.puna.server.http.Head;
import dev.puna.server.http.Route;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Ollama's API. Streams are lines of JSON, and never an empty line: its clients take each line for JSON. */
public final class Ollama implements Api {
    /** The version of Ollama whose API this is; clients ask for it to know what they may send. */
    private static final String VERSION = "0.35.0";

    private final OllamaTalk talk;
    private final OllamaModels models;
    private final OllamaEmbed embed;

    public Ollama(Completions completions) {
        var keepAlive = new KeepAlives(completions.models());
        models = new OllamaModels(completions.models(), keepAlive);
        talk = new OllamaTalk(completions, keepAlive);
        embed = new OllamaEmbed(completions.models(), keepAlive);
    }

    @Override
    public String name() {
        return "ollama";
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.post("/api/generate", "Answers a prompt", talk::generate).takes(OllamaShapes.GENERATE),
                Route.post("/api/chat", "Answers messages", talk::chat).takes(OllamaShapes.CHAT),
                Route.post("/api/embed", "Makes vectors of texts", embed::embed).takes(OllamaShapes.EMBED),
                Route.post("/api/embeddings", "Makes a vector of a text", embed::embeddings)
                        .takes(OllamaShapes.EMBEDDINGS),
                Route.get("/api/tags", "Lists the models", models::tags),
                Route.get("/api/ps", "Lists the models that are loaded", models::running),
                Route.post("/api/show", "Tells of a model", models::show).takes(OllamaShapes.SHOW),
                Route.post("/api/pull", "Fetches a model", models::pull).takes(OllamaShapes.PULL),
                Route.delete("/api/delete", "Removes a model", models::delete).takes(OllamaShapes.ONE_MODEL),
                Route.post("/api/copy", "Gives a model another name", models::copy)
                        .takes(OllamaShapes.COPY),
                Route.get("/api/version", "Which of Ollama's APIs this is", Ollama::version),
                Route.get("/", "Whether anybody is there", Ollama::root),
                Route.post("/api/create", "Not offered", _ -> notOffered("models are not made here")),
                Route.post("/api/push", "Not offered", _ -> notOffered("models are not published from here")));
    }

    private static void notOffered(String why) {
        throw Failure.of(Failure.Kind.NOT_OFFERED, why);
    }

    private static void version(Exchange exchange) {
        exchange.json(Json.map("version", VERSION));
    }

    private static void root(Exchange exchange) {
        exchange.bytes(200, "text/plain; charset=utf-8", "Puna is running".getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public boolean claims(Head head) {
        return head.path().equals("/") || head.path().startsWith("/api/");
    }

    @Override
    public Object error(Failure failure, String requestId) {
        return Json.map("error", failure.message());
    }

    @Override
    public void broken(EventStream stream, Failure failure, String requestId) {
        stream.write(Json.write(error(failure, requestId)) + "\n");
    }
}
