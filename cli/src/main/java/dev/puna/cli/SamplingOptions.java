package dev.puna.cli;

import dev.puna.sample.BadRequest;
import dev.puna.sample.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** How text is made and when it ends; the same for every command that makes some. */
final class SamplingOptions {
    @Option(
            names = "--temperature",
            paramLabel = "T",
            description =
                    "0 always takes the likeliest token; higher is more varied (default: the model's own, else 0).")
    private Double temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Draw among the K likeliest tokens only; 0 for all.")
    private Integer topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Draw among the fewest likeliest tokens whose probabilities reach P; 1 for all.")
    private Double topP;

    @Option(
            names = "--min-p",
            paramLabel = "P",
            description = "Draw among tokens at least P times as likely as the likeliest; 0 for all.")
    private Double minP;

    @Option(
            names = "--typical",
            paramLabel = "P",
            description = "Draw among the fewest most typical tokens whose probabilities reach P; 1 for all.")
    private Double typical;

    @Option(
            names = "--repeat-penalty",
            paramLabel = "X",
            description = "Divide the scores of tokens that prompt or answer hold by X; 1 for none.")
    private Double repeatPenalty;

    @Option(
            names = "--presence-penalty",
            paramLabel = "X",
            description = "Take X, -2 to 2, off the scores of tokens that the answer holds.")
    private Double presencePenalty;

    @Option(
            names = "--frequency-penalty",
            paramLabel = "X",
            description = "Take X, -2 to 2, off a token's score for each time the answer holds it.")
    private Double frequencyPenalty;

    @Option(
            names = "--logit-bias",
            paramLabel = "ID=X",
            description = "Add X, -100 to 100, to the score of token ID. May be repeated.")
    private Map<Integer, Double> logitBias;

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same text.")
    private Long seed;

    @Option(
            names = "--stop",
            paramLabel = "TEXT",
            description = "End before this text, which is not shown. May be repeated.")
    private List<String> stop;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Most new tokens (default: until the model ends or the context is full).")
    private Integer maxTokens;

    /** Refuses what is out of range, before any work is done. */
    void check() {
        asked(Sampling.GREEDY);
    }

    /** What was asked for, over the model's own defaults. Says so where an option cannot have any effect. */
    Sampling over(Sampling defaults, Output output) {
        Sampling asked = asked(defaults);
        if (asked.greedy()) {
            List<String> idle = new ArrayList<>();
            given(idle, "--top-k", topK);
            given(idle, "--top-p", topP);
            given(idle, "--min-p", minP);
            given(idle, "--typical", typical);
            given(idle, "--seed", seed);
            if (!idle.isEmpty()) {
                output.note("puna: " + String.join(", ", idle) + (idle.size() == 1 ? " has" : " have")
                        + " no effect at temperature 0; see --temperature");
            }
        }
        return asked;
    }

    private static void given(List<String> options, String name, Object value) {
        if (value != null) {
            options.add(name);
        }
    }

    private Sampling asked(Sampling defaults) {
        return checked(defaults, s -> {
            s.temperature = temperature == null ? s.temperature : temperature;
            s.topK = topK == null ? s.topK : topK;
            s.topP = topP == null ? s.topP : topP;
            s.minP = minP == null ? s.minP : minP;
            s.typical = typical == null ? s.typical : typical;
            s.repeatPenalty = repeatPenalty == null ? s.repeatPenalty : repeatPenalty;
            s.presencePenalty = presencePenalty == null ? s.presencePenalty : presencePenalty;
            s.frequencyPenalty = frequencyPenalty == null ? s.frequencyPenalty : frequencyPenalty;
            s.logitBias = logitBias == null ? s.logitBias : logitBias;
            s.seed = seed == null ? s.seed : OptionalLong.of(seed);
            s.stop = stop == null ? s.stop : stop;
            s.maxTokens = maxTokens == null ? s.maxTokens : OptionalInt.of(maxTokens);
        });
    }

    /** Some fields changed; one that is out of range is named as the option that sets it. */
    static Sampling checked(Sampling sampling, Consumer<Sampling.Draft> change) {
        try {
            return sampling.with(change);
        } catch (BadRequest bad) {
            throw new Refused(option(bad.field()) + " " + bad.what(), bad);
        }
    }

    /** {@code topP} as {@code --top-p}. */
    private static String option(String field) {
        return "--" + field.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }
}
