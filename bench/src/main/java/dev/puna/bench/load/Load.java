package dev.puna.bench.load;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** {@code bench/load}: many streaming clients of any server with OpenAI's API, for a bounded time. */
public final class Load {
    private static final String USAGE = """
            bench/load --url URL --clients N [options]

            Many clients at once ask for chat completions and read them as they grow. Every prompt is another one. Ends by
            itself and reports tokens a second, the time to the first token and between tokens, errors by kind.

              --url URL         of any server with OpenAI's API: http://127.0.0.1:8080
              --clients N       at the same time (default: 8; most: 4096)
              --requests N      of each client, one after the other (default: 1)
              --seconds N       after which everything is broken off (default: 120)
              --silence N       seconds without a byte after which a request has failed (default: 60)
              --words N         of a prompt (default: 40)
              --tokens N        of an answer (default: 64)
              --temperature X   (default: 0)
              --cancelled X     share of requests whose client leaves in the middle, 0 to 1 (default: 0)
              --slow X          share of requests that are read slowly (default: 0)
              --pause N         milliseconds, at most, before each line that is read slowly (default: 100)
              --malformed X     share of requests that are none (default: 0)
              --schema FILE     a JSON Schema that answers must follow
              --model NAME      (default: the first that the server lists)
              --api-key KEY     or @FILE, which holds it
              --seed N          of everything that is random (default: 1)
              --anywhere        the server may be on another machine
              --json            the report as JSON

            Exit code 0 where nothing failed, 1 where something did; a 429 is no failure, its client comes back later.""";

    private static final int MOST = 10_000_000;
    private static final int MOST_CLIENTS = 4096;

    private Load() {}

    /** Exit code 2 where the arguments make no sense, 1 where requests failed. */
    public static void main(String[] args) throws InterruptedException {
        try {
            Map<String, String> options = options(args);
            if (options.containsKey("help")) {
                System.err.println(USAGE);
                System.exit(2);
            }
            Plan plan = plan(options);
            Tally tally = new Tally();
            double seconds = run(plan, tally);
            Map<String, Object> json = tally.json(plan, seconds);
            System.out.println(options.containsKey("json") ? Json.write(json) : text(json));
            System.exit(tally.errors().isEmpty() ? 0 : 1);
        } catch (IllegalArgumentException | BadFile refused) {
            System.err.println("load: " + refused.getMessage());
            System.exit(2);
        } catch (IOException e) {
            System.err.println("load: " + e.getMessage());
            System.exit(1);
        }
    }

