package dev.puna.cli;

import dev.puna.cli.Output.Style;
import dev.puna.text.Tokenizer;
import dev.puna.text.Tokenizers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code puna tokenize}: a text as the model gets it. */
@Command(
        name = "tokenize",
        header = "Show the token ids of a text and the piece of text that each stands for.",
        description = {
            "",
            "The text is plain, in which no control token matches, unless --special is given; no BOS token is added"
                    + " unless --bos is. On a terminal the text and the ids alternate in colour from token to token;"
                    + " elsewhere there is a line for each token: its id, a tab, its piece as a JSON string.",
            "",
            "--json prints {\"ids\":[...],\"pieces\":[...]}. A piece that is no whole characters, such as half an"
                    + " emoji, is an array of byte values there, and <f0 9f> in a line.",
            ""
        },
        footer = {
            "  puna tokenize smollm2-135m-instruct \"Hello, world\"",
            "  puna tokenize tokenizer.model --file letter.txt --json"
        })
final class TokenizeCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "A model's name, path or source; or a vocabulary-only GGUF file, a tokenizer.model, a"
                    + " tokenizer.json, or a folder that holds one.")
    private String model;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "TEXT",
            description = "The text; - or none reads standard input.")
    private String text;

    @Option(names = "--file", paramLabel = "F", description = "Take the text from a file, byte for byte.")
    private Path file;

    @Option(names = "--bos", description = "Put the BOS token in front.")
    private boolean bos;

    @Option(names = "--special", description = "Let control tokens in the text match, such as <|im_start|>.")
    private boolean special;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    TokenizeCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        TextSource source = new TextSource(session, text, file, null);
        Tokenizer tokenizer = Tokenizers.open(holder(session.models().resolve(model)));
        String given = source.text();
        int[] ids = special ? tokenizer.encodeSpecial(given) : tokenizer.encode(given);
        if (bos) {
            OptionalInt id = tokenizer.bos();
            if (id.isEmpty()) {
                throw new Refused(model + ": has no BOS token");
            }
            ids = IntStream.concat(IntStream.of(id.getAsInt()), IntStream.of(ids))
                    .toArray();
        }
        Output output = session.output();
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("ids", IntStream.of(ids).boxed().toList());
            document.put(
                    "pieces",
                    IntStream.of(ids).mapToObj(i -> Pieces.value(tokenizer, i)).toList());
            output.json(document);
        } else if (output.outTerminal() && output.outColour()) {
            coloured(tokenizer, ids);
        } else {
            StringBuilder lines = new StringBuilder();
            for (int id : ids) {
                lines.append(id)
                        .append('\t')
                        .append(output.value(Pieces.quoted(tokenizer, id)))
                        .append('\n');
            }
            output.print(lines.toString());
        }
        return Exit.OK;
    }

    /** Where a model's tokenizer is: beside its weights where these are safetensors. */
    static Path holder(Path model) {
        String name = model.toString();
        return name.endsWith(".safetensors") || name.endsWith(".safetensors.index.json")
                ? model.toAbsolutePath().getParent()
                : model;
    }

    private void coloured(Tokenizer tokenizer, int[] ids) {
        Output output = session.output();
        StringBuilder pieces = new StringBuilder();
        List<String> numbers = new ArrayList<>();
        for (int i = 0; i < ids.length; i++) {
            Style style = i % 2 == 0 ? Style.CYAN : Style.YELLOW;
            int id = ids[i];
            String piece = Pieces.text(tokenizer, id).orElseGet(() -> Pieces.hex(tokenizer.bytes(id)));
            pieces.append(output.styled(Output.printable(piece), style));
            numbers.add(output.styled(Integer.toString(id), style));
        }
        output.line(pieces.toString());
        output.line(String.join(" ", numbers));
        output.note(ids.length + (ids.length == 1 ? " token" : " tokens"));
    }
}
