package dev.puna.server.openai;

import dev.puna.sample.Sampling;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Field;
import dev.puna.server.wire.Kind;
import dev.puna.server.wire.Values;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** How tokens are chosen: the fields that several requests share, and their meaning. */
final class SamplingFields {
    private static final Field<Double> TEMPERATURE = Field.of(
            "temperature",
            Kind.number(0, 2),
            "0 takes the likeliest token always. Not given: what the model's makers advise, else 0.");
    private static final Field<Double> TOP_P = Field.of(
            "top_p", Kind.number(0, 1), "Keep the fewest likeliest tokens whose probabilities reach this sum.");
    private static final Field<Integer> TOP_K = Field.of(
            "top_k", Kind.integer(0, Integer.MAX_VALUE), "Keep this many of the likeliest tokens; 0 keeps all.");
    private static final Field<Double> MIN_P =
            Field.of("min_p", Kind.number(0, 1), "Keep tokens at least this share as likely as the likeliest.");
    private static final Field<Double> TYPICAL_P =
            Field.of("typical_p", Kind.number(0, 1), "Keep the tokens of the most typical surprise, up to this sum.");
    private static final Field<Double> REPEAT_PENALTY = Field.of(
            "repeat_penalty",
            Kind.number(0, 100),
            "Makes tokens of the prompt and the answer less likely; 1 does not.");
    private static final Field<Double> PRESENCE_PENALTY =
            Field.of("presence_penalty", Kind.number(-2, 2), "Taken once from each token that the answer holds.");
    private static final Field<Double> FREQUENCY_PENALTY =
            Field.of("frequency_penalty", Kind.number(-2, 2), "Taken from a token for each time the answer holds it.");
    private static final Field<Map<String, Double>> LOGIT_BIAS =
            Field.of("logit_bias", Kind.map(Kind.number(-100, 100), 1024), "Added to the logits of these token ids.");
    private static final Field<Long> SEED = Field.of(
            "seed",
            Kind.whole(Long.MIN_VALUE, Long.MAX_VALUE),
            "The same seed gives the same text, alone and in company.");
    private static final Field<List<String>> STOP = Field.of(
            "stop",
            Kind.either(Kind.text(1, 1024).as(one -> List.of(one)), Kind.list(Kind.text(1, 1024), 64)),
            "The answer ends before the first of these texts.");

    /** Those that responses have too. */
    static final Field<?>[] FEW = {TEMPERATURE, TOP_P};

    static final Field<?>[] ALL = {
        TEMPERATURE,
        TOP_P,
        TOP_K,
        MIN_P,
        TYPICAL_P,
        REPEAT_PENALTY,
        PRESENCE_PENALTY,
        FREQUENCY_PENALTY,
        LOGIT_BIAS,
        SEED,
        STOP
    };

    private SamplingFields() {}

    /** What is asked for, over what is usual for the model. */
    static Sampling over(Sampling usual, Values values) {
        Map<Integer, Double> bias = new LinkedHashMap<>();
        values.get(LOGIT_BIAS).orElse(Map.of()).forEach((id, value) -> {
            if (!id.matches("\\d{1,9}")) {
                throw Failure.invalid(values.path(LOGIT_BIAS), "takes token ids as names");
            }
            bias.put(Integer.valueOf(id), value);
        });
        return usual.with(s -> {
            s.temperature = values.get(TEMPERATURE, s.temperature);
            s.topP = values.get(TOP_P, s.topP);
            s.topK = values.get(TOP_K, s.topK);
            s.minP = values.get(MIN_P, s.minP);
            s.typical = values.get(TYPICAL_P, s.typical);
            s.repeatPenalty = values.get(REPEAT_PENALTY, s.repeatPenalty);
            s.presencePenalty = values.get(PRESENCE_PENALTY, s.presencePenalty);
            s.frequencyPenalty = values.get(FREQUENCY_PENALTY, s.frequencyPenalty);
            s.logitBias = bias;
            s.stop = values.get(STOP, List.of());
            if (values.has(SEED)) {
                s.seed = OptionalLong.of(values.need(SEED));
            }
        });
    }
}
