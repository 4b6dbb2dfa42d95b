package dev.puna.server.core;

import dev.puna.chat.Assistant;
import dev.puna.sample.Constraint;
import dev.puna.server.wire.Failure;
import java.util.List;

/** What the text of an answer must look like, made for a model's vocabulary. What cannot be enforced is refused. */
public final class Forms {
    private Forms() {}

    /** Any JSON object. */
    public static Constraint object(Assistant assistant, String field) {
        throw Failure.invalid(field, "cannot be enforced yet");
    }

    /**
     * JSON that follows a schema.
     *
     * @param schema as plain values
     * @param field which the request gave it in
     * @throws Failure naming the field if the schema cannot be enforced
     */
    public static Constraint schema(Assistant assistant, Object schema, String field) {
        throw Failure.invalid(field, "cannot be enforced yet");
    }

    /** A text of a grammar in GBNF. */
    public static Constraint grammar(Assistant assistant, String text, String field) {
        throw Failure.invalid(field, "cannot be enforced yet");
    }

    /** One of these texts, as it is. */
    public static Constraint oneOf(Assistant model, List<String> texts, String field) {
        throw Failure.invalid(field, "cannot be enforced yet");
    }
}
