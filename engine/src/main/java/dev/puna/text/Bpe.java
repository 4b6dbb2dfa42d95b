package dev.puna.text;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Byte-pair encoding of one piece of text. The piece starts as single characters (or single bytes, for a byte-level
 * vocabulary), then the best pair of neighbours merges until none does.
 */
final class Bpe {
    private static final byte[] SPACE = {(byte) 0xE2, (byte) 0x96, (byte) 0x81};

    private final Vocabulary vocabulary;
    private final Merges merges;
    private final int @Nullable [] bytes;
    private final Unknowns unknowns;
    private final boolean wholePieces;
    private final boolean wordByWord;
    private final boolean hasUnused;

    /**
     * @param bytes for a byte-level vocabulary the id of each byte (-1 where it has none), else null
     * @param wholePieces whether a piece of text that is in the vocabulary is taken as it is, merges or not
     */
    Bpe(Vocabulary vocabulary, Merges merges, int @Nullable [] bytes, Unknowns unknowns, boolean wholePieces) {
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.bytes = bytes;
        this.unknowns = unknowns;
        this.wholePieces = wholePieces;
        this.wordByWord = bytes == null && vocabulary.find(SPACE, 0, 3) >= 0 && spacesOnlyLead(vocabulary);
        this.hasUnused = IntStream.range(0, vocabulary.size()).anyMatch(id -> vocabulary.kind(id) == Kind.UNUSED);
    }

    /** Whether no piece holds a ▁ after another character: then no merge crosses the start of a word. */
    private static boolean spacesOnlyLead(Vocabulary vocabulary) {
        for (int id = 0; id < vocabulary.size(); id++) {
            if (!vocabulary.isLiteral(id)) {
                byte[] piece = vocabulary.bytes(id);
                if (wordEnd(piece, 0, piece.length) < piece.length) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The first place after {@code from} where a ▁ follows another character, or {@code to}. */
    private static int wordEnd(byte[] text, int from, int to) {
        boolean word = false;
        for (int i = from; i < to; i++) {
            if (text[i] == SPACE[0] && i + 2 < to && text[i + 1] == SPACE[1] && text[i + 2] == SPACE[2]) {
                if (word) {
                    return i;
                }
                i += 2;
            } else {
                word = true;
            }
        }
        return to;
    }

    /** Encodes {@code symbols.text[0, length)}; the ids go to the output of {@code symbols}. */
    void encode(Symbols symbols, int length) {
        if (wholePieces) {
            int id = vocabulary.match(symbols.text, 0, length);
            if (id >= 0) {
                symbols.emit(id);
                return;
            }
        }
        if (bytes != null) {
            encodeBytes(symbols, bytes, length);
            return;
        }
        for (int from = 0; from < length; ) {
            int to = wordByWord ? wordEnd(symbols.text, from, length) : length;
            if (unknowns.beforeMerging()) {
                encodeReplacing(symbols, from, to);
            } else {
                encodeThenReplace(symbols, from, to);
            }
            from = to;
        }
    }

    private void encodeBytes(Symbols symbols, int[] bytes, int length) {
        symbols.clear();
        boolean after = false;
        for (int i = 0; i < length; i++) {
            int id = bytes[symbols.text[i] & 0xFF];
            if (id >= 0) {
                symbols.add(id, i);
            } else if (unknowns.id() >= 0 && !(after && unknowns.fused())) {
                symbols.add(unknowns.id(), i);
            }
            after = id < 0;
        }
        emitMerged(symbols, length);
    }

    private void emitMerged(Symbols symbols, int end) {
        symbols.merge(merges, end);
        for (int i = 0; i < symbols.count; i++) {
            symbols.emit(symbols.ids[i]);
        }
    }

    /**
     * Hugging Face's order. An unknown character waits for what follows (so that neighbours fuse), and bytes of a later
     * character overtake it.
     */
    private void encodeReplacing(Symbols symbols, int from, int to) {
        symbols.clear();
        int waiting = -1;
        for (int i = from; i < to; ) {
            int next = Math.min(to, i + Utf8.length(symbols.text[i]));
            int id = vocabulary.match(symbols.text, i, next);
            if (id >= 0) {
                if (waiting >= 0) {
                    symbols.add(unknowns.id(), waiting);
                    waiting = -1;
                }
                symbols.add(id, i);
            } else if (unknowns.hasBytes(symbols.text, i, next)) {
                for (int at = i; at < next; at++) {
                    symbols.add(unknowns.byteToken(symbols.text[at]), at);
                }
            } else if (unknowns.id() >= 0) {
                if (waiting >= 0 && !unknowns.fused()) {
                    symbols.add(unknowns.id(), waiting);
                }
                waiting = i;
            }
            i = next;
        }
        if (waiting >= 0) {
            symbols.add(unknowns.id(), waiting);
        }
        emitMerged(symbols, to);
    }

    /** SentencePiece's order. */
    private void encodeThenReplace(Symbols symbols, int from, int to) {
        symbols.clear();
        for (int i = from; i < to; i += Utf8.length(symbols.text[i])) {
            int next = Math.min(to, i + Utf8.length(symbols.text[i]));
            symbols.add(vocabulary.match(symbols.text, i, next), i);
        }
        Map<Integer, Integer> halves = new HashMap<>();
        symbols.merge(hasUnused ? remembering(halves) : merges, to);
        boolean after = false;
        for (int i = 0; i < symbols.count; i++) {
            after = emitUsed(symbols, halves, symbols.ids[i], symbols.starts[i], symbols.starts[i + 1], after);
        }
    }

    /** Unused pieces help others to form; what is left of them in the end falls back into the halves they came from. */
    private Merges remembering(Map<Integer, Integer> halves) {
        return (left, right, text, from, to) -> {
            long merge = merges.find(left, right, text, from, to);
            if (merge != Merges.NONE && vocabulary.kind((int) merge) == Kind.UNUSED) {
                halves.put((int) merge, left < 0 ? Utf8.length(text[from]) : vocabulary.length(left));
            }
            return merge;
        };
    }

    /** @return whether the last id is the unknown token, which the next unknown character joins */
    private boolean emitUsed(
            Symbols symbols, Map<Integer, Integer> halves, int id, int from, int to, boolean afterUnknown) {
        if (id >= 0) {
            Integer half = vocabulary.kind(id) == Kind.UNUSED ? halves.get(id) : null;
            if (half == null) {
                symbols.emit(id);
                return false;
            }
            int middle = from + half;
            int left = vocabulary.match(symbols.text, from, middle);
            int right = vocabulary.match(symbols.text, middle, to);
            boolean after = emitUsed(symbols, halves, left, from, middle, afterUnknown);
            return emitUsed(symbols, halves, right, middle, to, after);
        }
        if (unknowns.hasBytes(symbols.text, from, to)) {
            for (int at = from; at < to; at++) {
                symbols.emit(unknowns.byteToken(symbols.text[at]));
            }
            return false;
        }
        if (unknowns.id() >= 0 && !(afterUnknown && unknowns.fused())) {
            symbols.emit(unknowns.id());
        }
        return true;
    }
}
