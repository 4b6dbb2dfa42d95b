package dev.puna.text.jinja;

/**
 * A template that cannot be parsed or rendered. The words are Python's where Python has words for it, so that a search
 * for them leads somewhere.
 */
public final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Which of Python's errors it is; some constructs recover from some kinds. */
    enum Kind {
        SYNTAX,
        TYPE,
        VALUE,
        LOOKUP,
        UNDEFINED,
        SECURITY,
        OVERFLOW,
        ZERO_DIVISION,
        RUNTIME,
        LIMIT,
        UNSUPPORTED
    }

    private final Kind kind;
    private int line;

    Fault(Kind kind, String what, int line) {
        super(what, null, false, false);
        this.kind = kind;
        this.line = line;
    }

    static Fault of(Kind kind, String what) {
        return new Fault(kind, what, 0);
    }

    static Fault type(String what) {
        return of(Kind.TYPE, what);
    }

    static Fault value(String what) {
        return of(Kind.VALUE, what);
    }

    static Fault limit(String what) {
        return of(Kind.LIMIT, what);
    }

    static Fault unsupported(String what) {
        return of(Kind.UNSUPPORTED, what);
    }

    static Fault syntax(String what, int line) {
        return new Fault(Kind.SYNTAX, what, line);
    }

    Kind kind() {
        return kind;
    }

    boolean is(Kind first, Kind second) {
        return kind == first || kind == second;
    }

    /** The line of the template, from 1; 0 where it is not known. */
    public int line() {
        return line;
    }

    /** The line where it happened, unless a deeper place has named one. */
    Fault at(int where) {
        if (line == 0) {
            line = where;
        }
        return this;
    }
}
