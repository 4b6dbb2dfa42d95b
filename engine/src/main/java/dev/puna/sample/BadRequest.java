package dev.puna.sample;

/** A request that cannot be served as asked; its caller must act. Names the field and what is wrong with it. */
public final class BadRequest extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String field;
    private final String what;

    /**
     * @param field the request's field at fault, as the Java API spells it: {@code topP}, {@code prompt}
     * @param what the fault in one line, to be read after the field's name: "must be 0 to 1, not 1.5"
     */
    public BadRequest(String field, String what) {
        super(field + " " + what);
        this.field = field;
        this.what = what;
    }

    public String field() {
        return field;
    }

    /** The fault without the field's name. */
    public String what() {
        return what;
    }
}
