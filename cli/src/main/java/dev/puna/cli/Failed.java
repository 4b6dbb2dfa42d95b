package dev.puna.cli;

/**
 * It was asked rightly and failed while running: the network, the disk, another process. The message says in one line
 * what happened and who must act; exit code 1, see {@link Exit#FAILED}.
 */
public final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Failed(String what) {
        super(what);
    }

    public Failed(String what, Throwable cause) {
        super(what, cause);
    }
}
