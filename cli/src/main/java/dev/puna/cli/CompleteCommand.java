package dev.puna.cli;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Caller;
import dev.puna.chat.Ending;
import dev.puna.chat.Reply;
import dev.puna.sample.Logprobs;
import dev.puna.sample.Sampling;
import dev.puna.sample.grammar.Grammar;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code puna complete}: continues a raw text, without any chat template. */
@Command(
        name = "complete",
        header = "Continue a raw text, without a chat template.",
        description = {
            "",
            "Prints what the model writes after PROMPT and nothing else. The prompt is plain text, in which no control"
                    + " token matches, unless --special is given. It begins with the BOS token where the model was"
                    + " trained with one; token ids of --ids are taken as they are.",
            "",
            "--json prints {\"ids\":[...],\"text\":...,\"finish\":...}: the new tokens with the end token that stopped"
                    + " them, their text without it, and stop (an end token or --stop), length (--max-tokens or a full"
                    + " context) or cancelled. Where the model has no tokenizer, text is null, and without --json the"
                    + " new token ids are printed.",
            ""
        },
        footer = {
            "  puna complete smollm2-135m-instruct \"The open range was\" --max-tokens 20",
            "  puna complete model.gguf --file story.txt --temperature 0.8 --seed 7",
            "  puna complete weights/ --ids ids.txt --json"
        })
final class CompleteCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A model's name, path or source.")
    private String model;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "PROMPT",
            description = "The text to continue; - or none reads standard input.")
    private String prompt;

    @Option(names = "--file", paramLabel = "F", description = "Take the prompt from a file, byte for byte.")
    private Path file;

    @Option(
            names = "--ids",
            paramLabel = "F",
            description = "Take the prompt from a file of token ids, separated by blanks.")
    private Path ids;

    @Option(names = "--special", description = "Let control tokens in the prompt match, such as <|im_start|>.")
    private boolean special;

    @Option(
            names = "--logprobs",
            paramLabel = "N",
            description = "With --json: add each new token's log-probability and the N likeliest tokens.")
    private Integer logprobs;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Option(names = "--stats", description = "Say on standard error how fast it was.")
    private boolean stats;

    @Mixin
    private SamplingOptions samplingOptions;

    @Mixin
    private FormOptions formOptions;

    @Mixin
    private ModelOptions modelOptions;

    CompleteCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        TextSource source = new TextSource(session, prompt, file, ids);
        if (logprobs != null && !json) {
            throw new Refused("--logprobs needs --json");
        }
        samplingOptions.check();
        Optional<Grammar> grammar = formOptions.compiled(session);
        Output output = session.output();
        try (Assistant assistant = modelOptions.load(session, model)) {
            Sampling sampling = samplingOptions.over(assistant.defaults(), output);
            if (logprobs != null) {
                sampling = SamplingOptions.checked(sampling, s -> s.logprobs = OptionalInt.of(logprobs));
            }
            int[] tokens = source.ids().orElseGet(() -> assistant.tokens(source.text(), special));
            boolean spellIds = assistant.tokenizer().isEmpty() && !json;
            try (Answer answer =
                            assistant.complete(tokens, sampling, FormOptions.form(grammar, assistant), Caller.ANYONE);
                    var interruptible = new Interruptible(answer::cancel)) {
                Reply reply = answer.await(piece -> {
                    if (!json) {
                        output.shown(piece);
                    }
                });
                if (json) {
                    output.json(document(reply, assistant));
                } else if (spellIds) {
                    output.line(String.join(
                            " ", reply.ids().stream().map(String::valueOf).toList()));
                } else if (output.outTerminal()) {
                    output.endLine();
                }
                Remarks.of(reply, sampling, assistant).ifPresent(output::note);
                if (stats) {
                    output.note(Stats.line(reply.usage()));
                }
                return interruptible.interrupted() ? Exit.INTERRUPTED : Exit.OK;
            }
        }
    }

    static Map<String, Object> document(Reply reply, Assistant assistant) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("ids", reply.ids());
        document.put("text", assistant.tokenizer().isPresent() ? reply.text() : null);
        document.put("finish", name(reply.finish()));
        if (!reply.logprobs().isEmpty()) {
            List<Object> all = new ArrayList<>();
            for (int i = 0; i < reply.ids().size(); i++) {
                all.add(logprobs(reply.ids().get(i), reply.logprobs().get(i)));
            }
            document.put("logprobs", all);
        }
        return document;
    }

    private static Map<String, Object> logprobs(int id, Logprobs logprobs) {
        List<Object> top = new ArrayList<>();
        for (int i = 0; i < logprobs.ids().length; i++) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("id", logprobs.ids()[i]);
            one.put("logprob", logprobs.logprobs()[i]);
            top.add(one);
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("id", id);
        all.put("logprob", logprobs.chosen());
        all.put("top", top);
        return all;
    }

    static String name(Ending finish) {
        return finish.name().toLowerCase(Locale.ROOT);
    }
}
