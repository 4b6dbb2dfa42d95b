package dev.puna.text.jinja;

/** A floating-point number. */
record Real(double value) implements Value {
    @Override
    public String typeName() {
        return "float";
    }
}
