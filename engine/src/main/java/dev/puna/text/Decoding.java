package dev.puna.text;

import java.util.List;

/**
 * How tokens become text again.
 *
 * @param byteLevel whether the vocabulary holds bytes, not text
 * @param spaceMark whether ▁ in a piece stands for a space
 * @param replacements what else changes in a piece
 * @param leading what happens to the space at the start of a text, which encoding put there
 */
record Decoding(boolean byteLevel, boolean spaceMark, List<Normalizer.Step> replacements, Leading leading) {

    /** The space at the start. */
    enum Leading {
        /** It is part of the text. */
        KEPT,
        /** One space goes. */
        ONE_DROPPED,
        /** All spaces of the first token go. */
        OF_FIRST_TOKEN_DROPPED
    }

    Decoding {
        replacements = List.copyOf(replacements);
    }

    static final Decoding BYTE_LEVEL = new Decoding(true, false, List.of(), Leading.KEPT);

    static Decoding sentencePiece(boolean prefixed) {
        return new Decoding(false, true, List.of(), prefixed ? Leading.ONE_DROPPED : Leading.KEPT);
    }

    /** The bytes that a piece of text stands for. */
    byte[] bytes(byte[] piece) {
        if (byteLevel) {
            return piece;
        }
        byte[] bytes = spaceMark ? unmarked(piece) : piece;
        return replacements.isEmpty()
                ? bytes
                : Utf8.encode(new Normalizer(replacements).apply(Utf8.decode(bytes, 0, bytes.length)));
    }

    private static byte[] unmarked(byte[] piece) {
        byte[] bytes = new byte[piece.length];
        int length = 0;
        for (int i = 0; i < piece.length; i++) {
            if (piece[i] == (byte) 0xE2
                    && i + 2 < piece.length
                    && piece[i + 1] == (byte) 0x96
                    && piece[i + 2] == (byte) 0x81) {
                bytes[length++] = ' ';
                i += 2;
            } else {
                bytes[length++] = piece[i];
            }
        }
        return java.util.Arrays.copyOf(bytes, length);
    }
}
