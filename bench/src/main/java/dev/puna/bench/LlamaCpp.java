package dev.puna.bench;

import dev.puna.file.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * llama.cpp or a fork of it: its {@code llama-bench}, and beside that {@code llama-batched-bench} and {@code
 * llama-completion} where they are there. Flash attention is on.
 *
 * @param bench the path of its llama-bench
 */
record LlamaCpp(String name, Path bench, int threads) implements Program {

    @Override
    public Optional<Measured> measure(Path model, Trial trial) throws IOException, InterruptedException {
        return switch (trial.kind()) {
            case PROMPT -> bench(model, "-p", trial.tokens(), "-n", 0);
            case ANSWER -> bench(model, "-p", 0, "-n", trial.tokens());
            case DEPTH -> {
                Optional<Measured> measured = bench(model, "-p", 0, "-n", trial.tokens(), "-d", trial.at());
                // the fork's word for the same
                yield measured.isPresent()
                        ? measured
                        : bench(model, "-p", 0, "-n", 0, "-gp", trial.at() + "," + trial.tokens());
            }
            case BATCH -> batched(model, trial);
            case START -> first(model).map(ran -> new Measured(ran.seconds(), ""));
            case MEMORY -> first(model).map(ran -> new Measured(ran.peakBytes() / 1e6, ""));
        };
    }

    private Optional<Measured> bench(Path model, Object... arguments) throws IOException, InterruptedException {
        Ran ran = run(bench, model, arguments, "-r", 1, "-fa", 1, "-o", "json");
        if (ran.exit() != 0 || !ran.out().stripLeading().startsWith("[")) {
            return Optional.empty();
        }
        List<?> results = Objects.requireNonNull((List<?>) Json.parse(ran.out(), bench));
        if (results.isEmpty()) {
            return Optional.empty();
        }
        Map<?, ?> last = (Map<?, ?>) results.getLast();
        return Optional.of(new Measured(
                number(last.get("avg_ts")),
                "build %s (%s)".formatted(last.get("build_commit"), last.get("build_number"))));
    }

    private static double number(@Nullable Object value) {
        return ((Number) Objects.requireNonNull(value)).doubleValue();
    }

    private Optional<Measured> batched(Path model, Trial trial) throws IOException, InterruptedException {
        Path program = bench.resolveSibling("llama-batched-bench");
        if (!Files.isExecutable(program)) {
            return Optional.empty();
        }
        Object[] arguments = {
            "-c",
            trial.at() * (Trial.BEFORE_BATCH + trial.tokens()) + 256,
            "-npp",
            Trial.BEFORE_BATCH,
            "-ntg",
            trial.tokens(),
            "-npl",
            trial.at()
        };
        Ran ran = run(program, model, arguments, "-fa", "on");
        if (ran.exit() != 0) {
            ran = run(program, model, arguments, "-fa");
        }
        // | PP | TG | B | N_KV | T_PP s | S_PP t/s | T_TG s | S_TG t/s | ...
        return ran.out()
                .lines()
                .filter(line -> line.startsWith("|"))
                .map(line -> line.split("\\|"))
                .filter(cells -> cells.length > 8 && cells[1].strip().equals(String.valueOf(Trial.BEFORE_BATCH)))
                .map(cells -> new Measured(Double.parseDouble(cells[8].strip()), ""))
                .reduce((_, last) -> last);
    }

    private Optional<Ran> first(Path model) throws IOException, InterruptedException {
        Path program = bench.resolveSibling("llama-completion");
        if (!Files.isExecutable(program)) {
            return Optional.empty();
        }
        Ran ran = run(program, model, new Object[] {"-c", 512, "-p", "Hello", "-n", 1}, "-no-cnv", "--no-warmup");
        return ran.exit() == 0 ? Optional.of(ran) : Optional.empty();
    }

    private Ran run(Path program, Path model, Object[] arguments, Object... more)
            throws IOException, InterruptedException {
        List<String> line =
                new ArrayList<>(List.of(program.toString(), "-m", model.toString(), "-t", String.valueOf(threads)));
        Arrays.stream(arguments).map(Object::toString).forEach(line::add);
        Arrays.stream(more).map(Object::toString).forEach(line::add);
        return Ran.of(line);
    }
}
