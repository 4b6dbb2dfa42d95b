package dev.puna.cli;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import dev.puna.load.Checkpoint;
import dev.puna.load.TemplateText;
import dev.puna.text.ChatTemplate;
import dev.puna.text.Tokenizer;
import dev.puna.text.Tokenizers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code puna render}: what a chat template makes of some variables. */
@Command(
        name = "render",
        header = "Print exactly the text that a chat template makes of some variables.",
        description = {
            "",
            "VARS is a JSON object of the template's variables: messages, tools, add_generation_prompt and whatever"
                    + " else it asks for. Nothing is added to the text, no line end either. With a MODEL, bos_token and"
                    + " eos_token are the model's where VARS has none.",
            ""
        },
        footer = {
            "  puna render smollm2-135m-instruct --input vars.json",
            "  echo '{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}' | puna render chat_template.jinja --input -"
        })
final class RenderCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(
            index = "0",
            paramLabel = "MODEL|FILE.jinja",
            description = "A model's name, path or source, or a template in a file whose name ends with .jinja.")
    private String source;

    @Option(
            names = "--input",
            required = true,
            paramLabel = "VARS.json",
            description = "The variables; - reads standard input.")
    private Path input;

    RenderCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Map<String, Object> variables = variables();
        session.output()
                .print(
                        source.endsWith(".jinja") && Files.isRegularFile(Path.of(source))
                                ? ofFile(Path.of(source), variables)
                                : ofModel(variables));
        return Exit.OK;
    }

    private Map<String, Object> variables() {
        String text = Given.text(session, input);
        if (!(Json.parse(text, Given.shown(input)) instanceof Map<?, ?> object)) {
            throw new Refused(Given.shown(input) + ": the variables must be a JSON object");
        }
        Map<String, Object> variables = new LinkedHashMap<>();
        object.forEach((name, value) -> variables.put((String) name, value));
        return variables;
    }

    private String ofFile(Path path, Map<String, Object> variables) {
        return render(ChatTemplate.of(Given.text(session, path), path.toString()), variables);
    }

    private String ofModel(Map<String, Object> variables) {
        Path path = session.models().resolve(source);
        ChatTemplate template = TemplateText.open(path)
                .map(TemplateText::compiled)
                .or(() -> builtIn(path))
                .orElseThrow(() -> new Refused(source + ": has no chat template"));
        // What VARS says comes first, so these are no trusted variables, which would come before it.
        tokenizer(path).ifPresent(tokenizer -> {
            tokenizer.bos().ifPresent(id -> variables.putIfAbsent("bos_token", tokenizer.piece(id)));
            tokenizer.eos().ifPresent(id -> variables.putIfAbsent("eos_token", tokenizer.piece(id)));
        });
        return render(template, variables);
    }

    /** The template that Puna would use for a model whose files lack one. */
    private static Optional<ChatTemplate> builtIn(Path path) {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            return checkpoint.template();
        } catch (BadFile _) {
            return Optional.empty(); // nor would it run
        }
    }

    /** Only for the spelling of two tokens: a template needs no tokenizer. */
    private static Optional<Tokenizer> tokenizer(Path path) {
        try {
            Path holder = TokenizeCommand.holder(path);
            return Files.isDirectory(holder) ? Tokenizers.fromFolder(holder) : Optional.of(Tokenizers.open(holder));
        } catch (BadFile _) {
            return Optional.empty();
        }
    }

    private static String render(ChatTemplate template, Map<String, Object> variables) {
        return template.render(variables).text();
    }
}
