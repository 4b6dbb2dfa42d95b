package dev.puna.file;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
final class Utf8 {
    private static final ValueLayout.OfLong EIGHT = ValueLayout.JAVA_LONG_UNALIGNED;

    private Utf8() {}

    /** Offset of the first byte of the first malformed sequence in [from, to), or -1. */
    static long firstBad(MemorySegment text, long from, long to) {
        long at = from;
        while (at < to) {
            if (at + 8 <= to && (text.get(EIGHT, at) & 0x8080_8080_8080_8080L) == 0) {
                at += 8;
                continue;
            }
            int lead = text.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
            int length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
            if (length == 0 || at + length > to) {
                return at;
            }
            for (int i = 1; i < length; i++) {
                int next = text.get(ValueLayout.JAVA_BYTE, at + i) & 0xFF;
                int low = i > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
                int high = i > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
                if (next < low || next > high) {
                    return at;
                }
            }
            at += length;
        }
        return -1;
    }
}
