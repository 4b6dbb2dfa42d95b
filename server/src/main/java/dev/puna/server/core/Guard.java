package dev.puna.server.core;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Question;
import dev.puna.chat.Reply;
import dev.puna.chat.Spoken;
import dev.puna.chat.Tools;
import dev.puna.sample.BadRequest;
import dev.puna.sample.Logprobs;
import dev.puna.sample.Sampling;
import dev.puna.server.http.Exchange;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import dev.puna.text.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A model that judges what others say: one of the Llama Guard family, by the prompt that its own chat template makes. It
 * stays open as long as the server runs.
 *
 * <p>The first line of its answer is {@code safe} or {@code unsafe}, the second one names the categories, as its prompt
 * numbers them. Any other answer is a fault, and whatever was to be judged is not let through.
 */
public final class Guard {
    private static final int ANSWER = 64; // tokens
    private static final String PROBE = "a text to be judged";
    private static final Pattern CATEGORY = Pattern.compile("(?m)^([A-Z]\\d{1,2}): ([^\\n]{1,80}?)\\.?$");
    private static final Pattern ANSWERED =
            Pattern.compile("\\s*(safe|unsafe)\\s*([A-Z]\\d{1,2}(?:\\s*,\\s*[A-Z]\\d{1,2})*)?\\s*");

    /**
     * What a guard thinks of a text.
     *
     * @param unsafe its word
     * @param likeliness of that word being "unsafe", 0 to 1
     * @param codes of the categories that it names, by its own numbers
     * @param hazards what these cover
     * @param known all that this guard can find
     */
    public record Verdict(
            boolean unsafe, double likeliness, List<String> codes, Set<Hazard> hazards, Set<Hazard> known) {
        /**
         * How likely the text is one of these hazards. A guard gives one number for its word; where it names no category,
         * that number counts for all that it knows.
         */
        public double of(Set<Hazard> any) {
            if (any.stream().noneMatch(known::contains)) {
                return 0;
            }
            return !unsafe || hazards.isEmpty() || any.stream().anyMatch(hazards::contains) ? likeliness : 0;
        }
    }

    private final Models.Lease lease; // held for good
    private final Completions completions;
    private final Map<String, Set<Hazard>> categories = new LinkedHashMap<>();

    /**
     * Opens the guard.
     *
     * @throws IllegalArgumentException if there is no such model, or if it is none that judges
     */
    Guard(Models models, String id, Completions completions) {
        this.completions = completions;
        try {
            lease = models.lease(id);
        } catch (Failure failure) {
            throw new IllegalArgumentException("the guard: " + failure.message(), failure);
        }
        String prompt;
        try {
            prompt = lease.assistant()
                    .rendered(question(List.of(Message.user(PROBE))))
                    .text();
        } catch (BadRequest none) {
            prompt = "";
        }
        Matcher lines = CATEGORY.matcher(prompt);
        while (lines.find()) {
            categories.put(lines.group(1), Hazard.of(lines.group(2)));
        }
        if (categories.isEmpty() || !prompt.contains(PROBE)) {
            throw new IllegalArgumentException(
                    id + " is no guard model: its chat template does not ask for a text to be judged by categories");
        }
    }

    /** Its name among the models. */
    public String id() {
        return lease.id();
    }

    /** All hazards that it can find. */
    public Set<Hazard> known() {
        Set<Hazard> all = EnumSet.noneOf(Hazard.class);
        categories.values().forEach(all::addAll);
        return all;
    }

    /** The same question for the last of these turns. */
    private static Question question(List<Message> turns) {
        Sampling sampling = Sampling.GREEDY.with(s -> {
            s.maxTokens = OptionalInt.of(ANSWER);
            s.logprobs = OptionalInt.of(0);
        });
        return new Question(
                turns, Tools.NONE, sampling, Optional.empty(), Map.of(), false, dev.puna.chat.Caller.ANYONE);
    }

