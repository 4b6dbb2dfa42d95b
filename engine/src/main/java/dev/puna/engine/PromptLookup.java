package dev.puna.engine;

import java.util.Arrays;
import java.util.List;

/**
 * Guesses that a text goes on as it did when its last words stood there before: right where answers quote their prompt,
 * as summaries, edits of code and answers about documents do, and nearly free.
 */
final class PromptLookup implements Drafter {
    private static final int MOST = 3; // tokens that must have stood there before
    private static final int LEAST = 2;

    @Override
    public void guess(List<Sequence> sequences) {
        for (int i = 0; i < sequences.size(); i++) {
            Sequence s = sequences.get(i);
            if (s.drafts > 0) {
                s.drafts = guess(s);
            }
        }
    }

    private static int guess(Sequence s) {
        int[] tokens = s.tokens();
        int length = s.length();
        for (int size = Math.min(MOST, length - 1); size >= LEAST; size--) {
            int tail = length - size;
            for (int at = tail - 1; at >= 0; at--) {
                if (tokens[at] == tokens[tail] && Arrays.equals(tokens, at, at + size, tokens, tail, length)) {
                    int count = Math.min(s.drafts, length - at - size);
                    for (int i = 0; i < count; i++) {
                        s.draft(i, s.tokens()[at + size + i]);
                    }
                    return count;
                }
            }
        }
        return 0;
    }
}
