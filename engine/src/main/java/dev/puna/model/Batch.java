package dev.puna.model;

import dev.puna.kernel.Span;
import dev.puna.kernel.Span.Outputs;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of several sequences for one forward pass. One batch can be filled again for every pass: where it holds as many
 * tokens as before, or few, as when answers grow, nothing is made anew.
 */
public final class Batch {
    /** Arrays up to so long are kept to be used again. */
    private static final int FEW = 64;

    private final int[] @Nullable [] fewIds = new int[FEW + 1][];
    private final int[] @Nullable [] fewPositions = new int[FEW + 1][];
    private final int[] @Nullable [] fewOutputs = new int[FEW + 1][];
    private int[] ids = {};
    private int[] positions = {};
    private int[] outputs = {};
    private int tokens;
    private boolean adapted;
    private final List<Span> spans = new ArrayList<>();
    private final List<Span> made = new ArrayList<>(); // those in use, then those to use again
    private final List<Optional<Adapter>> adapters = new ArrayList<>();

    /** An empty one, to be filled. */
    public Batch() {}

    /** Tokens of the model as it is. */
    public Batch(int[] ids, List<Span> spans) {
        this(ids, spans, List.of());
    }

    /**
     * @param ids the tokens, span after span
     * @param spans where they belong
     * @param adapters of the spans, as many; or none at all
     */
    public Batch(int[] ids, List<Span> spans, List<Optional<Adapter>> adapters) {
        if (!adapters.isEmpty() && adapters.size() != spans.size()) {
            throw new IllegalArgumentException(adapters.size() + " adapters for " + spans.size() + " spans");
        }
        int count = 0;
        for (Span span : spans) {
            count += span.length();
        }
        if (count != ids.length || count == 0) {
            throw new IllegalArgumentException(ids.length + " ids for spans of " + count + " tokens");
        }
        begin(count);
        for (int i = 0; i < spans.size(); i++) {
            add(ids, tokens, spans.get(i), adapters.isEmpty() ? Optional.empty() : adapters.get(i));
        }
    }

    /** Empties it, for so many tokens. */
    public void begin(int count) {
        ids = sized(fewIds, ids, count);
        positions = sized(fewPositions, positions, count);
        tokens = 0;
        adapted = false;
        spans.clear();
        adapters.clear();
    }

    /**
     * Adds tokens of one sequence. No position of a sequence may be in a batch twice, and its spans stand in order.
     *
     * @param sequence its tokens by position
     * @param start the first position that is added
     * @param count how many are
     * @param blocks as {@link Span#set} has them
     */
    public void add(int[] sequence, int start, int count, int[] blocks, Outputs outputs, Optional<Adapter> adapter) {
        if (made.size() == spans.size()) {
            made.add(new Span(blocks, start, count, outputs));
        }
        Span span = made.get(spans.size());
        span.set(blocks, start, count, outputs);
        add(sequence, start, span, adapter);
    }

    private void add(int[] source, int from, Span span, Optional<Adapter> adapter) {
        System.arraycopy(source, from, ids, tokens, span.length());
        for (int p = span.start(); p < span.end(); p++) {
            positions[tokens++] = p;
        }
        spans.add(span);
        adapters.add(adapter);
        adapted |= adapter.isPresent();
    }

    /** The tokens, span after span. */
    public int[] ids() {
        return ids;
    }

    /** Where they belong. */
    public List<Span> spans() {
        return spans;
    }

    public int tokens() {
        return tokens;
    }

    /** An array of that length: the last one, one of the few, or a new one. */
    private static int[] sized(int[] @Nullable [] few, int[] last, int length) {
        if (last.length == length) {
            return last;
        }
        if (length > FEW) {
            return new int[length];
        }
        int[] known = few[length];
        if (known == null) {
            known = new int[length];
            few[length] = known;
        }
        return known;
    }

    /** Refuses a batch that is not full, and ids that no vocabulary of that size has. */
    void check(int vocab) {
        if (tokens != ids.length || tokens == 0) {
            throw new IllegalArgumentException(tokens + " tokens in a batch for " + ids.length);
        }
        for (int id : ids) {
            if (id < 0 || id >= vocab) {
                throw new IllegalArgumentException("id " + id + " of a vocabulary of " + vocab);
            }
        }
    }

    /** Position of each token in its sequence. */
    int[] positions() {
        return positions;
    }

    /** Where which adapter is: rows of tokens, or of outputs. */
    List<Adapter.Rows> adapted(boolean outputs) {
        if (!adapted) {
            return List.of();
        }
        List<Adapter.Rows> parts = new ArrayList<>();
        int row = 0;
        for (int i = 0; i < spans.size(); i++) {
            int from = row;
            int count = outputs ? spans.get(i).outputRows() : spans.get(i).length();
            adapters.get(i)
                    .filter(_ -> count > 0)
                    .ifPresent(adapter -> parts.add(new Adapter.Rows(adapter, from, count)));
            row += count;
        }
        return parts;
    }

    /** Which tokens get logits, in order. */
    int[] outputs() {
        int rows = 0;
        for (int i = 0; i < spans.size(); i++) {
            rows += spans.get(i).outputRows();
        }
        outputs = sized(fewOutputs, outputs, rows);
        int t = 0;
        int row = 0;
        for (int i = 0; i < spans.size(); i++) {
            t += spans.get(i).length();
            for (int left = spans.get(i).outputRows(); left > 0; left--) {
                outputs[row++] = t - left;
            }
        }
        return outputs;
    }
}
