package dev.puna.cli.net;

/** A place on the network that cannot give what it was asked for; another place may. The message is the reason, in one line. */
public final class Unavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean passing;

    private Unavailable(String reason, boolean passing, Throwable cause) {
        super(reason, cause);
        this.passing = passing;
    }

    /** Asking again will not help until somebody acts. */
    public static Unavailable lasting(String reason) {
        return new Unavailable(reason, false, null);
    }

    public static Unavailable lasting(String reason, Throwable cause) {
        return new Unavailable(reason, false, cause);
    }

    /** A broken connection, a busy server: the same question may be answered a moment later. */
    public static Unavailable passing(String reason) {
        return new Unavailable(reason, true, null);
    }

    public static Unavailable passing(String reason, Throwable cause) {
        return new Unavailable(reason, true, cause);
    }

    /** Whether the same question may be answered a moment later. */
    public boolean isPassing() {
        return passing;
    }
}
