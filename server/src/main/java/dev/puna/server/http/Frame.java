package dev.puna.server.http;

import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;

/**
 * The HTTP server: takes a request in, finds its route by the path as it was sent, asks for its key, runs its handler on a
 * virtual thread, and turns what goes wrong into an error of its API.
 */
public final class Frame implements AutoCloseable {
    /**
     * Where and how to listen.
     *
     * @param port 0 for any that is free
     * @param tls certificate and key, as PEM files; absent: without TLS
     * @param origins of pages that browsers may send requests from, or {@code *}; usually none
     */
    public record Options(String host, int port, Optional<Tls> tls, Keys keys, Set<String> origins, Limits limits) {}

    /** Certificate chain and key, as PEM files. */
    public record Tls(Path certificate, Path key) {}

    /** Told of each request; must not wait. */
    public interface Observer {
        void began(String id, Head head);

        void served(String id, String api, String method, String pattern, int status, long nanos);
    }

    private static final Logger LOG = System.getLogger(Frame.class.getName());

    private record Target(Api api, Route route) {}

    private final Options options;
    private final List<Api> apis;
    private final List<Target> targets = new ArrayList<>();
    private final BiFunction<Throwable, Route, Failure> explain;
    private final Observer observer;
    private final Vertx vertx;
    private final HttpServer server;
    private final Set<HttpExchange> running = ConcurrentHashMap.newKeySet();
    private final Connections connections;
    private volatile boolean draining;

