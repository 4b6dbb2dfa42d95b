package dev.puna.text;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The pieces of a tokenizer, by id and by their bytes. All bytes lie in one array; a search hashes the bytes in place,
 * so that encoding makes no objects. The hash is seeded anew for each vocabulary: a file cannot choose its collisions.
 *
 * <p>A <i>literal</i> piece means its own spelling (control and added tokens, and pieces of a byte-level vocabulary that
 * are not written in the byte alphabet). Literal pieces are not found by their bytes: text never merges into them.
 */
final class Vocabulary {
    private static final Kind[] KINDS = Kind.values();

    private final byte[] bytes;
    private final int[] starts;
    private final byte[] kinds;
    private final boolean[] literal;
    private final int[] table;
    private final long seed = new SplittableRandom().nextLong();
    private final int longest;

    private Vocabulary(Builder builder) {
        bytes = Arrays.copyOf(builder.bytes, builder.used);
        starts = builder.starts;
        kinds = builder.kinds;
        literal = builder.literal;
        int most = 0;
        table = new int[tableSize(kinds.length)];
        Arrays.fill(table, -1);
        for (int id = 0; id < kinds.length; id++) {
            if (!literal[id] && starts[id + 1] > starts[id]) {
                int slot = slot(bytes, starts[id], starts[id + 1]);
                if (table[slot] >= 0) {
                    throw new Duplicate(table[slot], id);
                }
                table[slot] = id;
                most = Math.max(most, starts[id + 1] - starts[id]);
            }
        }
        longest = most;
    }

    /** Two ids have the same piece; the reader of the file says which file. */
    static final class Duplicate extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final int first;
        final int second;

        Duplicate(int first, int second) {
            super("tokens " + first + " and " + second + " are the same", null, false, false);
            this.first = first;
            this.second = second;
        }
    }

    /** A power of two that leaves a third of the table free. */
    static int tableSize(int entries) {
        return Integer.highestOneBit(Math.max(4, entries) * 3 / 2) << 1;
    }

    int size() {
        return kinds.length;
    }

    Kind kind(int id) {
        return KINDS[kinds[id]];
    }

    boolean isLiteral(int id) {
        return literal[id];
    }

    /** The length in bytes of the longest piece that {@link #find} can find. */
    int longest() {
        return longest;
    }

    byte[] bytes(int id) {
        return Arrays.copyOfRange(bytes, starts[id], starts[id + 1]);
    }

    int length(int id) {
        return starts[id + 1] - starts[id];
    }

    /** The id of the piece that is exactly these bytes, or -1. */
    int find(byte[] text, int from, int to) {
        return to - from > longest ? -1 : table[slot(text, from, to)];
    }

    /** Like {@link #find}, but only what may come of plain text: no control token and no byte token. */
    int match(byte[] text, int from, int to) {
        int id = find(text, from, to);
        return id >= 0 && (1 << kinds[id] & MATCHABLE) != 0 ? id : -1;
    }

    boolean isMatchable(int id) {
        return (1 << kinds[id] & MATCHABLE) != 0;
    }

    private static final int MATCHABLE =
            1 << Kind.NORMAL.ordinal() | 1 << Kind.USER_DEFINED.ordinal() | 1 << Kind.UNUSED.ordinal();

    /** Where the piece is in the table, or the free slot where it would be. */
    private int slot(byte[] text, int from, int to) {
        int mask = table.length - 1;
        int slot = (int) hash(text, from, to) & mask;
        while (table[slot] >= 0) {
            int id = table[slot];
            if (Arrays.equals(bytes, starts[id], starts[id + 1], text, from, to)) {
                return slot;
            }
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private long hash(byte[] text, int from, int to) {
        long hash = seed ^ (to - from);
        int at = from;
        while (to - at > 8) {
            hash = mixed(seed, hash, word(text, at, at + 8));
            at += 8;
        }
        return mixed(seed, hash, word(text, at, to));
    }

    /** Up to eight bytes as one number; plain arithmetic, which is quick before it is compiled. */
    private static long word(byte[] text, int from, int to) {
        long word = 0;
        for (int i = to - 1; i >= from; i--) {
            word = word << 8 | text[i] & 0xFF;
        }
        return word;
    }

    /** Both halves of a 128-bit product, folded: every bit of either operand reaches every bit of the result. */
    static long mixed(long seed, long a, long b) {
        long x = a ^ 0x9E3779B97F4A7C15L;
        long y = b ^ seed;
        return x * y ^ Math.unsignedMultiplyHigh(x, y);
    }

    static Builder builder(int size) {
        return new Builder(size);
    }

    /** Takes the pieces in the order of their ids. */
    static final class Builder {
        private byte[] bytes;
        private int used;
        private final int[] starts;
        private final byte[] kinds;
        private final boolean[] literal;
        private int next;

        private Builder(int size) {
            bytes = new byte[Math.max(16, size * 8)];
            starts = new int[size + 1];
            kinds = new byte[size];
            literal = new boolean[size];
        }

        /** The next piece, {@code text[from, to)}. */
        Builder add(byte[] text, int from, int to, Kind kind, boolean isLiteral) {
            int length = to - from;
            if (used + length > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, used + length));
            }
            System.arraycopy(text, from, bytes, used, length);
            used += length;
            kinds[next] = (byte) kind.ordinal();
            literal[next] = isLiteral;
            starts[++next] = used;
            return this;
        }

        /** @throws Duplicate where two ids have the same piece */
        Vocabulary build() {
            if (next != kinds.length) {
                throw new IllegalStateException(next + " pieces of " + kinds.length);
            }
            return new Vocabulary(this);
        }
    }
}
