package dev.puna.file;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that cannot be used as it is; its owner must act. The message names the file, the byte offset and the fault. */
public final class BadFile extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Path path;
    private final long offset;
    private final boolean unsupported;

    /**
     * @param path the file at fault
     * @param offset byte offset of the fault, or -1 where no single offset is to blame
     * @param what the fault, in one line
     */
    public BadFile(Path path, long offset, String what) {
        this(path, offset, what, false);
    }

    private BadFile(Path path, long offset, String what, boolean unsupported) {
        super(oneLine(offset < 0 ? path + ": " + what : path + ": at byte " + offset + ": " + what));
        this.path = path;
        this.offset = offset;
        this.unsupported = unsupported;
    }

    /** A sound file that holds what Puna cannot use yet: it can be shown, not run. */
    public static BadFile unsupported(Path path, long offset, String what) {
        return new BadFile(path, offset, what, true);
    }

    /** What a failed read of {@code path} means to its owner. */
    public static BadFile unreadable(Path path, IOException cause) {
        String what;
        if (cause instanceof NoSuchFileException) {
            what = "no such file";
        } else if (cause instanceof AccessDeniedException) {
            what = "no permission to read it";
        } else if (Files.isDirectory(path)) {
            what = "a folder, not a file";
        } else {
            String message = cause.getMessage();
            what = "cannot be read: " + (message == null ? cause.getClass().getSimpleName() : message);
        }
        BadFile bad = new BadFile(path, -1, what);
        bad.initCause(cause);
        return bad;
    }

    /** Names from a file or a shell may hold line breaks and terminal controls; an error stays one plain line. */
    private static String oneLine(String message) {
        StringBuilder line = new StringBuilder(message.length());
        message.chars()
                .forEach(c -> line.append(Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? '?' : (char) c));
        return line.toString();
    }

    public Path path() {
        return path;
    }

    /** Whether the file is sound and only Puna lacks what it needs. */
    public boolean isUnsupported() {
        return unsupported;
    }

    /** Byte offset of the fault, or -1. */
    public long offset() {
        return offset;
    }
}
