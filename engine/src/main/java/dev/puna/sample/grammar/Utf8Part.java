package dev.puna.sample.grammar;

/**
 * Characters of UTF-8, byte by byte. A part of a character is the bits that are there and how many bytes are missing; it
 * stands for the range of code points that it can still become.
 */
final class Utf8Part {
    private Utf8Part() {}

    /** How many bytes must follow this first one; 0 for ASCII, −1 if no character begins with it. */
    static int missing(int first) {
        return first < 0x80 ? 0 : first < 0xC2 || first > 0xF4 ? -1 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    }

    /** The bits of the character that the first byte holds. */
    static int bits(int first, int missing) {
        return first & 0x3F >> missing;
    }

    /** The first code point that a part can become. */
    static int from(int bits, int missing, boolean first) {
        int from = bits << 6 * missing;
        return !first ? from : Math.max(from, missing == 1 ? 0x80 : missing == 2 ? 0x800 : 0x10000);
    }

    /** The last one. */
    static int to(int bits, int missing) {
        return Math.min(Ranges.LAST, (bits + 1 << 6 * missing) - 1);
    }

    /**
     * The bits with one more byte; −1 if no character goes on like this: it would be too long a spelling, a surrogate or
     * beyond the last code point.
     */
    static int next(int bits, int missing, int b) {
        if (b >>> 6 != 2) {
            return -1;
        }
        int more = bits << 6 | b & 0x3F;
        int from = more << 6 * (missing - 1);
        if (missing == 3 && (from < 0x10000 || from > Ranges.LAST)) {
            return -1;
        }
        boolean ofThree = missing == 2 && bits <= 0xF;
        return ofThree && (from < 0x800 || from >= 0xD800 && from <= 0xDFFF) ? -1 : more;
    }
}
