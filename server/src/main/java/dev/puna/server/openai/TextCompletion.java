package dev.puna.server.openai;

import static dev.puna.server.openai.ChatShapes.*;
import static dev.puna.server.openai.TextShapes.*;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Delta;
import dev.puna.chat.Ending;
import dev.puna.chat.Reply;
import dev.puna.chat.Spoken;
import dev.puna.sample.Constraint;
import dev.puna.sample.Logprobs;
import dev.puna.sample.Sampling;
import dev.puna.server.core.Completions;
import dev.puna.server.core.Forms;
import dev.puna.server.core.Infill;
import dev.puna.server.core.Models;
import dev.puna.server.core.Run;
import dev.puna.server.http.EventStream;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.server.wire.Values;
import dev.puna.text.StreamDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** {@code /v1/completions}: texts that go on from others. */
final class TextCompletion {
    private static final int USUAL_TOKENS = 16; // where the request does not say; OpenAI's own default

    private final Completions completions;

    TextCompletion(Completions completions) {
        this.completions = completions;
    }

    /**
     * A request, understood.
     *
     * @param prompts what each answer goes on from
     * @param echo whether its text begins with that
     * @param n how many answers of each prompt are given
     * @param made how many are made for that
     */
    private record Job(
            String id,
            long created,
            String model,
            List<int[]> prompts,
            boolean echo,
            int n,
            int made,
            boolean logprobs,
            boolean usage,
            boolean pad) {
        Map<String, @Nullable Object> json() {
            return Json.map("id", id, "object", "text_completion", "created", created, "model", model);
        }

        /** What an answer's text begins with. */
        String echo(Run run, int index) {
            return echo ? run.assistant().tokenizer().orElseThrow().decode(prompts.get(index / made)) : "";
        }
    }

    void create(Exchange exchange) {
        Values values = exchange.values();
        boolean stream = values.get(STREAM, false);
        if (!stream && values.has(STREAM_OPTIONS)) {
            throw Failure.invalid("stream_options", "needs 'stream' to be true");
        }
        int n = values.get(N, 1);
        int made = values.get(BEST_OF, n);
        if (made < n || (stream && made > n)) {
            throw Failure.invalid("best_of", made < n ? "must not be below 'n'" : "cannot be above 'n' in a stream");
        }
        boolean echo = values.get(ECHO, false);
        boolean logprobs = values.has(SOME_LOGPROBS);
        Models.Lease lease = completions.models().lease(values.need(MODEL));
        List<int[]> prompts = new ArrayList<>();
        Sampling sampling;
        Optional<Constraint> form;
        try {
            Assistant assistant = lease.assistant();
            for (Object one : values.need(PROMPT_FIELD)) {
                prompts.add(ids(assistant, one, values));
            }
            if (prompts.isEmpty()) {
                throw Failure.invalid("prompt", "is empty: there is nothing to continue");
            }
            sampling = SamplingFields.over(assistant.defaults(), values).with(s -> {
                s.maxTokens = OptionalInt.of(values.get(MOST_TOKENS, USUAL_TOKENS));
                s.logprobs = logprobs || made > n ? OptionalInt.of(values.get(SOME_LOGPROBS, 0)) : OptionalInt.empty();
                s.scored = echo && logprobs;
            });
            form = values.get(GRAMMAR).map(text -> Forms.grammar(assistant, text, "grammar"));
        } catch (RuntimeException | Error e) {
            lease.close();
            throw e;
        }
        Optional<Values> options = values.get(STREAM_OPTIONS);
        Job job = new Job(
                "cmpl-" + exchange.id().substring(4),
                Instant.now().getEpochSecond(),
                lease.id(),
                prompts,
                echo,
                n,
                made,
                logprobs,
                options.map(o -> o.get(INCLUDE_USAGE, false)).orElse(false),
                options.map(o -> o.get(INCLUDE_OBFUSCATION, false)).orElse(false));
        try (Run run = completions.complete(
                exchange, lease, prompts, sampling, form, ChatReader.caller(values, exchange), made)) {
            if (stream) {
                stream(exchange, run, job);
            } else {
                exchange.json(whole(run, job));
            }
        }
    }

