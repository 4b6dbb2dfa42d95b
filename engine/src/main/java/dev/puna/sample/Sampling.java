package dev.puna.sample;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * How each next token is chosen, and what ends the text. Immutable; every field is checked when the record is made, and
 * a value out of range is a {@link BadRequest} that names the field.
 *
 * <pre>{@code
 * Sampling warm = Sampling.GREEDY.with(s -> {
 *     s.temperature = 0.8;
 *     s.topP = 0.95;
 *     s.seed = OptionalLong.of(42);
 * });
 * }</pre>
 *
 * @param temperature 0 takes the likeliest token always (greedy); else logits are divided by it; at most 100
 * @param topK keep this many of the likeliest tokens; 0 keeps all
 * @param topP keep the fewest likeliest tokens whose probabilities reach this sum, 0 to 1; 1 keeps all
 * @param minP keep tokens at least this share as likely as the likeliest, 0 to 1; 0 keeps all
 * @param typical keep the fewest tokens of the most typical surprise whose probabilities reach this sum, 0 to 1; 1
 *     keeps all
 * @param repeatPenalty divides positive and multiplies negative logits of tokens that the prompt or the answer holds;
 *     above 0, at most 100; 1 does nothing
 * @param presencePenalty taken once from the logit of each token that the answer holds; −2 to 2
 * @param frequencyPenalty taken from a token's logit once for each time the answer holds it; −2 to 2
 * @param logitBias added to the logits of these token ids; −100 to 100 each
 * @param seed the same seed gives the same text; without one, each request draws its own
 * @param stop the answer ends before the first of these strings that it completes; at most 64 of 1 to 1,024 characters
 * @param maxTokens the most new tokens; 0: the prompt is only read; absent: until the context is full
 * @param logprobs present: report each chosen token's log-probability and this many of the likeliest tokens, 0 to 128
 * @param scored whether this is reported of the prompt's tokens too, where it is of the new ones
 * @param prediction how the text may be expected to go, or nothing: it is guessed to, which may be faster and changes
 *     no token
 */
public record Sampling(
        double temperature,
        int topK,
        double topP,
        double minP,
        double typical,
        double repeatPenalty,
        double presencePenalty,
        double frequencyPenalty,
        Map<Integer, Double> logitBias,
        OptionalLong seed,
        List<String> stop,
        OptionalInt maxTokens,
        OptionalInt logprobs,
        boolean scored,
        String prediction) {

    /** The likeliest token each time, nothing else asked for. */
    public static final Sampling GREEDY = new Sampling(
            0,
            0,
            1,
            0,
            1,
            1,
            0,
            0,
            Map.of(),
            OptionalLong.empty(),
            List.of(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            false,
            "");

    public Sampling {
        within("temperature", temperature, 0, 100);
        within("topK", topK, 0, Integer.MAX_VALUE);
        within("topP", topP, 0, 1);
        within("minP", minP, 0, 1);
        within("typical", typical, 0, 1);
        if (!(repeatPenalty > 0 && repeatPenalty <= 100)) {
            throw new BadRequest("repeatPenalty", "must be above 0, at most 100, not " + repeatPenalty);
        }
        within("presencePenalty", presencePenalty, -2, 2);
        within("frequencyPenalty", frequencyPenalty, -2, 2);
        // Unlike Map.copyOf's, this one is walked for each token without making anything.
        logitBias = Collections.unmodifiableMap(new LinkedHashMap<>(Map.copyOf(logitBias)));
        logitBias.forEach((id, bias) -> within("logitBias", bias, -100, 100));
        stop = List.copyOf(stop);
        if (stop.size() > 64) {
            throw new BadRequest("stop", "takes at most 64 strings, not " + stop.size());
        }
        for (String s : stop) {
            if (s.isEmpty() || s.length() > 1024) {
                throw new BadRequest("stop", "takes strings of 1 to 1024 characters, not " + s.length());
            }
        }
        if (maxTokens.isPresent()) {
            within("maxTokens", maxTokens.getAsInt(), 0, Integer.MAX_VALUE);
        }
        if (logprobs.isPresent()) {
            within("logprobs", logprobs.getAsInt(), 0, 128);
        }
    }

    private static void within(String field, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            String range =
                    most == Integer.MAX_VALUE ? "at least " + number(least) : number(least) + " to " + number(most);
            throw new BadRequest(field, "must be " + range + ", not " + number(value));
        }
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    public boolean greedy() {
        return temperature == 0;
    }

    /** Whether any token's logit depends on the tokens so far. */
    public boolean penalises() {
        return repeatPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0;
    }

    /** These wishes with some changed: {@code change} sets fields of a draft that starts with this record's values. */
    public Sampling with(Consumer<Draft> change) {
        var draft = new Draft(this);
        change.accept(draft);
        return new Sampling(
                draft.temperature,
                draft.topK,
                draft.topP,
                draft.minP,
                draft.typical,
                draft.repeatPenalty,
                draft.presencePenalty,
                draft.frequencyPenalty,
                draft.logitBias,
                draft.seed,
                draft.stop,
                draft.maxTokens,
                draft.logprobs,
                draft.scored,
                draft.prediction);
    }

    /** The fields of a {@link Sampling} before they are checked. */
    public static final class Draft {
        public double temperature;
        public int topK;
        public double topP;
        public double minP;
        public double typical;
        public double repeatPenalty;
        public double presencePenalty;
        public double frequencyPenalty;
        public Map<Integer, Double> logitBias;
        public OptionalLong seed;
        public List<String> stop;
        public OptionalInt maxTokens;
        public OptionalInt logprobs;
        public boolean scored;
        public String prediction;

        private Draft(Sampling from) {
            temperature = from.temperature;
            topK = from.topK;
            topP = from.topP;
            minP = from.minP;
            typical = from.typical;
            repeatPenalty = from.repeatPenalty;
            presencePenalty = from.presencePenalty;
            frequencyPenalty = from.frequencyPenalty;
            logitBias = from.logitBias;
            seed = from.seed;
            stop = from.stop;
            maxTokens = from.maxTokens;
            logprobs = from.logprobs;
            scored = from.scored;
            prediction = from.prediction;
        }
    }
}
