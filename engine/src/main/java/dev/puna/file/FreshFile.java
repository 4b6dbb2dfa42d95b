package dev.puna.file;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A file that appears whole or not at all: it is written beside its place under a passing name, brought to disk, and then
 * renamed. What was there before stays until that moment; after a failure nothing new is left behind.
 */
final class FreshFile {
    private static final long CHUNK = 64L << 20;

    private FreshFile() {}

    /** Writes the file's bytes, one after another. */
    interface Content {
        void writeTo(FileChannel out) throws IOException;
    }

    static void write(Path given, Content content) throws IOException {
        Path path = Files.exists(given) ? given.toRealPath() : given; // a link stays, and leads to what is new
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new IOException("it is there and is no regular file");
        }
        Path passing = path.resolveSibling("." + path.getFileName() + "." + UUID.randomUUID() + ".part");
        try {
            try (FileChannel out = FileChannel.open(passing, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(out);
                out.force(true);
            }
            Files.move(passing, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(passing);
        }
    }

    /** Appends all of {@code bytes}. */
    static void append(FileChannel out, MemorySegment bytes) throws IOException {
        for (long at = 0; at < bytes.byteSize(); at += CHUNK) {
            append(
                    out,
                    bytes.asSlice(at, Math.min(CHUNK, bytes.byteSize() - at)).asByteBuffer());
        }
    }

    static void append(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    /** Appends zero bytes up to a multiple of {@code alignment}. */
    static void pad(FileChannel out, long alignment) throws IOException {
        long missing = padding(out.position(), alignment);
        while (missing > 0) {
            int count = (int) Math.min(missing, 1 << 16);
            append(out, ByteBuffer.allocate(count));
            missing -= count;
        }
    }

    /** Bytes from {@code at} to the next multiple of {@code alignment}. */
    static long padding(long at, long alignment) {
        return (alignment - at % alignment) % alignment;
    }
}
