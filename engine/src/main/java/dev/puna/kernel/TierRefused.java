package dev.puna.kernel;

/** A tier was asked for by name that does not exist or cannot run here; whoever asked must choose another. */
public final class TierRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TierRefused(String message) {
        super(message);
    }
}
