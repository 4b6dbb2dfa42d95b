package dev.puna.text;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The printable alphabet in which byte-level vocabularies are written down: one character per byte, so that a file of
 * JSON strings can hold any bytes. Bytes that are visible Latin-1 characters stand for themselves, the other 68 follow
 * from U+0100 on in order: the space is {@code Ġ}, the newline {@code Ċ}.
 */
final class ByteAlphabet {
    private static final char[] LETTERS = new char[256];
    private static final short[] BYTES = new short[256 + 68];

    static {
        Arrays.fill(BYTES, (short) -1);
        char next = 256;
        for (int b = 0; b < 256; b++) {
            boolean visible = b > 0x20 && b < 0x7F || b > 0xA0 && b != 0xAD;
            LETTERS[b] = visible ? (char) b : next++;
            BYTES[LETTERS[b]] = (short) b;
        }
    }

    private ByteAlphabet() {}

    static char letter(int unsignedByte) {
        return LETTERS[unsignedByte];
    }

    /** The byte that a letter stands for, or -1 where the character is no letter of this alphabet. */
    static int byteOf(char letter) {
        return letter < BYTES.length ? BYTES[letter] : -1;
    }

    /** The bytes that {@code spelling} stands for, or null where a character of it is outside the alphabet. */
    static byte @Nullable [] bytes(String spelling) {
        byte[] bytes = new byte[spelling.length()];
        for (int i = 0; i < bytes.length; i++) {
            int b = byteOf(spelling.charAt(i));
            if (b < 0) {
                return null;
            }
            bytes[i] = (byte) b;
        }
        return bytes;
    }

    /**
     * Writes the bytes that a spelling stands for.
     *
     * @param utf8 the spelling is {@code utf8[from, to)}
     * @return where in {@code target} they end, or -1 where a character is outside the alphabet
     */
    static int bytes(byte[] utf8, int from, int to, byte[] target, int at) {
        for (int i = from; i < to; i++) {
            int letter = utf8[i];
            if (letter < 0) { // all letters beyond ASCII take two bytes
                if (i + 1 == to || letter >= (byte) 0xE0) {
                    return -1;
                }
                letter = (letter & 0x1F) << 6 | utf8[++i] & 0x3F;
            }
            int b = byteOf((char) letter);
            if (b < 0) {
                return -1;
            }
            target[at++] = (byte) b;
        }
        return at;
    }

    static String spell(byte[] bytes, int from, int to) {
        char[] letters = new char[to - from];
        for (int i = from; i < to; i++) {
            letters[i - from] = LETTERS[bytes[i] & 0xFF];
        }
        return new String(letters);
    }
}
