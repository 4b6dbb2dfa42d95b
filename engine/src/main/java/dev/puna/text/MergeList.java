package dev.puna.text;

import dev.puna.file.Json;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Merges while a file is read: each names two pieces, and what they are together must be a piece too. */
final class MergeList {
    private final Pieces pieces;
    private final Vocabulary vocabulary;
    private final boolean byteLevel;
    private final PairMerges merges;
    private final byte[] pair = new byte[6 * Pieces.MAX_BYTES];
    private @Nullable Map<String, Integer> all;
    private int rank;

    MergeList(Pieces pieces, Vocabulary vocabulary, boolean byteLevel, int expected) {
        this.pieces = pieces;
        this.vocabulary = vocabulary;
        this.byteLevel = byteLevel;
        merges = Merges.pairs(expected);
    }

    PairMerges merges() {
        return merges;
    }

    /** The next merge, written as both pieces with a space between them at {@code space}. */
    void add(String line, int space) {
        if (space < 1 || space + 1 == line.length()) {
            throw pieces.bad("merge %d is %s, not two pieces".formatted(rank, Json.quoted(line)));
        }
        add(line.substring(0, space), line.substring(space + 1));
    }

    /** The next merge. */
    void add(String left, String right) {
        int first = write(left, 0);
        int both = first < 0 ? -1 : write(right, first);
        int leftId = both < 0 ? -1 : vocabulary.find(pair, 0, first);
        int rightId = both < 0 ? -1 : vocabulary.find(pair, first, both);
        int result = both < 0 ? -1 : vocabulary.find(pair, 0, both);
        leftId = leftId < 0 ? named(left) : leftId;
        rightId = rightId < 0 ? named(right) : rightId;
        result = result < 0 ? named(left + right) : result;
        if (vocabulary.isMatchable(result) && !merges.add(leftId, rightId, rank, result)) {
            throw pieces.bad(
                    "merge %d, %s and %s, stands twice".formatted(rank, Json.quoted(left), Json.quoted(right)));
        }
        rank++;
    }

    private int write(String piece, int at) {
        if (piece.length() > Pieces.MAX_BYTES) {
            return -1;
        }
        if (!byteLevel) {
            return at + Utf8.encode(piece, 0, piece.length(), pair, at);
        }
        for (int i = 0; i < piece.length(); i++) {
            int b = ByteAlphabet.byteOf(piece.charAt(i));
            if (b < 0) {
                return -1;
            }
            pair[at + i] = (byte) b;
        }
        return at + piece.length();
    }

    /** The id of a piece that is not found by its bytes, such as a control token. */
    private int named(String piece) {
        if (all == null) {
            all = new HashMap<>();
            for (int id = 0; id < pieces.size(); id++) {
                all.putIfAbsent(pieces.spelling(id), id);
            }
        }
        Integer id = piece.isEmpty() ? null : all.get(piece);
        if (id == null) {
            throw pieces.bad("merge %d names %s, which is no token".formatted(rank, Json.quoted(piece)));
        }
        return id;
    }
}
