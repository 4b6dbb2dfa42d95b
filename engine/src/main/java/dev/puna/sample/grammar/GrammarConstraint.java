package dev.puna.sample.grammar;

import dev.puna.sample.Constraint;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An answer's way through a grammar. */
final class GrammarConstraint implements Constraint {
    private static final int MOST_FORCED = 4096; // bytes at once

    private final TokenTrie trie;
    private final Masks masks;
    private Place place;

    GrammarConstraint(TokenTrie trie, Masks masks, Place place) {
        this.trie = trie;
        this.masks = masks;
        this.place = place;
    }

    @Override
    public void allowed(long[] mask) {
        masks.write(place, mask);
    }

    @Override
    public @Nullable Runnable ahead() {
        return masks.ahead(place);
    }

    @Override
    public boolean allows(int token) {
        return after(token) != null;
    }

    private @Nullable Place after(int token) {
        byte[] bytes = trie.bytes(token);
        if (bytes == null || bytes.length == 0) {
            return null;
        }
        Place at = place;
        for (int i = 0; i < bytes.length && at != null; i++) {
            at = at.after(bytes[i] & 0xFF);
        }
        return at;
    }

    @Override
    public void accept(int token) {
        Place to = after(token);
        if (to == null) {
            throw new IllegalArgumentException("the grammar does not allow token " + token + " here");
        }
        place = to;
    }

    @Override
    public boolean mayEnd() {
        return place.whole();
    }

    @Override
    public boolean complete() {
        return place.whole() && place.stacks().isEmpty();
    }

    @Override
    public int[] forced() {
        byte[] bytes = new byte[16];
        int length = 0;
        Place at = place;
        var scratch = new Threads(place.most());
        while (length < MOST_FORCED && !at.whole()) {
            int only = -1;
            boolean choice = false;
            for (int b = 0; b < 256 && !choice; b++) {
                if (at.goesOn(b, scratch)) {
                    choice = only >= 0;
                    only = b;
                }
            }
            Place next = choice || only < 0 ? null : at.after(only);
            if (next == null) {
                break;
            }
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * length);
            }
            bytes[length++] = (byte) only;
            at = next;
        }
        boolean last = at.whole() && at.stacks().isEmpty();
        List<Integer> ids = trie.spelling(bytes, length);
        // The last one might have gone on into what the model is free to choose: it is left to the model.
        int certain = last ? ids.size() : Math.max(0, ids.size() - 1);
        return ids.stream().limit(certain).mapToInt(i -> i).toArray();
    }

    @Override
    public Constraint fork() {
        return new GrammarConstraint(trie, masks, place);
    }
}