    private static int[] ids(Assistant assistant, Object prompt, Values values) {
        Optional<String> suffix = values.get(SUFFIX).filter(text -> !text.isEmpty());
        return switch (prompt) {
            case int[] _ when suffix.isPresent() -> throw Failure.invalid("suffix", "needs a prompt of text");
            case int[] ids -> ids;
            case Object text when suffix.isPresent() -> Infill.prompt(assistant, (String) text, suffix.get(), "suffix");
            case Object text -> assistant.tokens((String) text, false);
        };
    }

    // Whole

    private static Map<String, ?> whole(Run run, Job job) {
        List<Reply> replies = run.replies();
        List<Object> choices = new ArrayList<>();
        for (int prompt = 0; prompt < job.prompts().size(); prompt++) {
            int first = prompt * job.made();
            List<Integer> best = IntStream.range(first, first + job.made())
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer i) -> -likeliness(replies.get(i), job)))
                    .limit(job.n())
                    .toList();
            for (int i : best) {
                choices.add(Json.map(
                        "text",
                        job.echo(run, i) + replies.get(i).text(),
                        "index",
                        choices.size(),
                        "logprobs",
                        job.logprobs() ? logprobs(run, job, i) : null,
                        "finish_reason",
                        finish(replies.get(i).finish())));
            }
        }
        Map<String, @Nullable Object> json = job.json();
        json.put("choices", choices);
        json.put("usage", usage(replies, job));
        return json;
    }

    /** The mean of the tokens' log-probabilities; all alike where nothing is to be chosen. */
    private static double likeliness(Reply reply, Job job) {
        return job.made() == job.n()
                ? 0
                : reply.logprobs().stream()
                        .mapToDouble(Logprobs::chosen)
                        .average()
                        .orElse(Double.NEGATIVE_INFINITY);
    }

    private static Map<String, ?> usage(List<Reply> replies, Job job) {
        List<Map<String, @Nullable Object>> each = IntStream.range(
                        0, job.prompts().size())
                .mapToObj(prompt -> TokenJson.usage(replies.subList(prompt * job.made(), (prompt + 1) * job.made())))
                .toList();
        Map<String, @Nullable Object> all = each.getFirst();
        for (String name : List.of("prompt_tokens", "completion_tokens", "total_tokens")) {
            all.put(name, each.stream().mapToInt(one -> (Integer) one.get(name)).sum());
        }
        return all;
    }

    private static String finish(Ending ending) {
        return switch (ending) {
            case STOP, CALLS, CANCELLED -> "stop";
            case LENGTH, LOOP -> "length";
        };
    }

    private static Map<String, ?> logprobs(Run run, Job job, int index) {
        Answer answer = run.answers().get(index);
        List<Spoken> tokens = new ArrayList<>(echoed(run, job, index));
        tokens.addAll(answer.spoken());
        return new Places(run, job.echo()).json(tokens);
    }

    /** The prompt's tokens where they are told; none stands before the first to say how likely it is. */
    private static List<Spoken> echoed(Run run, Job job, int index) {
        int[] ids = job.prompts().get(index / job.made());
        List<Logprobs> scores = run.answers().get(index).scores();
        if (!job.echo() || scores.size() < ids.length - 1) { // cancelled before
            return List.of();
        }
        return IntStream.range(0, ids.length)
                .mapToObj(i -> new Spoken(
                        ids[i],
                        TokenJson.bytes(run.assistant(), ids[i]),
                        i == 0 ? Optional.empty() : Optional.of(scores.get(i - 1))))
                .toList();
    }

    /** Tells tokens and where in the text each begins, in code points: behind the characters that are whole before it. */
    private static final class Places {
        private final Assistant assistant;
        private final Optional<StreamDecoder> decoder;
        private int at;

        Places(Run run, boolean fromPrompt) {
            assistant = run.assistant();
            decoder = assistant.tokenizer().map(fromPrompt ? StreamDecoder::new : StreamDecoder::continuing);
        }

        Map<String, ?> json(List<Spoken> tokens) {
            List<String> texts = new ArrayList<>();
            List<@Nullable Double> chosen = new ArrayList<>();
            List<@Nullable Map<String, Double>> rivals = new ArrayList<>();
            List<Integer> offsets = new ArrayList<>();
            for (Spoken token : tokens) {
                texts.add(text(token.bytes()));
                Optional<Logprobs> known = token.logprobs();
                chosen.add(known.map(k -> TokenJson.finite(k.chosen())).orElse(null));
                rivals.add(known.map(this::rivals).orElse(null));
                offsets.add(at);
                String piece = decoder.map(d -> d.accept(token.id())).orElse("");
                at += piece.codePointCount(0, piece.length());
            }
            return Json.map("tokens", texts, "token_logprobs", chosen, "top_logprobs", rivals, "text_offset", offsets);
        }

        private Map<String, Double> rivals(Logprobs known) {
            Map<String, Double> top = new LinkedHashMap<>();
            for (int i = 0; i < known.ids().length; i++) {
                top.putIfAbsent(
                        text(TokenJson.bytes(assistant, known.ids()[i])), TokenJson.finite(known.logprobs()[i]));
            }
            return top;
        }
    }

    /** A token's text; the bytes of a token that is a part of a character only are spelt out. */
    private static String text(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.indexOf('\uFFFD') < 0) {
            return text;
        }
        StringBuilder spelt = new StringBuilder("bytes:");
        for (byte one : bytes) {
            spelt.append(String.format("\\x%02x", one));
        }
        return spelt.toString();
    }

    // As it grows

    private static void stream(Exchange exchange, Run run, Job job) {
        EventStream stream = exchange.events();
        run.each((index, answer) -> read(stream, run, job, index, answer));
        if (job.usage()) {
            Map<String, @Nullable Object> last = job.json();
            last.put("choices", List.of());
            last.put("usage", usage(run.replies(), job));
            stream.send(Json.write(last));
        }
        stream.send("[DONE]");
    }

    private static void read(EventStream stream, Run run, Job job, int index, Answer answer) {
        Places places = new Places(run, job.echo());
        String echo = job.echo(run, index);
        if (!echo.isEmpty()) {
            send(stream, job, index, echo, job.logprobs() ? places.json(echoed(run, job, index)) : null, null);
        }
        for (Optional<Delta> delta = answer.delta(); delta.isPresent(); delta = answer.delta()) {
            if (delta.get() instanceof Delta.Text piece) {
                send(stream, job, index, piece.text(), job.logprobs() ? places.json(answer.spoken()) : null, null);
            }
        }
        List<Spoken> rest = job.logprobs() ? answer.spoken() : List.of();
        send(
                stream,
                job,
                index,
                "",
                rest.isEmpty() ? null : places.json(rest),
                finish(answer.reply().finish()));
    }

    private static void send(
            EventStream stream,
            Job job,
            int index,
            String text,
            @Nullable Map<String, ?> logprobs,
            @Nullable String finish) {
        Map<String, @Nullable Object> chunk = job.json();
        chunk.put(
                "choices",
                List.of(Json.map("text", text, "index", index, "logprobs", logprobs, "finish_reason", finish)));
        if (job.usage()) {
            chunk.put("usage", null);
        }
        if (job.pad()) {
            chunk.put("obfuscation", "x".repeat(ThreadLocalRandom.current().nextInt(1, 32)));
        }
        stream.send(Json.write(chunk));
    }
}
