package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** A list or a tuple. */
sealed interface Sequence extends Value {
    List<Value> items();

    /** A list: the one kind of value that a template may change (append, pop). */
    record ListOf(ArrayList<Value> items) implements Sequence {
        static ListOf of(List<Value> items) {
            return new ListOf(new ArrayList<>(items));
        }

        @Override
        public String typeName() {
            return "list";
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** A tuple; {@code named} is one of {@code groupby}'s pairs, whose parts also have names. */
    record Tuple(List<Value> items, boolean named) implements Sequence {
        static final Tuple EMPTY = new Tuple(List.of(), false);

        static Tuple of(Value... items) {
            return new Tuple(List.of(items), false);
        }

        static Tuple of(List<Value> items) {
            return new Tuple(items, false);
        }

        @Override
        public String typeName() {
            return named ? "_GroupTuple" : "tuple";
        }
    }
}
