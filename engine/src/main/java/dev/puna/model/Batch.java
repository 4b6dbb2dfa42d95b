package dev.puna.model;

import dev.puna.kernel.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tokens of several sequences for one forward pass.
 *
 * @param ids the tokens, span after span; not copied
 * @param spans where they belong. No position of a sequence may be in a batch twice, and a sequence's spans stand in
 *     order
 * @param adapters of the spans, as many; or none at all
 */
public record Batch(int[] ids, List<Span> spans, List<Optional<Adapter>> adapters) {
    public Batch {
        spans = List.copyOf(spans);
        adapters = List.copyOf(adapters);
        if (!adapters.isEmpty() && adapters.size() != spans.size()) {
            throw new IllegalArgumentException(adapters.size() + " adapters for " + spans.size() + " spans");
        }
        int tokens = 0;
        for (int i = 0; i < spans.size(); i++) {
            tokens += spans.get(i).length();
        }
        if (tokens != ids.length || tokens == 0) {
            throw new IllegalArgumentException(ids.length + " ids for spans of " + tokens + " tokens");
        }
    }

    /** Tokens of the model as it is. */
    public Batch(int[] ids, List<Span> spans) {
        this(ids, spans, List.of());
    }

    public int tokens() {
        return ids.length;
    }

    /** Refuses ids that no vocabulary of that size has. */
    void check(int vocab) {
        for (int id : ids) {
            if (id < 0 || id >= vocab) {
                throw new IllegalArgumentException("id " + id + " of a vocabulary of " + vocab);
            }
        }
    }

    /** Position of each token in its sequence. */
    int[] positions() {
        int[] positions = new int[ids.length];
        int t = 0;
        for (Span span : spans) {
            for (int p = span.start(); p < span.end(); p++) {
                positions[t++] = p;
            }
        }
        return positions;
    }

    /** Where which adapter is: rows of tokens, or of outputs. */
    List<Adapter.Rows> adapted(boolean outputs) {
        if (adapters.isEmpty()) {
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
        for (Span span : spans) {
            rows += span.outputRows();
        }
        int[] outputs = new int[rows];
        int t = 0;
        int row = 0;
        for (Span span : spans) {
            t += span.length();
            for (int i = span.outputRows(); i > 0; i--) {
                outputs[row++] = t - i;
            }
        }
        return outputs;
    }
}
