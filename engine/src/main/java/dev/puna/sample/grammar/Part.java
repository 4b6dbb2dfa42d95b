package dev.puna.sample.grammar;

import dev.puna.sample.Constraint;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a language that is put together by hand: fixed texts around values of schemas, in sequence and as
 * alternatives. Parts are told apart by identity and never change.
 */
public abstract sealed class Part {
    /** Adds all that may be read first. */
    abstract void begin(@Nullable Stack below, Threads out);

    /** This text; no text at all is nothing. */
    public static Part literal(String text) {
        return new Literal(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * A value of a schema.
     *
     * @param compact whether without white space
     */
    public static Part value(Grammar schema, boolean compact) {
        return new Value(compact ? schema.written() : schema.spaced());
    }

    /**
     * A text of a schema without quotes, and what ends it: a line end and a mark, which the text does not hold.
     *
     * @throws GrammarRefused if the schema has no such text
     */
    public static Part text(Grammar schema, String mark) {
        List<Dfa> texts = schema.written() instanceof ValueFrame value
                ? value.node().texts.stream().map(Node.Text::dfa).toList()
                : List.of();
        return new Value(
                BareFrame.of(texts, mark).orElseThrow(() -> new GrammarRefused("text", "cannot stand before " + mark)));
    }

    public static Part sequence(Part... parts) {
        return new Sequence(List.of(parts));
    }

    public static Part either(List<Part> parts) {
        return new Either(List.copyOf(parts));
    }

    /** One of these or several, with a text between each two. */
    public static Part several(Part element, String separator, int most) {
        Part rest = literal("");
        for (int i = 1; i < most; i++) {
            rest = either(List.of(literal(""), sequence(literal(separator), element, rest)));
        }
        return sequence(element, rest);
    }

    /** Holds an answer to this. */
    public Constraint constraint(TokenTrie trie) {
        return at(trie, start());
    }

    /** The place at the beginning of a text. */
    Place start() {
        var threads = new Threads(Limits.DEFAULT.threads());
        begin(null, threads);
        return Place.of(threads, Limits.DEFAULT.threads());
    }

    static GrammarConstraint at(TokenTrie trie, Place place) {
        return new GrammarConstraint(trie, new Masks(trie, Limits.DEFAULT), place);
    }

    private static final class Literal extends Part {
        private final byte[] text;

        Literal(byte[] text) {
            this.text = text;
        }

        private record At(Literal literal, int at) implements Frame {
            @Override
            public void step(int b, @Nullable Stack below, Threads out) {
                if ((literal.text[at] & 0xFF) == b) {
                    literal.go(at + 1, below, out);
                }
            }
        }

        @Override
        void begin(@Nullable Stack below, Threads out) {
            go(0, below, out);
        }

        private void go(int at, @Nullable Stack below, Threads out) {
            if (at == text.length) {
                out.pop(below, null);
            } else {
                out.add(new At(this, at), below);
            }
        }
    }

    private static final class Value extends Part {
        private final Frame frame;

        Value(Frame frame) {
            this.frame = frame;
        }

        @Override
        void begin(@Nullable Stack below, Threads out) {
            out.add(frame, below);
        }
    }

    private static final class Sequence extends Part {
        private final List<Part> parts;

        Sequence(List<Part> parts) {
            this.parts = parts;
        }

        /** Waits for the part before. */
        private record At(Sequence sequence, int at) implements Frame {
            @Override
            public void step(int b, @Nullable Stack below, Threads out) {
                throw new IllegalStateException("something is read above a sequence");
            }

            @Override
            public void resume(@Nullable Object value, @Nullable Stack below, Threads out) {
                sequence.go(at, below, out);
            }
        }

        @Override
        void begin(@Nullable Stack below, Threads out) {
            go(0, below, out);
        }

        private void go(int at, @Nullable Stack below, Threads out) {
            // The last part needs nobody to wait for it: repetition does not make stacks grow.
            Stack after = at == parts.size() - 1 ? below : new Stack(new At(this, at + 1), below);
            parts.get(at).begin(after, out);
        }
    }

    private static final class Either extends Part {
        private final List<Part> parts;

        Either(List<Part> parts) {
            this.parts = parts;
        }

        @Override
        void begin(@Nullable Stack below, Threads out) {
            parts.forEach(part -> part.begin(below, out));
        }
    }
}
