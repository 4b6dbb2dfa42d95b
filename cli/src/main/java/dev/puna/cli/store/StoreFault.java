package dev.puna.cli.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Locale;

/** The place where models are kept cannot be used as it is: full, not writable, taken. One line says what to do. */
public final class StoreFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoreFault(String what) {
        super(what);
    }

    private StoreFault(String what, IOException cause) {
        super(what, cause);
    }

    /** In words what the file system refused to do with a path of ours. */
    static StoreFault of(Path path, IOException failure) {
        String reason = failure instanceof FileSystemException on && on.getReason() != null
                ? on.getReason()
                : String.valueOf(failure.getMessage());
        String lower = reason.toLowerCase(Locale.ROOT);
        if (lower.contains("no space left") || lower.contains("quota exceeded")) {
            return new StoreFault(
                    "the disk of " + path
                            + " is full: free some space, or set XDG_DATA_HOME to another disk, and run the same"
                            + " command again; what has come so far is kept",
                    failure);
        }
        if (failure instanceof AccessDeniedException
                || lower.contains("permission denied")
                || lower.contains("read-only file system")) {
            String where =
                    failure instanceof FileSystemException on && on.getFile() != null ? on.getFile() : path.toString();
            String why = lower.contains("read-only") ? "the file system is read-only" : "permission denied";
            return new StoreFault(
                    where + " cannot be written: " + why
                            + "; make it writable, or set XDG_DATA_HOME to a folder of yours",
                    failure);
        }
        return new StoreFault(
                path + ": "
                        + (failure instanceof FileSystemException
                                ? failure.getClass().getSimpleName() + ": "
                                : "") + reason,
                failure);
    }
}
