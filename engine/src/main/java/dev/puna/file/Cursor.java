package dev.puna.file;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads little-endian values from a file's bytes, one after another. Nothing is read, allocated or skipped before its
 * length was compared with what is left.
 */
final class Cursor {
    /** Bytes that are copied out of the mapping at a time. */
    private static final int WINDOW = 1 << 16;

    private final MemorySegment bytes;
    private final Path path;
    private final long base;
    private long at;

    /** A copy of the bytes from {@code windowAt} on: headers are read before anything is compiled, and arrays are quick then. */
    private byte[] window = new byte[0];

    private long windowAt;
    private int windowBytes;

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
        return (int) little(skip(1, what), 1);
    }

    short i16(String what) {
        return (short) little(skip(2, what), 2);
    }

    int i32(String what) {
        return (int) little(skip(4, what), 4);
    }

    long i64(String what) {
        return little(skip(8, what), 8);
    }

    private long little(long from, int count) {
        int first = window(from, count);
        long value = 0;
        for (int i = count - 1; i >= 0; i--) {
            value = value << 8 | window[first + i] & 0xFF;
        }
        return value;
    }

    /** Where in the window these bytes are, which are in the file. */
    private int window(long from, int count) {
        if (from < windowAt || from + count > windowAt + windowBytes) {
            windowBytes = (int) Math.min(Math.max(count, WINDOW), bytes.byteSize() - from);
            windowAt = from;
            if (window.length < windowBytes) {
                window = new byte[windowBytes];
            }
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, from, window, 0, windowBytes);
        }
        return (int) (from - windowAt);
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
        return new String(window, window(at - length, (int) length), (int) length, StandardCharsets.UTF_8);
    }

    /** Checks a string and steps over it; returns its length in bytes. */
    long skipString(String what) {
        long length = i64("the length of " + what);
        if (length > Metadata.MAX_STRING) {
            throw bad(at - 8, "%s is longer than the limit of %d bytes".formatted(what, Metadata.MAX_STRING));
        }
        long start = skip(length, what);
        int first = window(start, (int) length);
        int wrong = Utf8.firstBad(window, first, first + (int) length);
        if (wrong >= 0) {
            throw bad(start + wrong - first, what + " is not UTF-8");
        }
        return length;
    }

    /**
     * Checks strings and steps over them. Those that lie in the window are looked at right here, since a vocabulary is
     * read before any method is compiled; what is wrong with one is found by {@link #skipString}.
     */
    void skipStrings(long count, String what) {
        for (long left = count; left > 0; left--) {
            boolean there = at >= windowAt && at < windowAt + windowBytes;
            byte[] text = window;
            int next = there ? (int) (at - windowAt) : 0;
            int end = there ? windowBytes : 0;
            while (left > 1 && next + 8 <= end) {
                int length = text[next] & 0xFF | (text[next + 1] & 0xFF) << 8;
                int upper = text[next + 2] | text[next + 3] | text[next + 4] | text[next + 5] | text[next + 6];
                int from = next + 8;
                int to = from + length;
                if ((upper | text[next + 7]) != 0 || to > end) {
                    break;
                }
                while (from < to && text[from] >= 0) {
                    from++;
                }
                if (from < to && Utf8.firstBad(text, from, to) >= 0) {
                    break;
                }
                next = to;
                left--;
            }
            at = there ? windowAt + next : at;
            skipString(what);
        }
    }

    MemorySegment slice(long from, long to) {
        return bytes.asSlice(from, to - from);
    }
}
