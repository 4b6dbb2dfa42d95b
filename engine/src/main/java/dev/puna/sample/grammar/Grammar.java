package dev.puna.sample.grammar;

import dev.puna.file.BadFile;
import dev.puna.file.Json;
import dev.puna.sample.Constraint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
            throw new GrammarRefused("schema", String.valueOf(e.getMessage()));
        }
    }

    /**
     * The texts of a GBNF grammar's rule {@code root}.
     *
     * @throws GrammarRefused if the grammar is broken or recurs on the left
     */
    public static Grammar gbnf(String grammar) {
        Grammar read = rule(GbnfReader.read(grammar, Limits.DEFAULT));
        read.start(read.read); // may be too much at once
        return read;
    }

    /** Any JSON object. */
    public static Grammar jsonObject() {
        return jsonSchema(Map.of("type", "object"));
    }

    /** This text alone. */
    public static Grammar literal(String text) {
        List<Rule.Element> all = new ArrayList<>();
        text.codePoints().forEach(c -> all.add(new Rule.Element.Char(Ranges.of(c, c))));
        return rule(rule(List.of(all)));
    }

    /** Each of the grammars in turn. */
    public static Grammar sequence(Grammar... of) {
        return new Grammar(
                new Rule.Start(rule(List.of(elements(of, true)))),
                new Rule.Start(rule(List.of(elements(of, false)))),
                Limits.DEFAULT);
    }

    /** One of the grammars. */
    public static Grammar choice(Grammar... of) {
        return new Grammar(
                new Rule.Start(rule(elements(of, true).stream().map(List::of).toList())),
                new Rule.Start(rule(elements(of, false).stream().map(List::of).toList())),
                Limits.DEFAULT);
    }

    /** The grammar once or more often, with another one between. */
    public static Grammar list(Grammar item, Grammar between) {
        return new Grammar(list(item.written, between.written), list(item.read, between.read), Limits.DEFAULT);
    }

    private static Frame list(Frame item, Frame between) {
        var more = new Rule("");
        more.choices.add(new Rule.Sequence(
                List.of(new Rule.Element.Inner(between), new Rule.Element.Inner(item), new Rule.Element.Ref(more))));
        more.choices.add(new Rule.Sequence(List.of()));
        return new Rule.Start(rule(List.of(List.of(new Rule.Element.Inner(item), new Rule.Element.Ref(more)))));
    }

    private static List<Rule.Element> elements(Grammar[] of, boolean written) {
        for (Grammar one : of) {
            if (one.isEmpty()) {
                throw new GrammarRefused("grammar", "no text is right for a part of it");
            }
        }
        return Arrays.stream(of)
                .<Rule.Element>map(one -> new Rule.Element.Inner(written ? one.written : one.read))
                .toList();
    }

    private static Rule rule(List<List<Rule.Element>> choices) {
        var rule = new Rule("");
        choices.forEach(choice -> rule.choices.add(new Rule.Sequence(choice)));
        return rule;
    }

    private static Grammar rule(Rule root) {
        return new Grammar(new Rule.Start(root), new Rule.Start(root), Limits.DEFAULT);
    }

    /** Whether a text is in the language, however it is written. */
    public boolean accepts(byte[] text) {
        if (text.length > limits.textBytes()) {
            throw new GrammarRefused("text", "longer than %d bytes".formatted(limits.textBytes()));
        }
        Place place = start(read);
        var threads = new Threads(limits.threads());
        for (byte b : text) {
            if (!place.goesOn(b & 0xFF, threads)) {
                return false;
            }
            place = Place.of(threads, limits.threads());
            if (threads.done() > limits.readSteps()) {
                throw new GrammarRefused("text", "takes more than %d steps to read".formatted(limits.readSteps()));
            }
        }
        return place.whole();
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
        var masks = new Masks(trie, limits);
        masks.allowed(TextFrame.of(Dfa.ANY, Style.COMPACT)); // the widest and the commonest, once for all answers
        return new GrammarConstraint(trie, masks, start(written));
    }

    /** What a model is let write. */
    Frame written() {
        return written;
    }

    /** The same with white space wherever JSON has it. */
    Frame spaced() {
        return written instanceof ValueFrame value ? ValueFrame.of(value.node(), Style.SPACED) : written;
    }

    /** Whether no text at all is in the language. */
    public boolean isEmpty() {
        Place start = start(written);
        return start.stacks().isEmpty() && !start.whole();
    }

    private Place start(Frame frame) {
        var threads = new Threads(limits.threads());
        try {
            frame.begin(
                    frame == read && frame instanceof ValueFrame ? new Stack(new SpaceFrame(), null) : null, threads);
        } catch (StackOverflowError e) {
            throw Place.tooDeep();
        }
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
