package dev.puna.sample.grammar;

/**
 * A grammar or schema that cannot be enforced as written: it is broken, it asks for something that no constraint here
 * can promise, or it goes beyond a limit. Its author must act.
 */
public final class GrammarRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String where;
    private final String what;

    /**
     * @param where the place: a JSON pointer into a schema ({@code #/properties/a/pattern}), a line of a GBNF file
     * @param what the fault in one line
     */
    public GrammarRefused(String where, String what) {
        super(where + ": " + what);
        this.where = where;
        this.what = what;
    }

    public String where() {
        return where;
    }

    /** The fault without the place. */
    public String what() {
        return what;
    }
}
