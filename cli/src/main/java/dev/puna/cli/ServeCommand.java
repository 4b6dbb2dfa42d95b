package dev.puna.cli;

import dev.puna.chat.Answer;
import dev.puna.chat.Caller;
import dev.puna.chat.Question;
import dev.puna.chat.Tools;
import dev.puna.engine.Priority;
import dev.puna.sample.Sampling;
import dev.puna.server.PunaServer;
import dev.puna.server.core.AdaptedLibrary;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Library;
import dev.puna.server.http.Frame;
import dev.puna.server.http.Keys;
import dev.puna.server.http.Limits;
import dev.puna.text.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import sun.misc.Signal;

/** {@code puna serve}: the wire APIs of OpenAI, Gemini, Anthropic and Ollama. */
@Command(
        name = "serve",
        header = "Serve models by the APIs of OpenAI, Gemini, Anthropic and Ollama.",
        description = {
            "",
            "The first line on standard output is 'listening on URL'. Clients of the four APIs work by using that URL as"
                    + " their base: OpenAI's as URL/v1, the others as it is.",
            "",
            "Without a MODEL, all models on this machine are served (" + Models.DEFAULT + " is fetched if there is"
                    + " none); each is opened when it is first asked for.",
            "",
            "Traces are sent by OTLP where the variable OTEL_EXPORTER_OTLP_ENDPOINT names a collector; the other OTEL_*"
                    + " variables are kept to.",
            "",
            "Only this machine can reach the server, and no key is needed, unless --host and --api-keys say otherwise."
                    + " On SIGTERM or Ctrl-C it takes no new requests and ends when those that run are answered.",
            ""
        },
        footer = {
            "  puna serve",
            "  puna serve model.gguf --port 8080 --parallel 8",
            "  puna key keys.txt alice",
            "  puna serve --host 0.0.0.0 --api-keys keys.txt --tls-cert cert.pem --tls-key key.pem"
        })