    /** Judges one text. */
    public Verdict judge(Exchange exchange, String text) {
        return judge(exchange, List.of(Message.user(text)));
    }

    /**
     * Judges the last message of a talk. Those before it give the context; the oldest are left out where the guard cannot
     * read them all.
     *
     * @throws Failure with both numbers if the guard cannot read the last message, or if it gives no verdict
     */
    public Verdict judge(Exchange exchange, List<Message> talk) {
        List<Message> turns = turns(talk);
        Assistant guard = lease.assistant();
        int tokens = guard.prompt(question(turns)).length;
        while (tokens + ANSWER > guard.context()) {
            if (turns.size() <= 2) {
                throw Failure.of(
                        Failure.Kind.INVALID,
                        "the text cannot be judged: with the guard's prompt it has " + tokens
                                + " tokens, and the guard's context holds " + guard.context());
            }
            turns = turns.subList(2, turns.size());
            tokens = guard.prompt(question(turns)).length;
        }
        Question asked = question(turns);
        Answer answer = guard.answer(new Question(
                asked.messages(),
                asked.tools(),
                asked.sampling(),
                asked.form(),
                asked.variables(),
                false,
                Completions.caller(exchange)));
        exchange.whenGone(answer::cancel);
        List<Spoken> spoken = new ArrayList<>();
        while (answer.next().isPresent()) {
            spoken.addAll(answer.spoken());
        }
        Reply reply = answer.reply();
        spoken.addAll(answer.spoken());
        completions.answered(exchange, id(), reply);
        return verdict(reply.text(), spoken);
    }

    private Verdict verdict(String text, List<Spoken> spoken) {
        Matcher said = ANSWERED.matcher(text);
        if (!said.matches()) {
            throw Failure.internal(new IllegalStateException("the guard gave no verdict"));
        }
        boolean unsafe = said.group(1).equals("unsafe");
        List<String> codes =
                unsafe && said.group(2) != null ? List.of(said.group(2).split("\\s*,\\s*")) : List.of();
        Set<Hazard> hazards = EnumSet.noneOf(Hazard.class);
        codes.forEach(code -> hazards.addAll(categories.getOrDefault(code, Set.of())));
        // The word's first token decides it; what stands before is white space.
        double sure = spoken.stream()
                .filter(token -> !new String(token.bytes(), StandardCharsets.UTF_8).isBlank())
                .findFirst()
                .flatMap(Spoken::logprobs)
                .map(Logprobs::chosen)
                .map(Math::exp)
                .orElse(1.0);
        return new Verdict(unsafe, unsafe ? sure : 1 - sure, codes, hazards, known());
    }

    /** The talk as guards read one: a user's turn and an agent's in turn. What tools said is taken for the user's. */
    private static List<Message> turns(List<Message> talk) {
        List<Message> turns = new ArrayList<>();
        for (Message message : talk) {
            if (message.role().equals("system")) {
                continue;
            }
            String role = message.role().equals("assistant") ? "assistant" : "user";
            String text = text(message);
            if (turns.isEmpty() && role.equals("assistant")) {
                turns.add(Message.user(""));
            }
            if (!turns.isEmpty() && turns.getLast().role().equals(role)) {
                text = turns.removeLast().content() + "\n\n" + text;
            }
            turns.add(Message.of(role, text));
        }
        if (turns.isEmpty()) {
            turns.add(Message.user(""));
        }
        return turns;
    }

    private static String text(Message message) {
        List<String> all = new ArrayList<>();
        switch (message.content()) {
            case String text -> all.add(text);
            case List<?> parts -> {
                for (Object part : parts) {
                    if (part instanceof Map<?, ?> map && map.get("text") instanceof String text) {
                        all.add(text);
                    }
                }
            }
            case null, default -> {}
        }
        message.toolCalls().forEach(call -> all.add(call.name() + " " + Json.write(call.arguments())));
        return all.stream().filter(text -> !text.isEmpty()).collect(Collectors.joining("\n"));
    }
}
