package dev.puna.server;

import dev.puna.chat.Assistant;
import dev.puna.server.anthropic.Anthropic;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Faults;
import dev.puna.server.core.Library;
import dev.puna.server.core.Metrics;
import dev.puna.server.core.Models;
import dev.puna.server.core.Traces;
import dev.puna.server.core.Watch;
import dev.puna.server.gemini.Gemini;
import dev.puna.server.http.Api;
import dev.puna.server.http.Frame;
import dev.puna.server.http.Keys;
import dev.puna.server.http.Limits;
import dev.puna.server.http.Route;
import dev.puna.server.ollama.Ollama;
import dev.puna.server.openai.OpenAi;
import dev.puna.server.store.Database;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A server of language models.
 *
 * <pre>{@code
 * try (var server = PunaServer.start(Library.of(Path.of("model.gguf")), PunaServer.Options.DEFAULT)) {
 *     System.out.println("listening on " + server.uri());
 *     ...
 * }
 * }</pre>
 */
public final class PunaServer implements AutoCloseable {
    /**
     * How to serve.
     *
     * @param http where to listen, with which keys and limits
     * @param models how models run, and how many at the same time
     * @param database where stored things live, as JDBC has it; absent: in memory, until the server is closed
     * @param policy which model judges texts, and who shares what was computed
     */
    public record Options(
            Frame.Options http, Models.Options models, Optional<String> database, Completions.Policy policy) {
        /** Without a guard, and nothing shared between accounts. */
        public Options(Frame.Options http, Models.Options models, Optional<String> database) {
            this(http, models, database, Completions.Policy.DEFAULT);
        }

        /** On a free port that only this machine reaches, without keys; four models at a time. */
        public static final Options DEFAULT = new Options(
                new Frame.Options("127.0.0.1", 0, Optional.empty(), Keys.NONE, Set.of(), Limits.DEFAULT),
                new Models.Options(
                        new Assistant.Options(
                                Optional.empty(),
                                OptionalInt.empty(),
                                OptionalInt.empty(),
                                Assistant.Options.DEFAULT.cache(),
                                32,
                                128),
                        4,
                        Duration.ofSeconds(30)),
                Optional.empty());
    }

    private final Models models;
    private final Frame frame;
    private final OpenAi openAi;
    private final Database database;
    private final Optional<Traces> traces;

    private PunaServer(Models models, Frame frame, OpenAi openAi, Database database, Optional<Traces> traces) {
        this.models = models;
        this.frame = frame;
        this.openAi = openAi;
        this.database = database;
        this.traces = traces;
    }

    /**
     * Begins to serve. Models are opened when they are first asked for.
     *
     * @throws IOException if the port cannot be had
     * @throws IllegalArgumentException if others could reach the address and there are no keys, or if the guard is none
     */
    public static PunaServer start(Library library, Options options) throws IOException {
        Models.Options wanted = options.models();
        Optional<Traces> traces = Traces.of(options.policy().telemetry());
        int guards = options.policy().guard().isPresent() ? 1 : 0; // a guard stays open beside the others
        Models models =
                new Models(library, new Models.Options(wanted.run(), wanted.open() + guards, wanted.patience()));
        Database database = options.database().map(Database::new).orElseGet(Database::inMemory);
        try {
            Metrics metrics = new Metrics(models);
            Watch watch = new Watch(metrics, traces);
            Completions completions = new Completions(models, watch, options.policy());
            Operations operations = new Operations(metrics);
            OpenAi openAi = new OpenAi(completions, database);
            // The last one answers for what none claims.
            List<Api> apis = List.of(
                    operations, new Anthropic(completions), new Gemini(completions), new Ollama(completions), openAi);
            Frame frame = new Frame(options.http(), apis, Faults::explain, watch);
            operations.watch(frame, apis);
            if (options.database().isPresent() && database.begun()) {
                Thread.ofVirtual().name("puna-resume").start(openAi::resume);
            }
            return new PunaServer(models, frame, openAi, database, traces);
        } catch (IOException | RuntimeException | Error e) {
            models.close();
            database.close();
            traces.ifPresent(Traces::close);
            throw e;
        }
    }

    /** Where it listens. */
    public URI uri() {
        return frame.uri();
    }

    /** The models it serves. */
    public Models models() {
        return models;
    }

    /** All that can be asked of it. */
    public List<Route> routes() {
        return frame.routes();
    }

    /** How many requests run. */
    public int running() {
        return frame.running();
    }

    /** Takes no new requests and waits for those that run; breaks off what takes longer. */
    public void drain(Duration most) {
        frame.drain(most);
    }

    /** Stops at once. */
    @Override
    public void close() {
        frame.close();
        openAi.close();
        models.close();
        database.close();
        traces.ifPresent(Traces::close);
    }
}
