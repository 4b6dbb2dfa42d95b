package dev.puna.text;

import dev.puna.file.Json;
import dev.puna.file.Strings;
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

    /** Merges in the order of their ranks, each written as both pieces with a space between them. */
    void addAll(Strings lines) {
        byte[] text = lines.bytes();
        for (int i = 0; i < lines.size(); i++) {
            int from = lines.start(i);
            int to = lines.end(i);
            int space = from + 1;
            while (space < to && text[space] != ' ') {
                space++;
            }
            boolean two = byteLevel && space + 1 < to && to - from <= Pieces.MAX_BYTES;
            int first = two ? ByteAlphabet.bytes(text, from, space, pair, 0) : -1;
            int both = first < 0 ? -1 : ByteAlphabet.bytes(text, space + 1, to, pair, first);
            if (both < 0 || !add(first, both)) {
                String line = lines.get(i);
                add(line, line.indexOf(' ', 1));
            }
        }
    }

    /** The next merge, written as both pieces with a space between them at {@code space}. */
    void add(String line, int space) {
        if (space < 1 || space + 1 == line.length()) {
            throw pieces.bad("merge %d is %s, not two pieces".formatted(rank, Json.quoted(line)));
        }
        int first = write(line, 0, space, 0);
        int both = first < 0 ? -1 : write(line, space + 1, line.length(), first);
        if (both < 0 || !add(first, both)) {
            addNamed(line.substring(0, space), line.substring(space + 1));
        }
    }

    /** The next merge. */
    void add(String left, String right) {
        int first = write(left, 0, left.length(), 0);
        int both = first < 0 ? -1 : write(right, 0, right.length(), first);
        if (both < 0 || !add(first, both)) {
            addNamed(left, right);
        }
    }

    /** Adds the pieces at {@code pair[0, first)} and {@code pair[first, both)}; false where one is not found so. */
    private boolean add(int first, int both) {
        int left = vocabulary.find(pair, 0, first);
        int right = vocabulary.find(pair, first, both);
        int result = vocabulary.find(pair, 0, both);
        if ((left | right | result) < 0) {
            return false;
        }
        add(left, right, result);
        return true;
    }

    private void addNamed(String left, String right) {
        add(named(left), named(right), named(left + right));
    }

    /** A merge into a control token is none: plain text never gives one. */
    private void add(int left, int right, int result) {
        if (vocabulary.isMatchable(result) && !merges.add(left, right, rank, result)) {
            throw pieces.bad("merge %d, %s and %s, stands twice"
                    .formatted(rank, Json.quoted(pieces.spelling(left)), Json.quoted(pieces.spelling(right))));
        }
        rank++;
    }

    private int write(String line, int from, int to, int at) {
        if (to - from > Pieces.MAX_BYTES) {
            return -1;
        }
        if (!byteLevel) {
            return at + Utf8.encode(line, from, to, pair, at);
        }
        for (int i = from; i < to; i++) {
            int b = ByteAlphabet.byteOf(line.charAt(i));
            if (b < 0) {
                return -1;
            }
            pair[at + i - from] = (byte) b;
        }
        return at + to - from;
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