    /**
     * Listens from now on.
     *
     * @param apis the last one answers for what none claims
     * @param explain turns what a route's handler threw into a failure
     * @throws IOException if the port cannot be had
     * @throws IllegalArgumentException if the address is public and no keys are configured
     */
    public Frame(Options options, List<Api> apis, BiFunction<Throwable, Route, Failure> explain, Observer observer)
            throws IOException {
        this.options = options;
        this.apis = List.copyOf(apis);
        this.explain = explain;
        this.observer = observer;
        if (!Addresses.loopback(options.host()) && !options.keys().configured()) {
            throw new IllegalArgumentException(
                    options.host()
                            + " can be reached by others: that needs API keys; without keys only loopback addresses are served");
        }
        for (Api api : apis) {
            api.routes().forEach(route -> targets.add(new Target(api, route)));
        }
        targets.sort(Comparator.comparingInt((Target target) -> -target.route().literal()));
        vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(2)
                .setInternalBlockingPoolSize(2)
                .setUseDaemonThread(true)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        Limits limits = options.limits();
        HttpServerOptions http = new HttpServerOptions()
                .setMaxHeaderSize(limits.headerBytes())
                .setMaxInitialLineLength(limits.lineBytes())
                .setHandle100ContinueAutomatically(true)
                .setHttp2ClearTextEnabled(
                        false) // else a connection that says nothing is not known yet, and waits for ever
                .setTcpNoDelay(true)
                .setAcceptBacklog(1024);
        options.tls()
                .ifPresent(tls -> http.setSsl(true)
                        .setUseAlpn(true)
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .setCertPath(tls.certificate().toAbsolutePath().toString())
                                .setKeyPath(tls.key().toAbsolutePath().toString())));
        server = vertx.createHttpServer(http);
        server.requestHandler(this::accept);
        connections = new Connections(vertx, limits);
        connections.watch(server);
        try {
            await(server.listen(options.port(), options.host()));
        } catch (IOException e) {
            vertx.close();
            throw e;
        }
    }

    /** Where it listens. */
    public URI uri() {
        String host = options.host().contains(":") ? "[" + options.host() + "]" : options.host();
        return URI.create((options.tls().isPresent() ? "https://" : "http://") + host + ":" + server.actualPort());
    }

    /** Whether it takes new requests. */
    public boolean ready() {
        return !draining;
    }

    public List<Route> routes() {
        return targets.stream().map(Target::route).toList();
    }

    /** How many requests run. */
    public int running() {
        return running.size();
    }

    /** On the event loop. */
    private void accept(HttpServerRequest request) {
        long began = System.nanoTime();
        connections.begun(request);
        byte[] random = new byte[12];
        ThreadLocalRandom.current().nextBytes(random);
        String id = "req_" + HexFormat.of().formatHex(random);
        Head head = new Head(request);
        observer.began(id, head);
        HttpServerResponse response = request.response();
        response.putHeader("x-request-id", id).putHeader("X-Content-Type-Options", "nosniff");
        Api api = claimant(head);
        String pattern = "none";
        try {
            checkHost(head);
            allowOrigin(head, response);
            if (head.method().equals("OPTIONS")
                    && head.header("Access-Control-Request-Method").isPresent()) {
                preflight(head, response);
                observer.served(
                        id, api.name(), "OPTIONS", pattern, response.getStatusCode(), System.nanoTime() - began);
                return;
            }
            Optional<Target> target = target(head);
            boolean open = target.map(found -> found.route().open()).orElse(false);
            Account account = open ? Account.LOCAL : options.keys().account(head.key());
            if (target.isEmpty()) {
                throw none(head, response);
            }
            api = target.get().api();
            Route route = target.get().route();
            pattern = route.pattern();
            if (!open) {
                checkQuery(head, route);
            }
            if (draining && !open) {
                throw Failure.unavailable("the server is shutting down", Duration.ofSeconds(5));
            }
            Context loop = vertx.getOrCreateContext();
            Map<String, String> parameters = route.match(head.path()).orElseThrow();
            HttpExchange exchange =
                    new HttpExchange(request, loop, options.limits(), head, id, route, parameters, account);
            running.add(exchange);
            Api of = api;
            Thread.ofVirtual().name(id).start(() -> run(exchange, of, began));
        } catch (Failure failure) {
            refuse(request, api, failure, id);
            observer.served(id, api.name(), head.method(), pattern, failure.status(), System.nanoTime() - began);
        }
    }

    private Api claimant(Head head) {
        return apis.stream().filter(api -> api.claims(head)).findFirst().orElse(apis.getLast());
    }

    private Optional<Target> target(Head head) {
        List<Target> fitting = targets.stream()
                .filter(target -> target.route().method().equals(head.method())
                        || (head.method().equals("HEAD")
                                && target.route().method().equals("GET")))
                .filter(target -> target.route().match(head.path()).isPresent())
                .toList();
        if (fitting.isEmpty()) {
            return Optional.empty();
        }
        String best = fitting.getFirst().route().pattern();
        List<Target> same = fitting.stream()
                .filter(target -> target.route().pattern().equals(best))
                .toList();
        return same.stream()
                .filter(target -> target.api().claims(head))
                .findFirst()
                .or(() -> Optional.of(same.getLast()));
    }

    /** The key may stand in any query; what else may is the route's. */
    private static void checkQuery(Head head, Route route) {
        for (String name : head.queries()) {
            if (!name.equals("key") && !route.queries().contains(name)) {
                throw Failure.invalid(
                        name.length() <= 100 ? name : name.substring(0, 100) + "…",
                        "is not a parameter of this request");
            }
        }
    }

    private Failure none(Head head, HttpServerResponse response) {
        List<String> methods = targets.stream()
                .filter(target -> target.route().match(head.path()).isPresent())
                .map(target -> target.route().method())
                .distinct()
                .toList();
        if (methods.isEmpty()) {
            return Failure.of(Failure.Kind.NOT_FOUND, "there is nothing at this path");
        }
        response.putHeader("Allow", String.join(", ", methods));
        return Failure.of(Failure.Kind.WRONG_METHOD, "this path takes " + String.join(", ", methods));
    }

    /**
     * A page that a browser shows can send requests here under a name of its maker's, once that name leads to this
     * machine. So where no key protects the server, it answers only to names that are its own.
     */
    private void checkHost(Head head) {
        List<String> hosts = head.headers().getAll("Host");
        if (hosts.size() > 1 || hosts.stream().anyMatch(host -> !Addresses.wellFormed(host))) {
            throw Failure.of(Failure.Kind.INVALID, "the header Host is not a host and port");
        }
        if (!options.keys().configured() && !hosts.isEmpty()) {
            String host = Addresses.withoutPort(hosts.getFirst());
            if (!Addresses.loopback(host) && !host.equalsIgnoreCase(options.host())) {
                throw Failure.of(
                        Failure.Kind.FORBIDDEN,
                        "the header Host names another machine, and no API keys are configured");
            }
        }
    }

    private void allowOrigin(Head head, HttpServerResponse response) {
        Optional<String> origin = head.header("Origin");
        if (origin.isEmpty() || sameOrigin(head, origin.get())) {
            return;
        }
        if (!options.origins().contains("*") && !options.origins().contains(origin.get())) {
            throw Failure.of(Failure.Kind.FORBIDDEN, "pages of this origin may not use the server");
        }
        response.putHeader("Access-Control-Allow-Origin", origin.get())
                .putHeader("Vary", "Origin")
                .putHeader("Access-Control-Expose-Headers", "x-request-id, Retry-After");
    }

    private boolean sameOrigin(Head head, String origin) {
        String scheme = options.tls().isPresent() ? "https://" : "http://";
        return head.header("Host").map(host -> origin.equals(scheme + host)).orElse(false);
    }

    private static void preflight(Head head, HttpServerResponse response) {
        if (head.header("Origin").isEmpty() || !response.headers().contains("Access-Control-Allow-Origin")) {
            throw Failure.of(Failure.Kind.FORBIDDEN, "pages of this origin may not use the server");
        }
        response.setStatusCode(204)
                .putHeader("Access-Control-Allow-Methods", "GET, POST, DELETE, HEAD")
                .putHeader("Access-Control-Max-Age", "600")
                .putHeader(
                        "Access-Control-Allow-Headers",
                        head.header("Access-Control-Request-Headers")
                                .filter(names -> names.matches("[A-Za-z0-9-, ]{1,2000}"))
                                .orElse("Authorization, Content-Type"));
        response.end();
    }

    /** On the request's own thread. */
    private void run(HttpExchange exchange, Api api, long began) {
        try {
            exchange.route().handler().handle(exchange);
            exchange.stream().ifPresent(EventStream::end);
        } catch (ClientGone _) {
            exchange.stream().ifPresent(EventStream::end);
        } catch (Throwable thrown) {
            if (!exchange.gone()) {
                fail(exchange, api, thrown);
            }
        } finally {
            running.remove(exchange);
            synchronized (running) {
                running.notifyAll();
            }
            long nanos = System.nanoTime() - began;
            int status = exchange.gone() ? 499 : exchange.status();
            observer.served(
                    exchange.id(),
                    api.name(),
                    exchange.head().method(),
                    exchange.route().pattern(),
                    status,
                    nanos);
            LOG.log(
                    Level.DEBUG,
                    () -> String.format(
                            Locale.ROOT,
                            "%s %s %s %d %d ms",
                            exchange.id(),
                            exchange.head().method(),
                            exchange.route().pattern(),
                            status,
                            nanos / 1_000_000));
        }
    }

    private void fail(HttpExchange exchange, Api api, Throwable thrown) {
        Failure failure = thrown instanceof Failure known ? known : explain.apply(thrown, exchange.route());
        if (failure.kind() == Failure.Kind.INTERNAL) {
            LOG.log(Level.ERROR, exchange.id() + ": " + exchange.route().pattern() + " failed", failure.getCause());
        }
        try {
            if (exchange.stream().isPresent()) {
                api.broken(exchange.stream().get(), failure, exchange.id());
                exchange.stream().get().end();
            } else if (!exchange.begun()) {
                retryAfter(failure).ifPresent(seconds -> exchange.header("Retry-After", seconds));
                exchange.json(failure.status(), api.error(failure, exchange.id()));
            }
        } catch (ClientGone _) {
            exchange.stream().ifPresent(EventStream::end);
        }
    }

    private static Optional<String> retryAfter(Failure failure) {
        return failure.retryAfter().map(after -> Long.toString(Math.max(1, after.toSeconds())));
    }

    /** Refuses a request that has no thread; its body is thrown away. */
    private void refuse(HttpServerRequest request, Api api, Failure failure, String id) {
        HttpServerResponse response = request.response();
        retryAfter(failure).ifPresent(seconds -> response.putHeader("Retry-After", seconds));
        if (failure.kind() == Failure.Kind.UNAUTHORISED) {
            response.putHeader("WWW-Authenticate", "Bearer");
        }
        response.setStatusCode(failure.status()).putHeader("Content-Type", "application/json");
        response.end(Buffer.buffer(Json.bytes(api.error(failure, id))));
    }

    /** Takes no new requests, and waits until those that run are answered; breaks off what takes too long. */
    public void drain(Duration most) {
        draining = true;
        long deadline = System.nanoTime() + most.toNanos();
        synchronized (running) {
            while (!running.isEmpty() && System.nanoTime() < deadline) {
                try {
                    running.wait(Math.max(1, Math.min(200, (deadline - System.nanoTime()) / 1_000_000)));
                } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                    break;
                }
            }
        }
        running.forEach(HttpExchange::drop);
    }

    @Override
    public void close() {
        drain(Duration.ZERO);
        try {
            await(server.close());
            await(vertx.close());
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing", e);
        }
    }

    private static <T> T await(io.vertx.core.Future<T> future) throws IOException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            throw new IOException(String.valueOf(cause.getMessage()), cause);
        } catch (InterruptedException | TimeoutException e) {
            throw new IOException("interrupted", e);
        }
    }
}
