package dev.puna.cli.store;

/** A reference that has to be changed by whoever wrote it: it names nothing, or more than one thing. One line says which. */
public final class Inexact extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Inexact(String what) {
        super(what);
    }
}
