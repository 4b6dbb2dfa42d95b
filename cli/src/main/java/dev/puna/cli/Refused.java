package dev.puna.cli;

/**
 * The caller must change something: an option, a name, a path. The message says in one line what and how; exit code 2,
 * see {@link Exit#REFUSED}.
 */
public final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Refused(String what) {
        super(what);
    }

    public Refused(String what, Throwable cause) {
        super(what, cause);
    }
}
