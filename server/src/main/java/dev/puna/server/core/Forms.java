package dev.puna.server.core;

import dev.puna.chat.Assistant;
import dev.puna.sample.Constraint;
import dev.puna.sample.grammar.Grammar;
import dev.puna.sample.grammar.GrammarRefused;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What the text of an answer must look like, made for a model's vocabulary. What cannot be enforced is refused. */
public final class Forms {
    private Forms() {}

    /** Any JSON object. */
    public static Constraint object(Assistant assistant, String field) {
        return schema(assistant, Map.of("type", "object"), field);
    }

    /**
     * JSON that follows a schema.
     *
     * @param schema as plain values
     * @param field which the request gave it in
     * @throws Failure naming the field if the schema cannot be enforced
     */
    public static Constraint schema(Assistant assistant, Object schema, String field) {
        return form(assistant, field, () -> assistant.grammars().jsonSchema(Json.write(schema)));
    }

    /** A text of a grammar in GBNF. */
    public static Constraint grammar(Assistant assistant, String text, String field) {
        return form(assistant, field, () -> assistant.grammars().gbnf(text));
    }

    /** One of these texts, as it is. */
    public static Constraint oneOf(Assistant assistant, List<String> texts, String field) {
        return form(
                assistant,
                field,
                () -> Grammar.choice(texts.stream().map(Grammar::literal).toArray(Grammar[]::new)));
    }

    private static Constraint form(Assistant assistant, String field, Supplier<Grammar> grammar) {
        try {
            return assistant.form(grammar.get());
        } catch (GrammarRefused refused) {
            throw Failure.invalid(field, "cannot be enforced: " + refused.getMessage());
        }
    }
}
