package dev.puna.cli.store;

/** Who is told how far a pull has come. */
public interface Progress {
    /** A remark worth a line of its own. */
    void note(String line);

    /**
     * Something of known or unknown length starts to come.
     *
     * @param what its name
     * @param already how many of its bytes are here from an earlier attempt
     * @param total its length, or -1
     */
    void begin(String what, long already, long total);

    /** That many of its bytes are here now. */
    void at(long bytes);

    /** It is whole, or given up. */
    void end(boolean whole);
}
