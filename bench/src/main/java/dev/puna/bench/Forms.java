package dev.puna.bench;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Question;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.tensor.DType;
import dev.puna.text.Message;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** {@code bench/forms MODEL}: what answers that follow a JSON Schema cost, beside answers that are free. */
public final class Forms {
    private static final String USAGE = """
            bench/forms MODEL [ROUNDS [FORM]]

            Answers of 128 tokens, one, eight and 32 at a time, greedy and at temperature 0.8, in turn free and held to
            a JSON Schema. A server compiles and keeps it, but for the rows "each its own": there every answer has a
            schema that nobody had before, which counts in full. Free and held answers take turns; the ratio is the median of
            the rounds' ratios. Nothing is guessed ahead. FORM: prose, records or own alone.""";

    private static final int TOKENS = 128;

    /** Rounds before any counts: the compiler of the JVM takes one of two cores until it has seen the code often. */
    private static final int WARM = 3;

    /** No text under them is whole before all the tokens are spent: bounds, choices, formats, and free text. */
    private static final Map<String, String> SCHEMAS = Map.of("records", """
            {"type":"array","minItems":99,"items":{"type":"object","additionalProperties":false,
             "required":["name","age","email","role","tags","active"],"properties":{
              "name":{"type":"string","minLength":1,"maxLength":40},"age":{"type":"integer","minimum":0,"maximum":120},
              "email":{"type":"string","format":"email","maxLength":40},"role":{"enum":["admin","editor","reader"]},
              "tags":{"type":"array","items":{"type":"string","pattern":"^[a-z]{2,12}$"},"minItems":1,"maxItems":3},
              "active":{"type":"boolean"}}}}""", "prose", """
            {"type":"object","additionalProperties":false,"required":["text"],"properties":{
              "text":{"type":"string","minLength":2000}}}""");

    private static final String OWN = "records, each its own";

    private Forms() {}

    /** A schema that is nobody else's: other names, other words, other lengths. */
    private static String own(int round, int answer) {
        String mark = "c" + round + "x" + answer;
        return Objects.requireNonNull(SCHEMAS.get("records"))
                .replace("\"name\"", "\"" + mark + "name\"")
                .replace("\"email\":{", "\"" + mark + "email\":{")
                .replace("\"email\",\"role", "\"" + mark + "email\",\"role")
                .replace("admin", mark + "admin")
                .replace("{2,12}", "{2," + (12 + (round * 32 + answer) % 7) + "}")
                .replace("\"minItems\":99", "\"minItems\":" + (99 + 100 * round + answer));
    }

    private record Measured(double seconds, long tokens, long passes) {
        double speed() {
            return tokens / seconds;
        }
    }

    /** Exit code 2 where the arguments make no sense. */
    public static void main(String[] args) {
        if (args.length < 1 || args.length > 3) {
            System.err.println(USAGE);
            System.exit(2);
        }
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        var options = new Assistant.Options(
                Optional.empty(), OptionalInt.empty(), OptionalInt.of(16384), DType.F32, 32, 32, 0, Optional.empty());
        System.out.println("| form | answers | temperature | free tokens/s | held tokens/s | ratio | free ms/pass |"
                + " held ms/pass | held tokens/pass |");
        System.out.println("|---|---|---|---|---|---|---|---|---|");
        try (Assistant assistant = Assistant.load(Path.of(args[0]), options)) {
            String only = args.length > 2 ? args[2] : "";
            for (String form : SCHEMAS.keySet().stream()
                    .filter(name -> only.isEmpty() || name.equals(only))
                    .sorted()
                    .toList()) {
                for (int answers : new int[] {1, 8}) {
                    for (double temperature : new double[] {0, 0.8}) {
                        row(assistant, form, answers, temperature, rounds);
                    }
                }
            }
            for (int answers : only.isEmpty() || only.equals("own") ? new int[] {8, 32} : new int[0]) {
                for (double temperature : new double[] {0, 0.8}) {
                    row(assistant, OWN, answers, temperature, rounds);
                }
            }
        }
    }

    private static void row(Assistant assistant, String form, int answers, double temperature, int rounds) {
        List<Measured> free = new ArrayList<>();
        List<Measured> held = new ArrayList<>();
        for (int round = 1; round <= WARM + rounds; round++) {
            Measured without = measure(assistant, Optional.empty(), answers, temperature, round);
            Measured with = measure(assistant, Optional.of(form), answers, temperature, round);
            if (round > WARM) {
                free.add(without);
                held.add(with);
            }
        }
        System.out.println(String.format(
                Locale.ROOT,
                "| %s | %d | %.1f | %.1f | %.1f | %.2f | %.2f | %.2f | %.2f |",
                form,
                answers,
                temperature,
                speed(free),
                speed(held),
                ratio(free, held),
                passMillis(free),
                passMillis(held),
                median(held, one -> (double) one.tokens() / answers / one.passes())));
    }

    private static double speed(List<Measured> all) {
        return median(all, Measured::speed);
    }

    private static double ratio(List<Measured> free, List<Measured> held) {
        double[] ratios = IntStream.range(0, free.size())
                .mapToDouble(i -> held.get(i).speed() / free.get(i).speed())
                .sorted()
                .toArray();
        return ratios[ratios.length / 2];
    }

    private static double passMillis(List<Measured> all) {
        return median(all, one -> 1000 * one.seconds() / one.passes());
    }

    private static double median(List<Measured> all, ToDoubleFunction<Measured> of) {
        double[] sorted = all.stream().mapToDouble(of).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static Measured measure(
            Assistant assistant, Optional<String> form, int answers, double temperature, int round) {
        long passes = assistant.statistics().steps();
        long start = System.nanoTime();
        List<Answer> open = new ArrayList<>();
        for (int i = 0; i < answers; i++) {
            long seed = 100L * round + i;
            int answer = i;
            Map<Integer, Double> endless = new HashMap<>();
            assistant.tokenizer().orElseThrow().endOfGeneration().forEach(id -> endless.put(id, -100.0));
            String schema = form.map(name -> Objects.requireNonNullElseGet(
                            SCHEMAS.get(name),
                            () -> own(10 * round + (temperature > 0 ? 1 : 0) + answers * 1000, answer)))
                    .orElse("");
            Optional<Constraint> constraint =
                    form.map(_ -> assistant.form(assistant.grammars().jsonSchema(schema)));
            Sampling sampling = Sampling.GREEDY.with(s -> {
                s.temperature = temperature;
                s.maxTokens = OptionalInt.of(TOKENS);
                s.seed = OptionalLong.of(seed);
                s.topP = 0.95;
                s.logitBias = endless;
            });
            String text = "Make up the staff of company number " + (100 * round + i) + " and tell me all about them.";
            open.add(assistant.answer(new Question(List.of(Message.user(text)), sampling).with(constraint)));
        }
        long tokens = 0;
        for (Answer answer : open) {
            tokens += answer.await(_ -> {}).ids().size();
        }
        return new Measured(
                (System.nanoTime() - start) / 1e9,
                tokens,
                assistant.statistics().steps() - passes);
    }
}
