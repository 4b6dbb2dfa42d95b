package dev.puna.cli;

import dev.puna.sample.grammar.Grammar;
import dev.puna.sample.grammar.GrammarRefused;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code puna grammar}: compiles a grammar or a schema and judges texts by it. */
@Command(
        name = "grammar",
        header = "Compile a GBNF grammar or a JSON Schema, and judge texts by it.",
        description = {
            "",
            "Says whether FILE can be enforced on a model's answers, and where and why not if it cannot; that is exit"
                    + " code 2. What it holds decides: a JSON document is a JSON Schema (draft 4, 6, 7, 2019-09 or"
                    + " 2020-12), anything else GBNF.",
            "",
            "With --accepts: whether each text is in the language, byte for byte. Under a JSON Schema every way of"
                    + " writing a valid document is, whatever its white space and its order of properties. Exit code 0"
                    + " if all are, 1 if not.",
            "",
            "--json prints {\"kind\":\"json-schema\" or \"gbnf\",\"compiles\":true,\"texts\":[{\"file\":...,"
                    + "\"accepted\":...}]}, or {\"kind\":...,\"compiles\":false,\"where\":...,\"what\":...}.",
            ""
        },
        footer = {
            "  puna grammar person.schema.json",
            "  puna grammar list.gbnf --accepts good.txt other.txt",
            "  echo '{\"name\": \"Ada\"}' | puna grammar person.schema.json --accepts - --json"
        })
final class GrammarCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "FILE.gbnf|SCHEMA.json", description = "The grammar or schema.")
    private Path file;

    @Option(
            names = "--accepts",
            arity = "1..*",
            paramLabel = "TEXTFILE",
            description = "Judge these texts; - is standard input.")
    private List<Path> texts = List.of();

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    GrammarCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Output output = session.output();
        Map<String, Object> document = new LinkedHashMap<>();
        String source = Given.text(session, file).replaceFirst("^\uFEFF", "");
        document.put("kind", isGbnf(source) ? "gbnf" : "json-schema");
        Grammar grammar;
        try {
            grammar = compiled(source);
        } catch (GrammarRefused refused) {
            if (json) {
                document.put("compiles", false);
                document.put("where", refused.where());
                document.put("what", refused.what());
                output.json(document);
            }
            throw new Refused(Given.shown(file) + ": " + refused.getMessage(), refused);
        }
        document.put("compiles", true);
        boolean all = true;
        List<Object> judged = new ArrayList<>();
        StringBuilder lines = new StringBuilder();
        for (Path text : texts) {
            boolean accepted = accepts(grammar, text);
            all &= accepted;
            Map<String, Object> one = new LinkedHashMap<>(); // in this order
            one.put("file", text.toString());
            one.put("accepted", accepted);
            judged.add(one);
            lines.append(text).append(accepted ? ": accepted\n" : ": not accepted\n");
        }
        if (json) {
            document.put("texts", judged);
            output.json(document);
        } else if (texts.isEmpty()) {
            output.line(Given.shown(file) + (grammar.isEmpty() ? ": compiles, and no text is right" : ": compiles"));
        } else {
            output.print(lines.toString());
        }
        return all ? Exit.OK : Exit.FAILED;
    }

    private boolean accepts(Grammar grammar, Path text) {
        try {
            return grammar.accepts(Given.bytes(session, text));
        } catch (GrammarRefused refused) {
            throw new Refused(Given.shown(text) + ": " + refused.getMessage(), refused);
        }
    }

    /** A grammar from a file's text: a JSON Schema if it is a JSON document, else GBNF. */
    static Grammar compiled(String source) {
        return isGbnf(source) ? Grammar.gbnf(source) : Grammar.jsonSchema(source);
    }

    private static boolean isGbnf(String source) {
        String text = source.strip();
        return !text.startsWith("{") && !text.equals("true") && !text.equals("false");
    }
}
