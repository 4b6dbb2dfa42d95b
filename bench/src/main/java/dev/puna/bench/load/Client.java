package dev.puna.bench.load;

import dev.puna.bench.load.Tally.End;
import dev.puna.file.BadFile;
import dev.puna.file.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One of many clients: asks, reads the answer as it grows, asks again. */
final class Client implements Runnable {
    private static final int SLOW_BYTES = 4096;
    private static final long RETRY_SECONDS = 5; // at most
    private static final Path SHOWN = Path.of("the server's event");

    private final Plan plan;
    private final Tally tally;
    private final Random random;
    private final long deadline; // nanoTime
    private final String head;
    private long tokens;

    Client(Plan plan, Tally tally, int index, long deadline) {
        this.plan = plan;
        this.tally = tally;
        this.deadline = deadline;
        random = new Random(plan.seed() * 1_000_003 + index);
        head = "Host: " + plan.url().getAuthority() + "\r\nConnection: close\r\nContent-Type: application/json\r\n"
                + plan.key().map(key -> "Authorization: Bearer " + key + "\r\n").orElse("");
    }

    /** Whether everything is to be broken off. */
    private boolean late() {
        return System.nanoTime() >= deadline;
    }

    @Override
    public void run() {
        long start = System.nanoTime();
        try {
            for (int i = 0; i < plan.requests() && !late(); i++) {
                double draw = random.nextDouble();
                if (draw < plan.malformed()) {
                    malformed();
                } else {
                    ask(draw < plan.malformed() + plan.cancelled(), random.nextDouble() < plan.slow());
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        tally.client(tokens / ((System.nanoTime() - start) / 1e9));
    }

    /** What is waited for at most. */
    private void patience(Connection connection) throws IOException {
        long left = (deadline - System.nanoTime()) / 1_000_000 + 1; // not before the end
        connection.patience(Math.min(plan.silence().toMillis(), left));
    }

    private String body() {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("model", plan.model());
        body.put("messages", List.of(Map.of("role", "user", "content", Prompts.of(random, plan.words()))));
        body.put("max_tokens", plan.tokens());
        body.put("temperature", plan.temperature());
        body.put("stream", true);
        body.put("stream_options", Map.of("include_usage", true));
        plan.form()
                .ifPresent(schema -> body.put(
                        "response_format",
                        Map.of("type", "json_schema", "json_schema", Map.of("name", "form", "schema", schema))));
        return Json.write(body);
    }

    private void malformed() {
        Malformed kind = Malformed.any(random);
        String name = kind.name().toLowerCase(Locale.ROOT);
        try (var connection = new Connection(plan.url(), 0)) {
            patience(connection);
            connection.send(kind.bytes(head, plan.path("chat/completions"), body()));
            if (kind == Malformed.BODY_CUT_OFF) {
                connection.reset();
                tally.end(End.REFUSED);
                return;
            }
            int status = connection.status();
            if (status >= 400 && status < 500) {
                tally.end(status == 429 ? End.TOO_MANY : End.REFUSED);
            } else {
                tally.failed(name + " got status " + status);
            }
        } catch (IOException e) {
            if (kind == Malformed.NO_HTTP && !(e instanceof SocketTimeoutException)) {
                tally.end(End.REFUSED); // whoever speaks no HTTP may get no answer
            } else {
                failed(name + ": ", e);
            }
        }
    }

    private void failed(String what, IOException e) {
        if (e instanceof SocketTimeoutException && late()) {
            tally.end(End.UNFINISHED);
        } else if (e instanceof SocketTimeoutException) {
            tally.failed(what + "silence");
        } else if (e instanceof ConnectException) {
            tally.failed(what + "no connection");
        } else {
            tally.failed(what + e.getMessage());
        }
    }

    private void ask(boolean leaves, boolean slow) throws InterruptedException {
        byte[] request = Malformed.request(head, plan.path("chat/completions"), body());
        int leaveAfter = leaves ? random.nextInt(plan.tokens()) : Integer.MAX_VALUE;
        Reading reading = new Reading(slow || leaves);
        try (var connection = new Connection(plan.url(), slow ? SLOW_BYTES : 0)) {
            patience(connection);
            connection.send(request);
            if (leaveAfter > 0) {
                int status = connection.status();
                if (status != 200) {
                    refused(status, connection);
                    return;
                }
            }
            while (reading.events < leaveAfter) {
                if (slow) {
                    Thread.sleep(random.nextInt(plan.pauseMillis()));
                }
                if (late()) {
                    tally.end(End.UNFINISHED);
                    reading.count();
                    return;
                }
                patience(connection);
                Optional<String> line = connection.bodyLine();
                if (line.isEmpty()) {
                    reading.over();
                    return;
                }
                if (line.get().startsWith("data:")) {
                    reading.event(line.get().substring(5).strip());
                }
            }
            if (random.nextBoolean()) {
                connection.reset();
            }
            reading.left();
        } catch (IOException e) {
            failed("", e);
            reading.count();
        } catch (BadFile e) {
            tally.failed("an event that is no JSON");
        }
    }

    private void refused(int status, Connection connection) throws IOException, InterruptedException {
        if (status != 429) {
            tally.failed("status " + status);
            return;
        }
        tally.end(End.TOO_MANY);
        long wait = connection
                .header("retry-after")
                .filter(after -> after.matches("\\d{1,6}"))
                .map(Long::parseLong)
                .orElse(1L);
        Thread.sleep(Math.clamp((deadline - System.nanoTime()) / 1_000_000, 0, Math.min(wait, RETRY_SECONDS) * 1000));
    }

    /** An answer while it is read. */
    private final class Reading {
        private final boolean unusual; // its times say nothing of the server
        private final long start = System.nanoTime();
        private int events; // with text
        private long last;
        private boolean done;
        private @Nullable String error;
        private @Nullable Map<?, ?> usage;

        Reading(boolean unusual) {
            this.unusual = unusual;
        }

        void event(String data) {
            if (data.equals("[DONE]")) {
                done = true;
                return;
            }
            if (!(Json.parse(data, SHOWN) instanceof Map<?, ?> chunk)) {
                error = "an event that is no object";
                return;
            }
            if (chunk.get("error") != null) {
                error = "an event with an error";
            }
            if (chunk.get("usage") instanceof Map<?, ?> told) {
                usage = told;
            }
            if (chunk.get("choices") instanceof List<?> choices
                    && !choices.isEmpty()
                    && choices.getFirst() instanceof Map<?, ?> choice
                    && choice.get("delta") instanceof Map<?, ?> delta
                    && delta.get("content") instanceof String text
                    && !text.isEmpty()) {
                long now = System.nanoTime();
                if (!unusual) {
                    (events == 0 ? tally.firstToken : tally.betweenTokens).add(now - (events == 0 ? start : last));
                }
                last = now;
                events++;
            }
        }

        void over() {
            count();
            if (error != null) {
                tally.failed(error);
            } else if (!done) {
                tally.failed("an answer without its end");
            } else {
                tally.end(End.COMPLETED);
                if (!unusual) {
                    tally.whole.add(System.nanoTime() - start);
                }
            }
        }

        void left() {
            count();
            tally.end(End.CANCELLED);
        }

        void count() {
            Map<?, ?> told = usage;
            long answer = told != null ? number(told.get("completion_tokens")) : events;
            long prompt = told != null ? number(told.get("prompt_tokens")) : 0;
            long cached = told != null && told.get("prompt_tokens_details") instanceof Map<?, ?> details
                    ? number(details.get("cached_tokens"))
                    : 0;
            tokens += answer;
            tally.answered(answer, prompt, cached, told != null || unusual);
        }

        private static long number(@Nullable Object value) {
            return value instanceof Number number ? number.longValue() : 0;
        }
    }
}
