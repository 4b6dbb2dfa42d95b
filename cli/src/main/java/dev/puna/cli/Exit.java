package dev.puna.cli;

/** What a command's exit code means; the same for every command, and part of every command's help. */
public final class Exit {
    /** Done as asked. */
    public static final int OK = 0;
    /** The answer is no, or it failed while running: no network, a full disk, a fault of Puna's. */
    public static final int FAILED = 1;
    /** The caller must change something: a wrong option, a file that cannot be used, a request that is refused. */
    public static final int REFUSED = 2;
    /** Stopped by Ctrl-C; a shell's own code for that. */
    public static final int INTERRUPTED = 130;

    private Exit() {}
}
