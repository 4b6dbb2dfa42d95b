package dev.puna.text.jinja;

import java.util.function.Consumer;

/**
 * One scope while a template is compiled.
 *
 * @param top the template's own scope: what it sets, blocks can read
 * @param soft inside a condition: an unknown filter is no error before it is used
 * @param loops how many loops of this function are around, for {@code break} and {@code continue}
 * @param escape whether output is escaped; null where only rendering tells
 */
record Frame(Frame outer, Layout layout, Symbols symbols, boolean top, boolean soft, int loops, Boolean escape) {

    static Frame root(Meter meter, Layout layout, boolean top) {
        return new Frame(null, layout, new Symbols(meter, null, layout, 0), top, false, 0, false);
    }

    /** A scope inside this one, in the same function. */
    Frame inner(Consumer<Symbols> names) {
        return inner(layout, loops, names);
    }

    Frame inner(Layout where, int innerLoops, Consumer<Symbols> names) {
        var inner = new Symbols(symbols.meter(), symbols, where, symbols.level() + 1);
        names.accept(inner);
        return new Frame(this, where, inner, false, false, innerLoops, escape);
    }

    /** A scope inside this one that is a function of its own. */
    Frame function(Consumer<Symbols> names) {
        return inner(new Layout(layout), 0, names);
    }

    /** The same scope, inside a condition. */
    Frame softened() {
        return new Frame(outer, layout, symbols, top, true, loops, escape);
    }

    Frame escaping(Boolean now) {
        return new Frame(outer, layout, symbols, top, soft, loops, now);
    }
}
