package dev.puna;

import com.sun.management.ThreadMXBean;
import dev.puna.file.BadFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Breaks valid files in many small ways, the same ways for the same seed: bits, bytes and whole ranges changed, lost,
 * doubled, moved or taken from another file; integers replaced by those that overflow; numbers and words of a text
 * replaced likewise. Whatever comes of it, a reader may accept it or throw a BadFile, and nothing else; and it may not
 * allocate more than the file's size explains.
 */
public final class Mutations {
    /** Bytes that reading any file may allocate, and bytes for each byte of the file. */
    private static final long ALLOCATED = 16 << 20;

    private static final long ALLOCATED_PER_BYTE = 400;

    private static final long[] INTEGERS = {
        0,
        1,
        2,
        3,
        4,
        7,
        8,
        16,
        31,
        32,
        33,
        64,
        127,
        128,
        255,
        256,
        0x7FFF,
        0x8000,
        0xFFFF,
        0x10000,
        1 << 20,
        1 << 24,
        0x7FFF_FFFFL,
        0x8000_0000L,
        0xFFFF_FFFFL,
        1L << 32,
        1L << 40,
        1L << 56,
        1L << 60,
        (1L << 61) + 1,
        1L << 62,
        Long.MAX_VALUE,
        Long.MAX_VALUE - 7,
        Long.MIN_VALUE,
        -1,
        -2,
        -8,
        -32
    };

    private static final String[] WORDS = {
        "0",
        "-1",
        "1e999",
        "1e-999",
        "-0",
        "9223372036854775807",
        "9223372036854775808",
        "2147483648",
        "4294967295",
        "null",
        "true",
        "false",
        "\"\"",
        "{}",
        "[]",
        "[[]]",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "\"a\"",
        ",",
        ":",
        "}",
        "]",
        "{",
        "[",
        "1.5",
        "\uFEFF",
        "\u00e9",
        "99999999999999999999999999"
    };

    private final Random random;
    private final List<byte[]> valid;

    /**
     * Mutations of some valid files.
     *
     * @param seed says which
     */
    public Mutations(long seed, List<byte[]> valid) {
        this.random = new Random(seed);
        this.valid = List.copyOf(valid);
    }

    /**
     * Has {@code reader} read {@code count} mutations of the files, one after another.
     *
     * @param file where each is written
     * @throws AssertionError if the reader throws anything but a BadFile, or allocates too much; the file is kept in
     *     target/mutations
     */
    public static void onlyBadFileComesOut(long seed, int count, List<byte[]> valid, Path file, Consumer<Path> reader)
            throws IOException {
        Mutations mutations = new Mutations(seed, valid);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (byte[] whole : valid) { // what is valid must be read; this also loads the reader's classes
            Files.write(file, whole);
            reader.accept(file);
        }
        for (int i = 0; i < count; i++) {
            byte[] bytes = mutations.next();
            overwrite(file, bytes);
            long before = threads.getCurrentThreadAllocatedBytes();
            try {
                reader.accept(file);
            } catch (BadFile expected) {
                if (expected.getMessage().lines().count() != 1) {
                    throw failure(seed, i, bytes, file, expected);
                }
            } catch (Throwable unexpected) {
                throw failure(seed, i, bytes, file, unexpected);
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            if (allocated > ALLOCATED + ALLOCATED_PER_BYTE * bytes.length) {
                throw failure(seed, i, bytes, file, new OutOfMemoryError(allocated + " bytes allocated"));
            }
        }
    }

    /** Some file systems bring a file to disk at once if it was emptied first; this one is worth nothing to anybody. */
    public static void overwrite(Path file, byte[] bytes) throws IOException {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            out.write(ByteBuffer.wrap(bytes), 0);
            out.truncate(bytes.length);
        }
    }

    private static AssertionError failure(long seed, int number, byte[] bytes, Path file, Throwable cause)
            throws IOException {
        Path kept = Files.createDirectories(Path.of("target/mutations"))
                .resolve("%d-%d-%s".formatted(seed, number, file.getFileName()));
        Files.write(kept, bytes);
        return new AssertionError("mutation %d of seed %d, kept as %s: %s".formatted(number, seed, kept, cause), cause);
    }

    /** The next mutation: one of the files with one to four changes. */
    public byte[] next() {
        byte[] bytes = pick().clone();
        int changes = 1 + random.nextInt(random.nextInt(4) + 1);
        for (int i = 0; i < changes; i++) {
            bytes = changed(bytes);
        }
        return bytes;
    }

    private byte[] pick() {
        return valid.get(random.nextInt(valid.size()));
    }

    private byte[] changed(byte[] bytes) {
        if (bytes.length == 0) {
            return pick().clone();
        }
        int at = position(bytes.length);
        int length = Math.min(bytes.length - at, 1 + random.nextInt(random.nextInt(3) == 0 ? 64 : 9));
        return switch (random.nextInt(11)) {
            case 0 -> {
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                yield bytes;
            }
            case 1 -> {
                bytes[at] = (byte) random.nextInt(256);
                yield bytes;
            }
            case 2, 3, 4 -> integer(bytes, at);
            case 5 -> spliced(bytes, at, at + length, new byte[0]);
            case 6 -> spliced(bytes, at, at, range(bytes, at, at + length));
            case 7 -> {
                byte[] other = pick();
                int from = other.length == 0 ? 0 : position(other.length);
                yield spliced(bytes, at, at + length, range(other, from, Math.min(other.length, from + length)));
            }
            case 8 -> range(bytes, 0, at);
            case 9 -> word(bytes, at);
            default -> spliced(bytes, at, at, range(bytes, position(bytes.length), bytes.length));
        };
    }

    /** Half of the changes hit the first 512 bytes, where headers are. */
    private int position(int length) {
        return random.nextInt(random.nextBoolean() ? Math.min(length, 512) : length);
    }

    private byte[] integer(byte[] bytes, int at) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long value = INTEGERS[random.nextInt(INTEGERS.length)];
        int width = 1 << random.nextInt(4);
        if (at + width > bytes.length) {
            return bytes;
        }
        if (random.nextInt(3) == 0 && width == 8) { // near what it was
            value = buffer.getLong(at) + random.nextInt(5) - 2;
        }
        switch (width) {
            case 1 -> buffer.put(at, (byte) value);
            case 2 -> buffer.putShort(at, (short) value);
            case 4 -> buffer.putInt(at, (int) value);
            default -> buffer.putLong(at, value);
        }
        return bytes;
    }

    /** Replaces the number, word or sign of a text at this place. */
    private byte[] word(byte[] bytes, int at) {
        int from = at;
        int to = at + 1;
        while (from > 0 && Character.isLetterOrDigit(bytes[from - 1])) {
            from--;
        }
        while (to < bytes.length && Character.isLetterOrDigit(bytes[to])) {
            to++;
        }
        byte[] word = WORDS[random.nextInt(WORDS.length)].getBytes(StandardCharsets.UTF_8);
        return spliced(bytes, from, to, word);
    }

    private static byte[] spliced(byte[] bytes, int from, int to, byte[] middle) {
        return ByteBuffer.allocate(from + middle.length + bytes.length - to)
                .put(bytes, 0, from)
                .put(middle)
                .put(bytes, to, bytes.length - to)
                .array();
    }

    private static byte[] range(byte[] bytes, int from, int to) {
        return Arrays.copyOfRange(bytes, from, to);
    }
}
