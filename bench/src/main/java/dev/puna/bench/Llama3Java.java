package dev.puna.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * llama3.java, a Llama in one Java file. It tells how fast it was after an answer; a prompt of about as many tokens as
 * asked for is made of words.
 *
 * @param program its jar or its source file
 * @param java the java that runs it
 */
record Llama3Java(Path program, Path java, int threads) implements Program {
    private static final Pattern SPEED = Pattern.compile(
            "(?is)prompt\\D{0,40}?([0-9.]+) tokens/s.*?(?:generation|decode)\\D{0,40}?([0-9.]+) tokens/s");

    /** At least what the chat template adds to a prompt. */
    private static final int TEMPLATE_TOKENS = 32;

    @Override
    public String name() {
        return "llama3.java";
    }

    @Override
    public Optional<Measured> measure(Path model, Trial trial) throws IOException, InterruptedException {
        return switch (trial.kind()) {
            case PROMPT -> speed(model, trial.tokens(), 2, 1);
            case ANSWER -> speed(model, 4, trial.tokens(), 2);
            case DEPTH, BATCH, START, MEMORY -> Optional.empty();
        };
    }

    private Optional<Measured> speed(Path model, int prompt, int answer, int group)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(
                java.toString(),
                "--enable-preview",
                "--add-modules",
                "jdk.incubator.vector",
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=" + threads));
        if (program.toString().endsWith(".jar")) {
            line.add("-jar");
        } else {
            line.addAll(List.of("--source", String.valueOf(Runtime.version().feature())));
        }
        line.addAll(List.of(
                program.toString(),
                "--model",
                model.toString(),
                "--max-tokens",
                String.valueOf(prompt + TEMPLATE_TOKENS + answer), // of the whole talk
                "--prompt",
                "a ".repeat(prompt)));
        Ran ran = Ran.of(List.of("/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1"), line);
        Matcher speed = SPEED.matcher(ran.out());
        return speed.find() ? Optional.of(new Measured(Double.parseDouble(speed.group(group)), "")) : Optional.empty();
    }
}
