package dev.puna.cli.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Objects;

/** One at a time, among the threads and processes of this machine, by a file that exists while it is held. */
final class Lock implements AutoCloseable {
    private static final Duration GLANCE = Duration.ofMillis(100);

    private final Path file;
    private final FileChannel channel;

    private Lock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Waits until it is ours.
     *
     * @param waiting run once where somebody else holds it
     */
    static Lock take(Path file, Runnable waiting) {
        boolean told = false;
        while (true) {
            try {
                FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                boolean ours = false;
                try {
                    FileLock lock = tried(channel);
                    // Whoever held it before has deleted the file: a newer one of that name may be held by another.
                    ours = lock != null && same(file, channel);
                } finally {
                    if (!ours) {
                        channel.close();
                    }
                }
                if (ours) {
                    return new Lock(file, channel);
                }
            } catch (IOException e) {
                throw StoreFault.of(file, e);
            }
            if (!told) {
                told = true;
                waiting.run();
            }
            try {
                Thread.sleep(GLANCE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StoreFault("interrupted while waiting for another puna");
            }
        }
    }

    /** Whether somebody holds it just now. */
    static boolean held(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            return tried(channel) == null;
        } catch (IOException _) {
            return false;
        }
    }

    private static FileLock tried(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException _) {
            return null; // another thread of this process
        }
    }

    private static boolean same(Path file, FileChannel channel) throws IOException {
        // The channel cannot be asked for its file's key, so a byte tells: what is written through one is seen by name.
        try {
            channel.truncate(0);
            byte[] mark = Long.toHexString(ProcessHandle.current().pid() << 32 ^ System.nanoTime())
                    .getBytes(StandardCharsets.US_ASCII);
            channel.write(ByteBuffer.wrap(mark), 0);
            BasicFileAttributes named = Files.readAttributes(file, BasicFileAttributes.class);
            return named.size() == mark.length && Objects.deepEquals(Files.readAllBytes(file), mark);
        } catch (NoSuchFileException _) {
            return false;
        }
    }

    @Override
    public void close() {
        try (channel) {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw StoreFault.of(file, e);
        }
    }
}
