package dev.puna.cli;

import dev.puna.chat.Assistant;
import dev.puna.sample.Constraint;
import dev.puna.sample.grammar.Grammar;
import dev.puna.sample.grammar.GrammarRefused;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** What an answer must look like; the same for every command that makes one. */
final class FormOptions {
    @Option(
            names = "--json-schema",
            paramLabel = "FILE",
            description = "Answer with JSON that this JSON Schema allows, and nothing else.")
    private Path schema;

    @Option(
            names = "--grammar",
            paramLabel = "FILE",
            description = "Answer with a text of this GBNF grammar, and nothing else.")
    private Path grammar;

    boolean given() {
        return schema != null || grammar != null;
    }

    /** Compiled before a model is loaded, so that what is wrong is told at once. */
    Optional<Grammar> compiled(Session session) {
        if (schema != null && grammar != null) {
            throw new Refused("--json-schema and --grammar exclude each other");
        }
        return schema != null
                ? Optional.of(compiled(session, schema, Grammar::jsonSchema))
                : grammar != null ? Optional.of(compiled(session, grammar, Grammar::gbnf)) : Optional.empty();
    }

    private static Grammar compiled(Session session, Path file, Function<String, Grammar> compile) {
        try {
            return compile.apply(Given.text(session, file));
        } catch (GrammarRefused refused) {
            throw new Refused(Given.shown(file) + ": " + refused.getMessage(), refused);
        }
    }

    static Optional<Constraint> form(Optional<Grammar> grammar, Assistant assistant) {
        return grammar.map(assistant::form);
    }
}
