package dev.puna.text;

import java.util.Arrays;
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
        /** The first token's marks stand for nothing. */
        OF_FIRST_TOKEN_DROPPED
    }

    Decoding {
        replacements = List.copyOf(replacements);
    }

    static final Decoding BYTE_LEVEL = new Decoding(true, false, List.of(), Leading.KEPT);

    static Decoding sentencePiece(boolean prefixed) {
        return new Decoding(false, true, List.of(), prefixed ? Leading.ONE_DROPPED : Leading.KEPT);
    }

    /**
     * The bytes that a piece of text stands for.
     *
     * @param first whether the text starts with it
     */
    byte[] bytes(byte[] piece, boolean first) {
        if (byteLevel) {
            return piece;
        }
        boolean dropped = first && leading == Leading.OF_FIRST_TOKEN_DROPPED;
        byte[] bytes = spaceMark ? unmarked(piece, !dropped) : piece;
        if (!replacements.isEmpty()) {
            bytes = Utf8.encode(new Normalizer(replacements).apply(Utf8.decode(bytes, 0, bytes.length)));
        }
        return first && leading == Leading.ONE_DROPPED && bytes.length > 0 && bytes[0] == ' '
                ? Arrays.copyOfRange(bytes, 1, bytes.length)
                : bytes;
    }

    private static byte[] unmarked(byte[] piece, boolean spaces) {
        byte[] bytes = new byte[piece.length];
        int length = 0;
        for (int i = 0; i < piece.length; i++) {
            if (piece[i] == (byte) 0xE2
                    && i + 2 < piece.length
                    && piece[i + 1] == (byte) 0x96
                    && piece[i + 2] == (byte) 0x81) {
                if (spaces) {
                    bytes[length++] = ' ';
                }
                i += 2;
            } else {
                bytes[length++] = piece[i];
            }
        }
        return Arrays.copyOf(bytes, length);
    }
}
