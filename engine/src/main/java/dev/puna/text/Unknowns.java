package dev.puna.text;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a character that the vocabulary lacks: its bytes as byte tokens, else the unknown token, else nothing.
 *
 * @param byteTokens the ids of {@code <0x00>} to {@code <0xFF>} (-1 where missing), or null
 * @param id the unknown token, or -1
 * @param fused whether neighbouring unknown characters give one unknown token
 * @param beforeMerging Hugging Face replaces them before merging; SentencePiece merges first, since a piece may hold a
 *     character that is no piece itself
 */
record Unknowns(int @Nullable [] byteTokens, int id, boolean fused, boolean beforeMerging) {
    static final Unknowns DROPPED = new Unknowns(null, -1, false, true);

    /** Whether each byte of {@code text[from, to)} has a token. */
    boolean hasBytes(byte[] text, int from, int to) {
        if (byteTokens == null) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (byteTokens[text[i] & 0xFF] < 0) {
                return false;
            }
        }
        return true;
    }

    /** The token of a byte that {@link #hasBytes} said has one. */
    int byteToken(byte b) {
        return Objects.requireNonNull(byteTokens)[b & 0xFF];
    }
}