    /** Carries a plan out; the seconds it took. */
    static double run(Plan plan, Tally tally) throws InterruptedException {
        long start = System.nanoTime();
        long deadline = start + plan.most().toNanos();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < plan.clients(); i++) {
            clients.add(Thread.ofVirtual().start(new Client(plan, tally, i, deadline)));
        }
        for (Thread client : clients) {
            client.join();
        }
        return (System.nanoTime() - start) / 1e9;
    }

    private static Map<String, String> options(String[] args) {
        Map<String, String> options = new TreeMap<>();
        for (int i = 0; i < args.length; i++) {
            String name = args[i];
            if (name.equals("--help") || args.length == 0) {
                options.put("help", "");
            } else if (!name.matches("--[a-z-]+") || !USAGE.contains("\n  " + name + " ")) {
                throw new IllegalArgumentException("unknown option '" + name + "'; --help shows all");
            } else if (name.equals("--json") || name.equals("--anywhere")) {
                options.put(name.substring(2), "");
            } else if (++i == args.length) {
                throw new IllegalArgumentException(name + " needs a value");
            } else {
                options.put(name.substring(2), args[i]);
            }
        }
        return options;
    }

    static Plan plan(String... args) throws IOException {
        return plan(options(args));
    }

    private static Plan plan(Map<String, String> options) throws IOException {
        URI url = url(options);
        Optional<String> key = key(options.get("api-key"));
        return new Plan(
                url,
                options.containsKey("model") ? options.get("model") : firstModel(url, key),
                key,
                number(options, "clients", 8, MOST_CLIENTS),
                number(options, "requests", 1, MOST),
                number(options, "words", 40, 1 << 20),
                number(options, "tokens", 64, 1 << 20),
                decimal(options, "temperature", 2),
                decimal(options, "cancelled", 1),
                decimal(options, "slow", 1),
                number(options, "pause", 100, 60_000),
                decimal(options, "malformed", 1),
                number(options, "seed", 1, MOST),
                Duration.ofSeconds(number(options, "seconds", 120, 7 * 86_400)),
                Duration.ofSeconds(number(options, "silence", 60, 86_400)),
                Optional.ofNullable(options.get("schema"))
                        .map(file -> Objects.requireNonNull(Json.parse(Path.of(file)))));
    }

    private static URI url(Map<String, String> options) {
        String given = options.get("url");
        if (given == null) {
            throw new IllegalArgumentException("--url is needed");
        }
        URI url = URI.create(given);
        if (url.getHost() == null || !List.of("http", "https").contains(url.getScheme())) {
            throw new IllegalArgumentException("--url must be like http://127.0.0.1:8080, not '" + given + "'");
        }
        try {
            if (!options.containsKey("anywhere")
                    && !Arrays.stream(InetAddress.getAllByName(url.getHost()))
                            .allMatch(InetAddress::isLoopbackAddress)) {
                throw new IllegalArgumentException(
                        url.getHost() + " is another machine: --anywhere says that it is yours to load");
            }
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("there is no host '" + url.getHost() + "'", e);
        }
        return url;
    }

    private static Optional<String> key(@Nullable String given) throws IOException {
        if (given == null || !given.startsWith("@")) {
            return Optional.ofNullable(given);
        }
        return Optional.of(Files.readString(Path.of(given.substring(1))).strip());
    }

    private static String firstModel(URI url, Optional<String> key) throws IOException {
        try (var connection = new Connection(url, 0)) {
            connection.patience(60_000);
            connection.send(("GET " + url.getPath().replaceFirst("(/v1)?/?$", "") + "/v1/models HTTP/1.1\r\nHost: "
                            + url.getAuthority() + "\r\nConnection: close\r\n"
                            + key.map(known -> "Authorization: Bearer " + known + "\r\n")
                                    .orElse("") + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            int status = connection.status();
            StringBuilder text = new StringBuilder();
            for (var line = connection.bodyLine(); line.isPresent(); line = connection.bodyLine()) {
                text.append(line.get()).append('\n');
            }
            if (status == 200
                    && Json.parse(text.toString(), Path.of("/v1/models")) instanceof Map<?, ?> models
                    && models.get("data") instanceof List<?> data
                    && !data.isEmpty()
                    && data.getFirst() instanceof Map<?, ?> first) {
                return String.valueOf(first.get("id"));
            }
            throw new IOException("the server lists no model (status " + status + "): name one with --model");
        }
    }

    private static int number(Map<String, String> options, String name, int otherwise, int most) {
        String given = options.getOrDefault(name, String.valueOf(otherwise));
        if (!given.matches("[1-9]\\d{0,7}") || Integer.parseInt(given) > most) {
            throw new IllegalArgumentException(
                    "--" + name + " must be a number from 1 to " + most + ", not '" + given + "'");
        }
        return Integer.parseInt(given);
    }

    private static double decimal(Map<String, String> options, String name, int most) {
        String given = options.getOrDefault(name, "0");
        if (!given.matches("\\d(\\.\\d{1,6})?") || Double.parseDouble(given) > most) {
            throw new IllegalArgumentException(
                    "--" + name + " must be a number from 0 to " + most + ", not '" + given + "'");
        }
        return Double.parseDouble(given);
    }

    private static String text(Map<String, Object> json) {
        StringBuilder text = new StringBuilder();
        json.forEach((name, value) -> text.append(String.format(
                Locale.ROOT,
                "%-30s %s%n",
                name.replace('_', ' '),
                value instanceof Map<?, ?> map ? Json.write(map) : value)));
        return text.toString().stripTrailing();
    }
}
