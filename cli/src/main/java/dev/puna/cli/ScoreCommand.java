package dev.puna.cli;

import dev.puna.chat.Assistant;
import dev.puna.engine.Machine;
import dev.puna.engine.Scorer;
import dev.puna.file.BadFile;
import dev.puna.file.SafetensorsWriter;
import dev.puna.load.Checkpoint;
import dev.puna.tensor.DType;
import dev.puna.text.Tokenizer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code puna score}: how likely a model finds a text. */
@Command(
        name = "score",
        header = "Say how likely a model finds a text: per-token log-probabilities and perplexity.",
        description = {
            "",
            "Every token but the first is scored given those before it; no BOS token is added. Prints a line for each"
                    + " token, its natural log-probability and itself, then the perplexity: exp(nll / scored), where"
                    + " nll is the sum of the negated log-probabilities.",
            "",
            "--json prints {\"tokens\":...,\"scored\":...,\"nll\":...,\"perplexity\":...,\"logprobs\":[...]}; the"
                    + " log-probability of a token that is not scored is null.",
            ""
        },
        footer = {
            "  puna score smollm2-135m-instruct \"The capital of Japan is Tokyo.\"",
            "  puna score model.gguf --file wiki.txt --window 1024 --json",
            "  puna score weights/ --ids ids.txt --logits logits.safetensors --json"
        })
final class ScoreCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A model's name, path or source.")
    private String model;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "TEXT",
            description = "The text to score; - or none reads standard input.")
    private String text;

    @Option(names = "--file", paramLabel = "F", description = "Take the text from a file, byte for byte.")
    private Path file;

    @Option(
            names = "--ids",
            paramLabel = "F",
            description = "Take the text from a file of token ids, separated by blanks.")
    private Path ids;

    @Option(names = "--special", description = "Let control tokens in the text match, such as <|im_start|>.")
    private boolean special;

    @Option(
            names = "--window",
            paramLabel = "N",
            description = "Cut the tokens into windows of N, the last one shorter; the first token of each is not"
                    + " scored (default: one window, refused beyond the context).")
    private Integer window;

    @Option(
            names = "--logits",
            paramLabel = "OUT",
            description = "Write every token's logits to OUT, a safetensors file: logits [tokens, vocabulary], F32.")
    private Path logits;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Mixin
    private ModelOptions modelOptions;

    ScoreCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        TextSource source = new TextSource(session, text, file, ids);
        if (window != null && window < 2) {
            throw new Refused("--window must be at least 2, not " + window);
        }
        Assistant.Options options = modelOptions.options();
        Path path = modelOptions.find(session, model);
        session.output().status("loading " + path.getFileName());
        try (Machine machine = new Machine(options.tier(), options.threads());
                Checkpoint checkpoint = Checkpoint.open(path)) {
            session.output().status("");
            int[] tokens = source.ids().orElseGet(() -> encode(checkpoint, source.text()));
            int own = checkpoint.llama().config().context();
            int context = options.context().orElse(own);
            ModelOptions.beyond(session, context, own);
            if (window != null && window > context) {
                throw new Refused("--window is " + window + ", more than the context holds: " + context);
            }
            int most = Math.min(context, window == null ? tokens.length : window);
            try (Scorer scorer = new Scorer(checkpoint.llama(), machine, options.cache(), Math.max(1, most))) {
                double[] scores = score(
                        scorer, tokens, context, checkpoint.llama().config().vocab());
                report(tokens, scores, json ? Optional.empty() : usable(checkpoint));
            }
        }
        return Exit.OK;
    }

    /** What spells the tokens of the report; scores of ids need none. */
    private static Optional<Tokenizer> usable(Checkpoint checkpoint) {
        try {
            return checkpoint.tokenizer();
        } catch (BadFile _) {
            return Optional.empty();
        }
    }

    private int[] encode(Checkpoint checkpoint, String given) {
        Tokenizer tokenizer = checkpoint
                .tokenizer()
                .orElseThrow(() -> new Refused(model + ": has no tokenizer, so the text must come as --ids"));
        return special ? tokenizer.encodeSpecial(given) : tokenizer.encode(given);
    }

    private double[] score(Scorer scorer, int[] tokens, int context, int vocabulary) {
        if (tokens.length == 0) {
            throw new Refused("the text is empty: there is nothing to score");
        }
        if (window == null && tokens.length > context) {
            throw new Refused("the text has " + tokens.length + " tokens, more than the context holds: " + context
                    + "; --window cuts it");
        }
        double[] scores = new double[tokens.length];
        try {
            if (logits == null) {
                score(scorer, tokens, vocabulary, scores, _ -> {});
            } else {
                long[] shape = {tokens.length, vocabulary};
                SafetensorsWriter.stream(
                        logits, "logits", DType.F32, shape, out -> score(scorer, tokens, vocabulary, scores, out));
            }
        } catch (NoSuchFileException e) {
            throw new Failed(logits + ": cannot be written: no such directory", e);
        } catch (IOException e) {
            throw new Failed(logits + ": cannot be written: " + e.getMessage(), e);
        } finally {
            session.output().status("");
        }
        return scores;
    }

    private void score(Scorer scorer, int[] tokens, int vocabulary, double[] scores, Consumer<MemorySegment> out) {
        int size = window == null ? tokens.length : window;
        for (int start = 0; start < tokens.length; start += size) {
            int[] part = Arrays.copyOfRange(tokens, start, Math.min(tokens.length, start + size));
            int[] done = {start};
            double[] some = scorer.score(part, rows -> {
                done[0] += Math.toIntExact(rows.byteSize() / Float.BYTES / vocabulary);
                session.output().status("scored " + done[0] + " of " + tokens.length + " tokens");
                out.accept(rows);
            });
            System.arraycopy(some, 0, scores, start, some.length);
        }
    }

    private void report(int[] tokens, double[] scores, Optional<Tokenizer> tokenizer) {
        int scored = 0;
        double nll = 0;
        for (double score : scores) {
            if (!Double.isNaN(score)) {
                scored++;
                nll -= score;
            }
        }
        double perplexity = Math.exp(nll / scored); // of nothing: NaN
        Output output = session.output();
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("tokens", tokens.length);
            document.put("scored", scored);
            document.put("nll", nll);
            document.put("perplexity", perplexity);
            List<Object> all = new ArrayList<>(scores.length);
            for (double score : scores) {
                all.add(score);
            }
            document.put("logprobs", all);
            output.json(document);
            return;
        }
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < tokens.length; i++) {
            String score = Double.isNaN(scores[i]) ? "       -" : String.format(Locale.ROOT, "%8.4f", scores[i]);
            int id = tokens[i];
            String piece = tokenizer.map(t -> Pieces.quoted(t, id)).orElse("");
            lines.append(score).append('\t').append(id);
            lines.append(piece.isEmpty() ? "" : "\t" + output.value(piece)).append('\n');
        }
        output.print(lines.toString());
        output.line(String.format(
                Locale.ROOT,
                "perplexity %.4f, %d of %d tokens scored, nll %.4f",
                perplexity,
                scored,
                tokens.length,
                nll));
    }
}
