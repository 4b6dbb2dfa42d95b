package dev.puna.server.ollama;

import static dev.puna.server.wire.Kind.integer;
import static dev.puna.server.wire.Kind.list;
import static dev.puna.server.wire.Kind.number;
import static dev.puna.server.wire.Kind.object;
import static dev.puna.server.wire.Kind.text;
import static dev.puna.server.wire.Kind.whole;

import dev.puna.sample.Sampling;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Field;
import dev.puna.server.wire.Shape;
import dev.puna.server.wire.Values;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The {@code options} of Ollama's requests: how tokens are chosen, and what about the model is asked for. */
final class OllamaOptions {
    private static final String AT_START = "is decided when the server starts";
    private static final String NO_MIROSTAT = "mirostat is not offered";
    private static final String ONE_PENALTY = "penalties look at every token of the prompt and the answer";

    private static final Field<Long> SEED = Field.of("seed", whole(Long.MIN_VALUE, Long.MAX_VALUE), "");
    private static final Field<Integer> NUM_PREDICT = Field.of(
            "num_predict",
            integer(-2, Integer.MAX_VALUE).as(OllamaOptions::notNothing),
            "The most new tokens; negative: until the context is full.");
    private static final Field<Integer> NUM_CTX = Field.of(
            "num_ctx",
            integer(1, Integer.MAX_VALUE),
            "The most tokens of prompt and answer; more than the server's context is refused with both numbers.");
    private static final Field<Integer> TOP_K =
            Field.of("top_k", integer(-1, Integer.MAX_VALUE), "0 and −1 take all tokens.");
    private static final Field<Double> TOP_P = Field.of("top_p", number(0, 1), "");
    private static final Field<Double> MIN_P = Field.of("min_p", number(0, 1), "");
    private static final Field<Double> TYPICAL_P = Field.of("typical_p", number(0, 1), "");
    private static final Field<Double> TEMPERATURE = Field.of("temperature", number(0, 100), "0 takes the likeliest.");
    private static final Field<Double> REPEAT_PENALTY = Field.of("repeat_penalty", number(0.01, 100), "");
    private static final Field<Double> PRESENCE = Field.of("presence_penalty", number(-2, 2), "");
    private static final Field<Double> FREQUENCY = Field.of("frequency_penalty", number(-2, 2), "");
    private static final Field<Integer> REPEAT_LAST_N = Field.of(
            "repeat_last_n", integer(-1, Integer.MAX_VALUE), "−1: penalties look at all tokens; 0: no repeat_penalty.");
    private static final Field<List<String>> STOP = Field.of("stop", list(text(1, 1024), 64), "");

    static final Shape SHAPE = Shape.of(
            SEED,
            NUM_PREDICT,
            NUM_CTX,
            TOP_K,
            TOP_P,
            MIN_P,
            TYPICAL_P,
            TEMPERATURE,
            REPEAT_PENALTY,
            PRESENCE,
            FREQUENCY,
            REPEAT_LAST_N,
            STOP,
            Field.of("num_keep", integer(-1, Integer.MAX_VALUE), "Nothing of a prompt is ever dropped: all is kept."),
            Field.only("penalize_newline", ONE_PENALTY, true),
            Field.only("tfs_z", "tail-free sampling is not offered", 1, 1.0),
            Field.only("mirostat", NO_MIROSTAT, 0),
            Field.refused("mirostat_tau", NO_MIROSTAT),
            Field.refused("mirostat_eta", NO_MIROSTAT),
            Field.refused("num_batch", AT_START),
            Field.refused("num_thread", AT_START),
            Field.only("num_gpu", "the model runs on the processor", 0),
            Field.only("main_gpu", "the model runs on the processor", 0),
            Field.only("numa", AT_START, false),
            Field.only("low_vram", AT_START, false),
            Field.refused("f16_kv", AT_START),
            Field.only("logits_all", "logits are not given out", false),
            Field.only("vocab_only", "a model is loaded whole", false),
            Field.only("use_mmap", "weights stay where the file is mapped", true),
            Field.only("use_mlock", "weights are not locked in memory", false),
            Field.only("embedding_only", "a model does both", false));

    static final Field<Values> FIELD = Field.of("options", object(SHAPE), "How tokens are chosen.");

    private OllamaOptions() {}

    private static int notNothing(int most, String path) {
        if (most == 0) {
            throw Failure.invalid(path, "must be at least 1, or negative for as many as the context holds");
        }
        return most;
    }

    /** The model's own advice with the request's wishes. */
    static Sampling sampling(Values body, Sampling defaults, OptionalInt logprobs) {
        Optional<Values> given = body.get(FIELD);
        return defaults.with(s -> {
            s.logprobs = logprobs;
            given.ifPresent(options -> {
                s.temperature = options.get(TEMPERATURE, s.temperature);
                s.topK = Math.max(0, options.get(TOP_K, s.topK));
                s.topP = options.get(TOP_P, s.topP);
                s.minP = options.get(MIN_P, s.minP);
                s.typical = options.get(TYPICAL_P, s.typical);
                s.repeatPenalty = options.get(REPEAT_PENALTY, s.repeatPenalty);
                s.presencePenalty = options.get(PRESENCE, s.presencePenalty);
                s.frequencyPenalty = options.get(FREQUENCY, s.frequencyPenalty);
                int window = options.get(REPEAT_LAST_N, -1);
                if (window > 0) {
                    throw Failure.invalid(options.path(REPEAT_LAST_N), "must be −1 or 0: " + ONE_PENALTY);
                }
                s.repeatPenalty = window == 0 ? 1 : s.repeatPenalty;
                s.seed = options.get(SEED).map(OptionalLong::of).orElse(s.seed);
                s.stop = options.get(STOP, s.stop);
                s.maxTokens = options.get(NUM_PREDICT)
                        .map(most -> most < 0 ? OptionalInt.empty() : OptionalInt.of(most))
                        .orElse(s.maxTokens);
            });
        });
    }

    /** The context that the request asks for, at most the one that is there. */
    static int context(Values body, int context) {
        int most = body.get(FIELD).flatMap(options -> options.get(NUM_CTX)).orElse(context);
        if (most > context) {
            throw Failure.invalid(
                    "options.num_ctx", "is " + most + ", and the context here holds " + context + " tokens");
        }
        return most;
    }

    /**
     * The wishes for a prompt of so many tokens.
     *
     * @throws Failure with both numbers, if the context that the request asks for is not there or too small
     */
    static Sampling within(Values body, Sampling sampling, int promptTokens, int context) {
        int most = context(body, context);
        if (most == context) {
            return sampling;
        }
        if (promptTokens >= most) {
            throw Failure.tooLong(
                    "options.num_ctx",
                    "the prompt has " + promptTokens + " tokens, which leaves no room for an answer: num_ctx is "
                            + most);
        }
        int room = most - promptTokens;
        return sampling.with(s -> s.maxTokens = OptionalInt.of(Math.min(room, s.maxTokens.orElse(room))));
    }
}
