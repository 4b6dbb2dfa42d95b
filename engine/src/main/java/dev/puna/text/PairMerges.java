package dev.puna.text;

import java.util.Arrays;
import java.util.SplittableRandom;

/** An open-addressing table from a pair of ids to the rank and the result of their merge. */
final class PairMerges implements Merges {
    private static final long FREE = -1;

    private final long seed = new SplittableRandom().nextLong();
    private final long[] pairs;
    private final long[] results;

    PairMerges(int expected) {
        pairs = new long[Vocabulary.tableSize(expected)];
        results = new long[pairs.length];
        Arrays.fill(pairs, FREE);
    }

    /** @return false where the pair is there already; nothing changes then */
    boolean add(int left, int right, int rank, int result) {
        long pair = (long) left << 32 | right;
        int slot = slot(pair);
        if (pairs[slot] != FREE) {
            return false;
        }
        pairs[slot] = pair;
        results[slot] = (long) rank << 32 | result;
        return true;
    }

    @Override
    public long find(int left, int right, byte[] text, int from, int to) {
        if ((left | right) < 0) {
            return NONE;
        }
        int slot = slot((long) left << 32 | right);
        return pairs[slot] == FREE ? NONE : results[slot];
    }

    private int slot(long pair) {
        int mask = pairs.length - 1;
        int slot = (int) Vocabulary.mixed(seed, seed, pair) & mask;
        while (pairs[slot] != FREE && pairs[slot] != pair) {
            slot = slot + 1 & mask;
        }
        return slot;
    }
}
