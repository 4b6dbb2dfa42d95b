package dev.puna.text.jinja;

/** Compiled parts of a template. */
final class Code {
    private Code() {}

    /** An expression. */
    @FunctionalInterface
    interface Eval {
        Value eval(Run run, Activation at);
    }

    /** A statement. */
    @FunctionalInterface
    interface Exec {
        Flow exec(Run run, Activation at, MarkedBuilder out);
    }

    /** A target of an assignment. */
    @FunctionalInterface
    interface Assign {
        void assign(Run run, Activation at, Value value);
    }

    /** How a statement ended. */
    enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }
}
