package dev.puna.cli;

import dev.puna.chat.Answer;
import dev.puna.chat.Assistant;
import dev.puna.chat.Question;
import dev.puna.chat.Reply;
import dev.puna.sample.Constraint;
import dev.puna.sample.Sampling;
import dev.puna.sample.grammar.Grammar;
import dev.puna.text.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code puna run}: one answer, or a chat where there is a terminal and no prompt. */
@Command(
        name = "run",
        header = "Ask a model one thing, or chat with it.",
        description = {
            "",
            "With a PROMPT, or text on standard input, prints the answer and nothing else. Text on standard input"
                    + " follows the PROMPT if there are both. On a terminal without a prompt, begins a chat; /help there"
                    + " says more.",
            "",
            "A single argument is the prompt, unless it names a model: one of the catalogue or the store, an existing"
                    + " path, or a source such as hf:org/repo. Without a MODEL, " + Models.DEFAULT + " runs.",
            "",
            "--json prints {\"ids\":[...],\"text\":...,\"finish\":...}, as 'puna complete --json' does.",
            ""
        },
        footer = {
            "  puna run \"What is the capital of Japan?\"",
            "  puna run",
            "  cat letter.txt | puna run \"Say it in one sentence:\"",
            "  puna run model.gguf \"Tell me a story.\" --temperature 0.8 --seed 7"
        })
final class RunCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "MODEL|PROMPT", description = "A model, a prompt, or both in this order.")
    private List<String> arguments = List.of();

    @Option(names = "--system", paramLabel = "TEXT", description = "What the model is told before the conversation.")
    private String system;

    @Option(names = "--json", description = "Print one JSON document; needs a prompt.")
    private boolean json;

    @Option(names = "--stats", description = "Say on standard error how fast it was.")
    private boolean stats;

    @Mixin
    private SamplingOptions samplingOptions;

    @Mixin
    private FormOptions formOptions;

    @Mixin
    private ModelOptions modelOptions;

    RunCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (arguments.size() > 2) {
            throw new Refused("a model and a prompt are at most two arguments, not " + arguments.size()
                    + ": put the prompt in quotes");
        }
        boolean named = arguments.size() == 2
                || (arguments.size() == 1 && session.models().names(arguments.getFirst()));
        String model = named ? arguments.getFirst() : Models.DEFAULT;
        Optional<String> argument =
                arguments.size() == (named ? 2 : 1) ? Optional.of(arguments.getLast()) : Optional.empty();
        samplingOptions.check();
        Optional<Grammar> grammar = formOptions.compiled(session);
        if (argument.isEmpty()
                && !json
                && !formOptions.given()
                && session.inputTerminal()
                && session.output().outTerminal()) {
            return chat(model);
        }
        var piped = new PipedText(session); // reads while the model loads
        Optional<String> early = argument.isPresent() ? Optional.empty() : Optional.of(prompt(argument, piped));
        try (Assistant assistant = modelOptions.load(session, model)) {
            String prompt = early.orElseGet(() -> prompt(argument, piped));
            return oneShot(assistant, prompt, FormOptions.form(grammar, assistant));
        }
    }

    private String prompt(Optional<String> argument, PipedText piped) {
        String given = argument.filter(text -> !text.equals("-")).orElse("");
        String rest = argument.isPresent() && !given.isEmpty() ? piped.soon() : piped.whole();
        String prompt = given.isBlank() ? rest : rest.isBlank() ? given : given + "\n\n" + rest;
        if (prompt.isBlank()) {
            throw new Refused(
                    argument.isPresent() && rest.isEmpty()
                            ? "the prompt is empty"
                            : "there is no prompt: give one as an argument or on standard input; a chat needs a terminal");
        }
        return prompt;
    }

    private int oneShot(Assistant assistant, String prompt, Optional<Constraint> form) {
        Output output = session.output();
        Sampling sampling = samplingOptions.over(assistant.defaults(), output);
        List<Message> messages = new ArrayList<>();
        if (system != null && !system.isEmpty()) {
            messages.add(Message.system(system));
        }
        messages.add(Message.user(prompt));
        try (Answer answer = assistant.answer(new Question(messages, sampling).with(form));
                var interruptible = new Interruptible(answer::cancel)) {
            Reply reply = answer.await(piece -> {
                if (!json) {
                    output.shown(piece);
                }
            });
            if (json) {
                output.json(CompleteCommand.document(reply, assistant));
            } else {
                output.endLine();
            }
            Remarks.of(reply, sampling, assistant).ifPresent(output::note);
            if (stats) {
                output.note(Stats.line(reply.usage()));
            }
            return interruptible.interrupted() ? Exit.INTERRUPTED : Exit.OK;
        }
    }

    private int chat(String model) {
        try (Assistant assistant = modelOptions.load(session, model)) {
            Sampling sampling = samplingOptions.over(assistant.defaults(), session.output());
            try (var console = new Console(session)) {
                var repl = new Repl(session.output(), console, assistant, sampling, stats);
                if (system != null) {
                    repl.system(system);
                }
                return repl.run();
            }
        }
    }
}
