package dev.puna.file;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads little-endian values from a file's bytes, one after another. Nothing is read, allocated or skipped before its
 * length was compared with what is left.
 */
final class Cursor {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment bytes;
    private final Path path;
    private final long base;
    private long at;

    /**
     * @param base where in the file the bytes begin, added to the offset in errors
     */
    Cursor(MemorySegment bytes, Path path, long base) {
        this.bytes = bytes;
        this.path = path;
        this.base = base;
    }

    /** Offset of the next byte. */
    long at() {
        return at;
    }

    long left() {
        return bytes.byteSize() - at;
    }

    BadFile bad(long offset, String what) {
        return new BadFile(path, base + offset, what);
    }

    /** Steps over {@code count} bytes that must be there and returns the offset of the first. */
    long skip(long count, String what) {
        if (count < 0 || count > left()) {
            throw bad(
                    at,
                    "%s takes %s bytes, but only %d are left".formatted(what, Long.toUnsignedString(count), left()));
        }
        long start = at;
        at += count;
        return start;
    }

    int u8(String what) {
        return bytes.get(ValueLayout.JAVA_BYTE, skip(1, what)) & 0xFF;
    }

    short i16(String what) {
        return bytes.get(SHORT, skip(2, what));
    }

    int i32(String what) {
        return bytes.get(INT, skip(4, what));
    }

    long i64(String what) {
        return bytes.get(LONG, skip(8, what));
    }

    /** A count of things that take at least {@code least} bytes each: refused if they cannot be there. */
    long count(long least, String what) {
        long offset = at;
        long count = i64("the number of " + what);
        if (count < 0 || count > left() / least) {
            throw bad(
                    offset,
                    "%s %s cannot fit in the %d bytes left".formatted(Long.toUnsignedString(count), what, left()));
        }
        return count;
    }

    /** A length (u64) and as many bytes of UTF-8. */
    String string(String what) {
        long length = skipString(what);
        byte[] utf8 = new byte[Math.toIntExact(length)];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at - length, utf8, 0, utf8.length);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** Checks a string and steps over it; returns its length in bytes. */
    long skipString(String what) {
        long length = i64("the length of " + what);
        if (length > Metadata.MAX_STRING) {
            throw bad(at - 8, "%s is longer than the limit of %d bytes".formatted(what, Metadata.MAX_STRING));
        }
        long start = skip(length, what);
        long wrong = Utf8.firstBad(bytes, start, at);
        if (wrong >= 0) {
            throw bad(wrong, what + " is not UTF-8");
        }
        return length;
    }

    MemorySegment slice(long from, long to) {
        return bytes.asSlice(from, to - from);
    }
}
