package dev.puna.sample.grammar;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import dev.puna.sample.Constraint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A language of texts, compiled: what an answer may be. Immutable; serves any number of threads and answers.
 *
 * <p>A grammar of JSON has two languages. One holds every way of writing what the schema allows, in any order of
 * properties and with any white space: {@link #accepts} judges by that one. The other, in it, is what a model is let
 * write: compact, in the schema's order.
 */
public final class Grammar {
    private final Frame written;
    private final Frame read;
    private final Limits limits;

    private Grammar(Frame written, Frame read, Limits limits) {
        this.written = written;
        this.read = read;
        this.limits = limits;
    }

    /**
     * The documents that a JSON Schema describes.
     *
     * @param schema as {@link Json#parse} gives it
     * @throws GrammarRefused if the schema is broken or something in it cannot be enforced
     */
    public static Grammar jsonSchema(@Nullable Object schema) {
        return jsonSchema(schema, Limits.DEFAULT);
    }

    public static Grammar jsonSchema(@Nullable Object schema, Limits limits) {
        Node root;
        try {
            root = SchemaReader.node(schema, limits);
        } catch (StackOverflowError e) {
            throw new GrammarRefused("#", "a schema that goes too deep");
        }
        return new Grammar(ValueFrame.of(root, Style.COMPACT), ValueFrame.of(root, Style.ANY), limits);
    }

    /** The documents that a JSON Schema describes, from its text. */
    public static Grammar jsonSchema(String schema) {
        try {
            return jsonSchema(Json.parse(schema, Path.of("schema")));
        } catch (BadFile e) {
            throw new GrammarRefused("schema", e.getMessage());
        }
    }

    /** Whether a text is in the language, however it is written. */
    public boolean accepts(byte[] text) {
        if (text.length > limits.textBytes()) {
            throw new GrammarRefused("text", "longer than %d bytes".formatted(limits.textBytes()));
        }
        Place place = start(read);
        for (int i = 0; i < text.length && place != null; i++) {
            place = place.after(text[i] & 0xFF);
        }
        return place != null && place.whole();
    }

    public boolean accepts(String text) {
        return accepts(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Holds an answer to the language.
     *
     * @throws GrammarRefused if no text is in the language
     */
    public Constraint constraint(TokenTrie trie) {
        if (isEmpty()) {
            throw new GrammarRefused("grammar", "no text is right");
        }
        return new GrammarConstraint(trie, new Masks(trie, limits.threads()), start(written));
    }

    /** Whether no text at all is in the language. */
    public boolean isEmpty() {
        return written instanceof ValueFrame value && !value.node().possible;
    }

    private Place start(Frame frame) {
        var threads = new Threads(limits.threads());
        threads.add(frame, frame == read && frame instanceof ValueFrame ? new Stack(new SpaceFrame(), null) : null);
        return Place.of(threads, limits.threads());
    }

    /** What may follow a whole document. */
    private record SpaceFrame() implements Frame {
        @Override
        public void step(int b, @Nullable Stack below, Threads out) {
            if (ValueFrame.isSpace(b)) {
                resume(null, below, out);
            }
        }

        @Override
        public void resume(@Nullable Object value, @Nullable Stack below, Threads out) {
            out.add(this, below);
            out.pop(below, null);
        }
    }
}
