package dev.puna.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Function;

/** A regular file, mapped read-only. Its pages are read when they are touched, and shared with every other process. */
final class Mapped {
    private Mapped() {}

    /** The file's bytes, which live as long as {@code arena}. */
    static MemorySegment of(Path path, Arena arena) {
        // Opening a pipe would wait for a writer and mapping a folder fails with words about neither.
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new BadFile(path, -1, Files.isDirectory(path) ? "a folder, not a file" : "not a regular file");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw BadFile.unreadable(path, e);
        }
    }

    /**
     * Reads something from mapped bytes. A file that another program cuts short meanwhile loses the pages behind its new
     * end; the JVM reports a touch of them as an InternalError, which is this file's fault and not the machine's.
     */
    static <T> T read(Path path, MemorySegment bytes, Function<MemorySegment, T> reader) {
        try {
            return reader.apply(bytes);
        } catch (InternalError e) {
            BadFile bad = new BadFile(path, -1, "cut short or unreadable while it was being read");
            bad.initCause(e);
            throw bad;
        }
    }

    /** Refuses a file that is shorter now than when it was mapped: touching the lost pages would fail mid-way. */
    static void checkWhole(Path path, MemorySegment bytes) {
        try {
            long size = Files.size(path);
            if (size < bytes.byteSize()) {
                throw new BadFile(
                        path, size, "cut short since it was opened: it had %d bytes".formatted(bytes.byteSize()));
            }
        } catch (IOException e) {
            throw BadFile.unreadable(path, e);
        }
    }
}
