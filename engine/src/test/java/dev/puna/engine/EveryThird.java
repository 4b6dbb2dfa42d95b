package dev.puna.engine;

import dev.puna.sample.Constraint;
import java.util.Arrays;
import java.util.stream.IntStream;

/** A form for answers that hangs on a seed: some places allow two tokens of three, some one, and it ends somewhere. */
final class EveryThird implements Constraint {
    private final int vocabulary;
    private final int first; // ids below it end answers
    private final long seed;
    private final int length;
    private int at;

    EveryThird(int vocabulary, int first, long seed, int length) {
        this.vocabulary = vocabulary;
        this.first = first;
        this.seed = seed;
        this.length = length;
    }

    private int luck(int place) {
        long hash = (seed + place) * 0x9E3779B97F4A7C15L;
        return (int) ((hash ^ hash >>> 31) & 0xFFFFF);
    }

    /** The only token of a place, or −1. */
    private int only(int place) {
        return place < length && luck(place) % 3 == 0 ? first + luck(place) % (vocabulary - first) : -1;
    }

    @Override
    public boolean allows(int token) {
        int only = only(at);
        return token >= first && at < length && (only >= 0 ? token == only : (token + luck(at)) % 3 != 0);
    }

    @Override
    public void allowed(long[] mask) {
        Arrays.fill(mask, 0);
        for (int id = 0; id < vocabulary; id++) {
            if (allows(id)) {
                mask[id >> 6] |= 1L << id;
            }
        }
    }

    @Override
    public void accept(int token) {
        if (!allows(token)) {
            throw new IllegalArgumentException(token + " at " + at);
        }
        at++;
    }

    @Override
    public boolean mayEnd() {
        return complete() || only(at) < 0 && luck(at) % 2 == 0;
    }

    @Override
    public boolean complete() {
        return at >= length;
    }

    @Override
    public int[] forced() {
        int end = at;
        while (only(end) >= 0) {
            end++;
        }
        return IntStream.range(at, end).map(this::only).toArray();
    }

    @Override
    public Constraint fork() {
        var copy = new EveryThird(vocabulary, first, seed, length);
        copy.at = at;
        return copy;
    }
}
