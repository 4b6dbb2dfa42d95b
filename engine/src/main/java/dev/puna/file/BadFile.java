package dev.puna.file;

import java.nio.file.Path;

/** A file that cannot be used as it is; its owner must act. The message names the file, the byte offset and the fault. */
public final class BadFile extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Path path;
    private final long offset;

    /**
     * @param path the file at fault
     * @param offset byte offset of the fault, or -1 where no single offset is to blame
     * @param what the fault, in one line
     */
    public BadFile(Path path, long offset, String what) {
        super(offset < 0 ? path + ": " + what : path + ": at byte " + offset + ": " + what);
        this.path = path;
        this.offset = offset;
    }

    public Path path() {
        return path;
    }

    /** Byte offset of the fault, or -1. */
    public long offset() {
        return offset;
    }
}