final class ServeCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "MODEL", description = "A name, path or source.")
    private List<String> references = List.of();

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Address to listen on (default: 127.0.0.1, this machine only); others need --api-keys.")
    private String host;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "Port to listen on; 0 takes a free one (default: 8080).")
    private int port;

    @Option(
            names = "--parallel",
            paramLabel = "N",
            defaultValue = "32",
            description = "Answers that are computed at the same time, for each model (default: 32).")
    private int parallel;

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "256",
            description = "Requests that may wait beyond these; more are told to come back (default: 256).")
    private int queue;

    @Option(
            names = "--models",
            paramLabel = "N",
            defaultValue = "4",
            description = "Models that may be open at the same time; the one not used for longest is closed"
                    + " (default: 4).")
    private int open;

    @Option(
            names = "--lora",
            paramLabel = "NAME=PATH",
            description = "An adapter (LoRA; a PEFT folder or a GGUF file), served as a model called NAME; may be given"
                    + " several times. Where several models are served, NAME is MODEL:SOMETHING.")
    private List<String> adapters = List.of();

    @Option(
            names = "--guard",
            paramLabel = "MODEL",
            description = "A guard model (Llama Guard), which answers /v1/moderations and keeps to Gemini's safety"
                    + " settings; it stays open beside the others.")
    private String guard;

    @Option(
            names = "--share-prefixes",
            paramLabel = "WITH",
            defaultValue = "account",
            description = "Who shares what was computed for equal beginnings of prompts: 'account', each with itself,"
                    + " or 'all' (default: account). Times to a first token tell those who share what others asked.")
    private String sharing;

    @Option(
            names = "--api-keys",
            paramLabel = "FILE",
            description = "Keys that may use the server, one a line; 'puna key' makes them. Without, any key passes.")
    private Path keys;

    @Option(names = "--tls-cert", paramLabel = "FILE", description = "Certificate chain, as PEM; with --tls-key.")
    private Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key, as PEM.")
    private Path key;

    @Option(
            names = "--cors",
            paramLabel = "ORIGIN",
            split = ",",
            description = "Origins of pages that browsers may send requests from, or '*' (default: none).")
    private List<String> origins = List.of();

    @Option(
            names = "--database",
            paramLabel = "URL",
            description =
                    "Where stored responses, chats, files and batches live: jdbc:sqlite:FILE or jdbc:postgresql://..."
                            + " (default: server.db among the user's state files).")
    private String database;

    @Option(
            names = "--drain",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How long running answers may take once the server is told to stop (default: 60).")
    private int drain;

    @Option(
            names = "--manage",
            negatable = true,
            description = "Clients may fetch, remove and copy models (default: only where there are no keys).")
    private Boolean manage;

    @Mixin
    private ModelOptions modelOptions;

    ServeCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Exception {
        within("--port", port, 0, 65535);
        within("--parallel", parallel, 1, 1024);
        within("--queue", queue, 1, 1 << 20);
        within("--models", open, 1, 1024);
        within("--drain", drain, 0, 1 << 20);
        if (!List.of("account", "all").contains(sharing)) {
            throw new Refused("--share-prefixes must be account or all, not " + sharing);
        }
        ServedModels models = new ServedModels(session.models(), references, manage != null ? manage : keys == null);
        Library library = adapted(models);
        Optional<String> judge = Optional.ofNullable(guard).map(models::with); // no model for adapters to mean
        PunaServer.Options options = new PunaServer.Options(
                http(),
                new dev.puna.server.core.Models.Options(
                        modelOptions.options(session, parallel, queue), open, Duration.ofSeconds(30)),
                Optional.of(database()),
                new Completions.Policy(
                        judge, sharing.equals("all"), session.settings().telemetry()));
        if (references.isEmpty() && session.models().store().names().isEmpty()) {
            session.models().resolve(Models.DEFAULT);
        }
        CountDownLatch stop = new CountDownLatch(1);
        for (String name : List.of("TERM", "INT")) {
            Signal.handle(new Signal(name), _ -> {
                if (stop.getCount() == 0) {
                    Runtime.getRuntime().halt(Exit.INTERRUPTED); // the second time it is meant
                }
                stop.countDown();
            });
        }
        try (PunaServer server = start(library, options)) {
            // Models that were named are opened before anybody waits for them, as many as fit.
            for (Library.Entry entry : references.isEmpty() ? List.<Library.Entry>of() : library.entries()) {
                if (server.models().open().size() < open
                        || server.models().open(entry.id()).isPresent()) {
                    server.models().lease(entry.id()).close();
                }
            }
            session.output().line("listening on " + server.uri());
            Thread.ofVirtual().start(() -> rehearse(server.models()));
            stop.await();
            if (server.running() > 0) {
                session.output().note("puna: stopping; " + server.running() + " requests run to their ends");
            }
            server.drain(Duration.ofSeconds(drain));
        }
        return Exit.OK;
    }

    /** Has each open model answer a question, so that Java compiles before somebody waits what nobody has used yet. */
    private static void rehearse(dev.puna.server.core.Models models) {
        Question question = new Question(
                List.of(Message.user("Who are you, and what can you tell of the world?")),
                Tools.NONE,
                Sampling.GREEDY.with(s -> s.maxTokens = OptionalInt.of(16)),
                Optional.empty(),
                Map.of(),
                true,
                new Caller("", "", Priority.LOW, Optional.empty()));
        for (dev.puna.server.core.Models.Open open : models.open()) {
            try (var lease = models.lease(open.entry().id());
                    Answer answer = lease.assistant().answer(question)) {
                answer.reply();
            } catch (RuntimeException _) {
                // it does not chat, or the server stops: nobody waits for this answer
            }
        }
    }

    /** SQLite beside the chat's history, unless something else is named. */
    private String database() throws IOException {
        if (database != null) {
            return database;
        }
        Path folder = session.settings().state();
        Files.createDirectories(folder);
        return "jdbc:sqlite:" + folder.resolve("server.db").toAbsolutePath();
    }

    /** The models with the adapters that were named. */
    private Library adapted(Library models) {
        if (adapters.isEmpty()) {
            return models;
        }
        List<AdaptedLibrary.Adapter> all = new ArrayList<>();
        for (String named : adapters) {
            int is = named.indexOf('=');
            if (is < 1 || is == named.length() - 1) {
                throw new Refused("--lora takes NAME=PATH, not " + named);
            }
            String name = named.substring(0, is);
            Optional<String> base = models.entries().stream()
                    .map(Library.Entry::id)
                    .filter(id -> name.startsWith(id + ":"))
                    .findFirst();
            all.add(new AdaptedLibrary.Adapter(name, base, Path.of(named.substring(is + 1))));
        }
        try {
            return new AdaptedLibrary(models, all);
        } catch (IllegalArgumentException e) {
            throw new Refused("--lora: " + e.getMessage(), e);
        }
    }

    private PunaServer start(Library library, PunaServer.Options options) {
        try {
            return PunaServer.start(library, options);
        } catch (IllegalArgumentException e) {
            throw new Refused(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new Failed("cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
        }
    }

    private Frame.Options http() throws IOException {
        if ((certificate == null) != (key == null)) {
            throw new Refused("--tls-cert and --tls-key go together");
        }
        Optional<Frame.Tls> tls = certificate == null ? Optional.empty() : Optional.of(new Frame.Tls(certificate, key));
        Set<String> allowed = new LinkedHashSet<>(origins);
        try {
            return new Frame.Options(
                    host, port, tls, keys == null ? Keys.NONE : Keys.read(keys), allowed, Limits.DEFAULT);
        } catch (IllegalArgumentException e) {
            throw new Refused(String.valueOf(e.getMessage()), e);
        }
    }

    private static void within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new Refused(option + " must be " + least + " to " + most + ", not " + value);
        }
    }
}
