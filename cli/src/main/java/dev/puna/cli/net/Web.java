package dev.puna.cli.net;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/** Asks URLs. Follows redirects itself: never from https to http, and never with one host's secret to another host. */
public final class Web implements AutoCloseable {
    private static final int HOPS = 10;

    static {
        // Without this the JDK keeps a proxy's password from the proxy, wherever it tunnels https through one. It is
        // read
        // once, when the first client is made.
        System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
    }

    /** Headers that name the content itself: where only a redirect carries them, they count for what it leads to. */
    private static final List<String> KEPT = List.of("x-linked-etag", "x-linked-size", "x-repo-commit");

    private final NetworkSettings settings;
    private final Limits limits;
    private final String agent;
    private HttpClient client;

    /**
     * @param settings the user's proxies, certificates and credentials
     * @param agent who asks, as the header {@code User-Agent}
     */
    public Web(NetworkSettings settings, Limits limits, String agent) {
        this.settings = settings;
        this.limits = limits;
        this.agent = agent;
    }

    public Limits limits() {
        return limits;
    }

    /**
     * Asks one URL, through redirects.
     *
     * @param headers to send beside those that the settings ask for
     * @return the answer whatever its status, to be closed
     * @throws Unavailable where there is no answer
     */
    public Answer ask(URI uri, Map<String, String> headers) {
        URI here = Credentials.bare(uri);
        Map<String, String> kept = new HashMap<>();
        for (int hop = 0; hop <= HOPS; hop++) {
            HttpResponse<InputStream> response = send(here, headers);
            // A proxy that refuses a tunnel gives an answer without any body.
            InputStream body = response.body() == null ? InputStream.nullInputStream() : response.body();
            Map<String, String> seen = new HashMap<>();
            response.headers()
                    .map()
                    .forEach((name, values) -> seen.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
            String location = seen.get("location");
            boolean redirect = switch (response.statusCode()) {
                case 301, 302, 303, 307, 308 -> location != null;
                default -> false;
            };
            if (!redirect) {
                kept.forEach(seen::putIfAbsent);
                return new Answer(response.statusCode(), here, seen, body);
            }
            close(body);
            KEPT.forEach(name -> {
                if (seen.containsKey(name)) {
                    kept.putIfAbsent(name, seen.get(name));
                }
            });
            here = target(here, location);
        }
        throw Unavailable.lasting(shown(uri) + " redirects in a circle");
    }

    private static URI target(URI here, String location) {
        URI there;
        try {
            there = Credentials.bare(here.resolve(location));
        } catch (IllegalArgumentException e) {
            throw Unavailable.lasting(shown(here) + " redirects to something that is no URL", e);
        }
        String scheme = Objects.requireNonNullElse(there.getScheme(), "").toLowerCase(Locale.ROOT);
        boolean safe = scheme.equals("https")
                || scheme.equals("http") && here.getScheme().equalsIgnoreCase("http");
        if (!safe) {
            throw Unavailable.lasting(
                    shown(here) + " redirects from " + here.getScheme() + " to " + scheme + ", which is refused");
        }
        return there;
    }

    /** The body of an answer as text: a page of an index, bounded in length and time. */
    public String text(Answer answer) {
        return new String(whole(answer), StandardCharsets.UTF_8);
    }

    private byte[] whole(Answer answer) {
        long end = System.nanoTime() + limits.page().toNanos();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] piece = new byte[1 << 16];
        try {
            for (int n; (n = answer.body().read(piece)) >= 0; ) {
                bytes.write(piece, 0, n);
                if (bytes.size() > limits.pageBytes()) {
                    throw Unavailable.lasting(shown(answer.uri()) + " sends more than " + (limits.pageBytes() >> 20)
                            + " MiB where a page was asked for");
                }
                if (System.nanoTime() > end) {
                    throw Unavailable.passing(shown(answer.uri()) + " is too slow: a page took more than "
                            + TimeUnit.NANOSECONDS.toSeconds(limits.page().toNanos()) + " s");
                }
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw Unavailable.passing(shown(answer.uri()) + " broke off: " + e.getMessage(), e);
        }
    }

    private HttpResponse<InputStream> send(URI uri, Map<String, String> headers) {
        HttpRequest request;
        try {
            HttpRequest.Builder building = HttpRequest.newBuilder(uri).timeout(limits.answer());
            building.setHeader("User-Agent", agent);
            headers.forEach(building::setHeader);
            settings.credentials().of(uri).ifPresent(secret -> building.setHeader(secret.getKey(), secret.getValue()));
            settings.proxies().authorization(uri).ifPresent(value -> building.setHeader("Proxy-Authorization", value));
            request = building.build();
        } catch (IllegalArgumentException _) {
            // The JDK's own words repeat a header's value, which may be a secret.
            throw Unavailable.lasting(
                    shown(uri) + " cannot be asked: no http URL, or credentials that no header can carry");
        }
        try {
            return client().send(request, _ -> new Body(limits.silence()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Unavailable.lasting("interrupted", e);
        } catch (IOException e) {
            throw unreachable(uri, e);
        }
    }

    private Unavailable unreachable(URI uri, IOException failure) {
        String who = place(uri);
        String through = settings.proxies()
                .proxy(uri)
                .map(proxy -> " through the proxy " + place(proxy))
                .orElse("");
        boolean unresolved = false;
        for (Throwable t = failure; t != null; t = t.getCause()) {
            unresolved |= t instanceof UnresolvedAddressException;
        }
        if (unresolved) {
            String name = through.isEmpty() ? uri.getHost() : through.strip();
            return Unavailable.lasting(
                    "the name " + name + " cannot be resolved: no network, or a network that blocks it", failure);
        }
        String what = Objects.requireNonNullElse(
                failure.getMessage(), failure.getClass().getSimpleName());
        return switch (failure) {
            case HttpConnectTimeoutException _ ->
                Unavailable.lasting(
                        who + " cannot be reached" + through + ": no connection within "
                                + limits.connect().toSeconds() + " s",
                        failure);
            case HttpTimeoutException _ ->
                Unavailable.passing(
                        who + " gave no answer within " + limits.answer().toSeconds() + " s" + through, failure);
            case ConnectException _ -> Unavailable.lasting(who + " cannot be reached" + through + ": " + what, failure);
            case SSLException _ -> Unavailable.lasting(untrusted(who, what), failure);
            // The JDK's words when a proxy will not open a tunnel; the status is all it tells.
            case IOException _
            when what.startsWith("Tunnel failed") ->
                Unavailable.lasting(who + " is refused" + through + " (" + what.replaceAll("\\D+", "") + ")", failure);
            default -> Unavailable.passing(who + " broke off" + through + ": " + what, failure);
        };
    }

    private String untrusted(String who, String what) {
        boolean certificate = what.contains("PKIX") || what.contains("certif") || what.contains("subject alternative");
        if (!certificate) {
            return who + ": no secure connection: " + what;
        }
        List<String> unreadable = settings.trust().unreadable();
        return who
                + " shows a certificate that is not trusted: if your network opens TLS, name its certificate in SSL_CERT_FILE"
                + (unreadable.isEmpty() ? "" : " (unreadable: " + String.join(", ", unreadable) + ")");
    }

    private synchronized HttpClient client() {
        if (client == null) {
            client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(limits.connect())
                    .proxy(settings.proxies())
                    .sslContext(settings.trust().context())
                    .build();
        }
        return client;
    }

    /** A URL fit to be shown: without credentials, and without the query, where signatures stand. */
    public static String shown(URI uri) {
        return place(uri) + Objects.requireNonNullElse(uri.getPath(), "");
    }

    private static String place(URI uri) {
        return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() >= 0 ? ":" + uri.getPort() : "");
    }

    private static void close(InputStream body) {
        try {
            body.close();
        } catch (IOException _) {
            // A redirect's body is of no use to anyone.
        }
    }

    @Override
    public void close() {
        if (client != null) {
            client.shutdownNow();
        }
    }
}
