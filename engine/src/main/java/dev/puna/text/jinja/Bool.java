package dev.puna.text.jinja;

/** {@code True} and {@code False}, which count as 1 and 0 in arithmetic. */
enum Bool implements Value {
    FALSE,
    TRUE;

    static Bool of(boolean truth) {
        return truth ? TRUE : FALSE;
    }

    @Override
    public String typeName() {
        return "bool";
    }
}
