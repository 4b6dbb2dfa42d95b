package dev.puna.bench;

import dev.puna.file.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Puna as a user has it: the command {@code ./puna}.
 *
 * @param command its path
 * @param tier kernels to compute with; empty for those it chooses
 */
record Puna(Path command, Optional<String> tier, int threads) implements Program {

    @Override
    public String name() {
        return tier.map(name -> "Puna (" + name + ")").orElse("Puna");
    }

    @Override
    public Optional<Measured> measure(Path model, Trial trial) throws IOException, InterruptedException {
        return switch (trial.kind()) {
            case PROMPT -> bench(model, trial.tokens(), 0, 0, 1);
            case ANSWER -> bench(model, 0, trial.tokens(), 0, 1);
            case DEPTH -> bench(model, 0, trial.tokens(), trial.at(), 1);
            case BATCH -> bench(model, 0, trial.tokens(), Trial.BEFORE_BATCH, trial.at());
            case START -> first(model).map(ran -> new Measured(ran.seconds(), ""));
            case MEMORY -> first(model).map(ran -> new Measured(ran.peakBytes() / 1e6, ""));
        };
    }

    private Optional<Measured> bench(Path model, int prompt, int generate, int depth, int batch)
            throws IOException, InterruptedException {
        Ran ran = run(
                "bench",
                model.toString(),
                "--prompt",
                prompt,
                "--generate",
                generate,
                "--depth",
                depth,
                "--batch",
                batch,
                "--repeat",
                1,
                "--json");
        if (ran.exit() != 0) {
            return Optional.empty();
        }
        Map<?, ?> document = (Map<?, ?>) Objects.requireNonNull(Json.parse(ran.out(), Path.of("puna bench")));
        Map<?, ?> result = (Map<?, ?>) ((List<?>) Objects.requireNonNull(document.get("results"))).getFirst();
        String share = prompt > 0
                ? share(result, "shareOfPeak", "of peak")
                : share(result, "shareOfBandwidth", "of bandwidth");
        return Optional.of(new Measured(number(result, "tokensPerSecond"), share));
    }

    private static String share(Map<?, ?> result, String key, String of) {
        return String.format(Locale.ROOT, "%.0f %% %s", 100 * number(result, key), of);
    }

    private static double number(Map<?, ?> result, String key) {
        return ((Number) Objects.requireNonNull(result.get(key))).doubleValue();
    }

    private Optional<Ran> first(Path model) throws IOException, InterruptedException {
        Ran ran = run("complete", model.toString(), "Hello", "--max-tokens", 1, "--context", 512);
        return ran.exit() == 0 ? Optional.of(ran) : Optional.empty();
    }

    private Ran run(Object... arguments) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(command.toString()));
        for (Object argument : arguments) {
            line.add(argument.toString());
        }
        line.addAll(List.of("--threads", String.valueOf(threads)));
        tier.ifPresent(name -> line.addAll(List.of("--tier", name)));
        return Ran.of(line);
    }
}
