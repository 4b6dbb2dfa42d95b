package dev.puna.sample.grammar;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A rule of a grammar: a choice of sequences. Grows while a grammar is read and not after. */
final class Rule {
    /** Part of a sequence. */
    sealed interface Element {
        /** One character of a set. */
        record Char(Ranges set) implements Element {}

        record Ref(Rule rule) implements Element {}

        /** Something that is read by frames of its own. */
        record Inner(Frame frame) implements Element {}
    }

    /** One of the rule's sequences; told apart by identity. */
    static final class Sequence {
        final List<Element> elements;

        Sequence(List<Element> elements) {
            this.elements = List.copyOf(elements);
        }
    }

    final String name;
    final List<Sequence> choices = new ArrayList<>();

    Rule(String name) {
        this.name = name;
    }

    /** Reads the rule on top of what waits for its end. */
    void begin(@Nullable Stack below, Threads out) {
        for (Sequence choice : choices) {
            new At(choice, 0, 0, 0).go(0, below, out);
        }
    }

    /** The rule before its first character. */
    record Start(Rule rule) implements Frame {
        @Override
        public void begin(@Nullable Stack below, Threads out) {
            rule.begin(below, out);
        }

        @Override
        public void step(int b, @Nullable Stack below, Threads out) {
            throw new IllegalStateException("a rule is entered before it is read");
        }
    }

    /**
     * Inside a sequence: before the element {@code position} or in the middle of its character; below another frame, in
     * that element.
     */
    private record At(Sequence sequence, int position, int bits, int missing) implements Frame {
        @Override
        public void step(int b, @Nullable Stack below, Threads out) {
            if (!(sequence.elements.get(position) instanceof Element.Char(Ranges set))) {
                throw new IllegalStateException("a rule above a rule");
            }
            int more =
                    missing == 0 ? Utf8Part.bits(b, Math.max(0, Utf8Part.missing(b))) : Utf8Part.next(bits, missing, b);
            int left = missing == 0 ? Utf8Part.missing(b) : missing - 1;
            if (more < 0 || left < 0) {
                return;
            }
            if (left == 0) {
                int c = missing == 0 ? b : more;
                if (set.has(c)) {
                    go(position + 1, below, out);
                }
            } else if (set.meets(Utf8Part.from(more, left, missing == 0), Utf8Part.to(more, left))) {
                out.add(new At(sequence, position, more, left), below);
            }
        }

        @Override
        public void resume(@Nullable Object value, @Nullable Stack below, Threads out) {
            go(position + 1, below, out);
        }

        /** Goes to an element and on until a character is awaited. */
        void go(int to, @Nullable Stack below, Threads out) {
            if (to == sequence.elements.size()) {
                out.pop(below, null);
                return;
            }
            var here = new At(sequence, to, 0, 0);
            // The last element's end is the sequence's end: nothing waits for it, so repetition does not pile up.
            Stack rest = to + 1 == sequence.elements.size() ? below : new Stack(here, below);
            switch (sequence.elements.get(to)) {
                case Element.Char c -> out.add(here, below);
                case Element.Ref ref -> {
                    if (out.enter(new Stack(here, below))) {
                        ref.rule().begin(rest, out);
                    }
                }
                case Element.Inner inner -> inner.frame().begin(rest, out);
            }
        }
    }
}
