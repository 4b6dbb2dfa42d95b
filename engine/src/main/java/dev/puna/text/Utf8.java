package dev.puna.text;

/**
 * UTF-8 both ways. Reading is a state machine, fed a byte at a time, that never waits longer than it must: each maximal
 * ill-formed part becomes one U+FFFD, the practice that Unicode recommends, so chunks of any size give the same text.
 */
final class Utf8 {
    private static final char REPLACEMENT = '\uFFFD';

    private int pending;
    private int codePoint;
    private int lowest = 0x80;
    private int highest = 0xBF;

    /** Reads one byte; what became certain is appended to {@code out}. */
    void accept(int unsignedByte, StringBuilder out) {
        if (pending > 0) {
            if (unsignedByte >= lowest && unsignedByte <= highest) {
                codePoint = codePoint << 6 | unsignedByte & 0x3F;
                lowest = 0x80;
                highest = 0xBF;
                if (--pending == 0) {
                    out.appendCodePoint(codePoint);
                }
                return;
            }
            finish(out);
        }
        if (unsignedByte < 0x80) {
            out.append((char) unsignedByte);
        } else if (unsignedByte < 0xC2 || unsignedByte > 0xF4) {
            out.append(REPLACEMENT);
        } else {
            pending = unsignedByte < 0xE0 ? 1 : unsignedByte < 0xF0 ? 2 : 3;
            codePoint = unsignedByte & 0x3F >> pending;
            lowest = unsignedByte == 0xE0 ? 0xA0 : unsignedByte == 0xF0 ? 0x90 : 0x80;
            highest = unsignedByte == 0xED ? 0x9F : unsignedByte == 0xF4 ? 0x8F : 0xBF;
        }
    }

    void accept(byte[] bytes, int from, int to, StringBuilder out) {
        for (int i = from; i < to; i++) {
            accept(bytes[i] & 0xFF, out);
        }
    }

    /** Ends the text: an unfinished character becomes one U+FFFD. */
    void finish(StringBuilder out) {
        if (pending > 0) {
            pending = 0;
            lowest = 0x80;
            highest = 0xBF;
            out.append(REPLACEMENT);
        }
    }

    static String decode(byte[] bytes, int from, int to) {
        var out = new StringBuilder(to - from);
        var reader = new Utf8();
        reader.accept(bytes, from, to, out);
        reader.finish(out);
        return out.toString();
    }

    /**
     * Writes {@code text[from, to)} as UTF-8; a surrogate without its partner is written as U+FFFD.
     *
     * @param target room for three bytes per UTF-16 unit
     * @return the number of bytes written
     */
    static int encode(String text, int from, int to, byte[] target, int at) {
        int start = at;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                target[at++] = (byte) c;
            } else if (c < 0x800) {
                target[at++] = (byte) (0xC0 | c >> 6);
                target[at++] = (byte) (0x80 | c & 0x3F);
            } else if (Character.isHighSurrogate(c) && i + 1 < to && Character.isLowSurrogate(text.charAt(i + 1))) {
                int codePoint = Character.toCodePoint(c, text.charAt(++i));
                target[at++] = (byte) (0xF0 | codePoint >> 18);
                target[at++] = (byte) (0x80 | codePoint >> 12 & 0x3F);
                target[at++] = (byte) (0x80 | codePoint >> 6 & 0x3F);
                target[at++] = (byte) (0x80 | codePoint & 0x3F);
            } else {
                char known = Character.isSurrogate(c) ? REPLACEMENT : c;
                target[at++] = (byte) (0xE0 | known >> 12);
                target[at++] = (byte) (0x80 | known >> 6 & 0x3F);
                target[at++] = (byte) (0x80 | known & 0x3F);
            }
        }
        return at - start;
    }

    static byte[] encode(String text) {
        byte[] room = new byte[3 * text.length()];
        return java.util.Arrays.copyOf(room, encode(text, 0, text.length(), room, 0));
    }

    /** How many bytes the character takes that starts with this byte; 1 where no character starts so. */
    static int length(byte first) {
        int b = first & 0xFF;
        return b < 0xC0 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
    }

    /** The same text with U+FFFD for each surrogate without its partner: as long as before, and sound UTF-16. */
    static String sound(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (Character.isHighSurrogate(text.charAt(i))
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1))) {
                    i++;
                } else {
                    return repaired(text, i);
                }
            }
        }
        return text;
    }

    private static String repaired(String text, int firstLone) {
        char[] units = text.toCharArray();
        for (int i = firstLone; i < units.length; i++) {
            if (Character.isHighSurrogate(units[i]) && i + 1 < units.length && Character.isLowSurrogate(units[i + 1])) {
                i++;
            } else if (Character.isSurrogate(units[i])) {
                units[i] = REPLACEMENT;
            }
        }
        return new String(units);
    }
}
