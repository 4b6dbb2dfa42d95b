package dev.puna.bench;

import dev.puna.bench.Program.Measured;
import dev.puna.bench.Samples.Key;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What was measured, as a page of {@code docs/bench}: a table of medians and ratios.
 *
 * @param programs Puna, then its peers
 */
record Report(List<Program> programs, List<Path> models, List<Trial> trials, Samples samples) {

    static Key key(Program program, Path model, Trial trial) {
        String file = String.valueOf(model.getFileName());
        return new Key(program.name(), file.replaceFirst("\\.gguf$", ""), trial.name());
    }

    String text(String machine, String commit, String command) {
        StringBuilder text = new StringBuilder();
        text.append("# ")
                .append(LocalDate.now())
                .append(", ")
                .append(Host.name())
                .append("\n\n");
        text.append("- Machine: ").append(machine).append('\n');
        text.append("- Puna: commit ").append(commit).append('\n');
        text.append("- Peers: ")
                .append(programs.stream().skip(1).map(this::described).collect(Collectors.joining("; ")))
                .append('\n');
        text.append("- Command: `").append(command).append("`\n\n");
        text.append("Medians of runs in turn. The ratio is Puna's figure by that of the best peer: of tokens a second\n"
                + "more is better, of seconds and MB less.\n");
        for (Trial trial : trials) {
            text.append("\n## ")
                    .append(trial.name())
                    .append(", ")
                    .append(trial.kind().unit)
                    .append("\n\n| model |");
            programs.forEach(program -> text.append(' ').append(program.name()).append(" |"));
            text.append(" ratio | Puna's share |\n| --- |");
            text.append(" ---: |".repeat(programs.size() + 1)).append(" --- |\n");
            models.forEach(model -> text.append(row(model, trial)));
        }
        return text.toString();
    }

    private String described(Program program) {
        return models.stream()
                .flatMap(model -> trials.stream().flatMap(trial -> median(program, model, trial).stream()))
                .map(Measured::remark)
                .filter(remark -> !remark.isEmpty())
                .findFirst()
                .map(remark -> program.name() + ", " + remark)
                .orElse(program.name());
    }

    private Optional<Measured> median(Program program, Path model, Trial trial) {
        return samples.median(key(program, model, trial));
    }

    private String row(Path model, Trial trial) {
        StringBuilder row = new StringBuilder("| ")
                .append(key(programs.getFirst(), model, trial).model())
                .append(" |");
        for (Program program : programs) {
            row.append(' ')
                    .append(median(program, model, trial)
                            .map(measured -> number(measured.value()))
                            .orElse("–"))
                    .append(" |");
        }
        Optional<Measured> own = median(programs.getFirst(), model, trial);
        Optional<Double> best = programs.stream()
                .skip(1)
                .flatMap(peer -> median(peer, model, trial).stream())
                .map(Measured::value)
                .reduce(trial.kind().moreIsBetter ? Math::max : Math::min);
        String ratio = own.isPresent() && best.isPresent()
                ? String.format(Locale.ROOT, "**%.2f**", own.get().value() / best.get())
                : "–";
        return row.append(' ')
                .append(ratio)
                .append(" | ")
                .append(own.map(Measured::remark).orElse(""))
                .append(" |\n")
                .toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f", value);
    }
}
